#pragma once
// SIGTERM, SIGINT and SIGHUP, which end a listener's program soon, with status 75.
#include <array>
#include <csignal>
#include <optional>

#include "net/loop.hpp"

namespace stretto::listen {

class Interrupts {
   public:
    /// @param call  on the loop, for each signal, as long as this lives
    Interrupts(net::Loop& loop, const std::function<void()>& call) {
        for (std::size_t i = 0; i < signals.size(); ++i)
            if (!is_ignored(signals[i])) taken_[i].emplace(loop, signals[i], call);
    }

   private:
    static constexpr std::array signals{SIGTERM, SIGINT, SIGHUP};
    /// By nohup(1), or by a shell for what runs behind it: so it stays.
    static bool is_ignored(int number) {
        struct sigaction now {};
        return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
    }
    std::array<std::optional<net::Signal>, signals.size()> taken_;
};

}  // namespace stretto::listen
