#pragma once
// The player on the desktop's D-Bus: media keys, panels and phones control it (MPRIS 2.2). Silent
// without a bus.
#include <memory>

#include "listen/remote.hpp"
#include "net/loop.hpp"

namespace stretto::listen {

class Mpris {
   public:
    Mpris(net::Loop& loop, Remote& player);
    ~Mpris();

    /// Whether there is a bus.
    bool connected() const noexcept { return bus_ != nullptr; }

   private:
    struct Bus;
    net::Loop& loop_;
    std::unique_ptr<Bus> bus_;
};

}  // namespace stretto::listen
