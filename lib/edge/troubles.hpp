#pragma once
// Problems for the operator: counted, and reported in at most one line per minute and kind.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::edge {

/// Shared by all workers and other threads.
class Troubles {
   public:
    using Say = std::function<void(const std::string& line)>;
    using Now = std::function<std::uint64_t()>;
    /// @param say     writes a line; called under a lock
    /// @param now_ms  a steady clock
    Troubles(Say say, Now now_ms);
    /// Reports on standard error.
    Troubles();

    /// @param kind  one of a few words: "damage", "disk", "timeout", "refused", "clock"
    /// @param line  path, server and reason. The output is "KIND: LINE". The first line after a
    ///              minute also has the number of suppressed ones.
    void tell(std::string_view kind, const std::string& line);

    /// The number of occurrences of each kind.
    std::vector<std::pair<std::string, std::uint64_t>> numbers() const;

   private:
    struct Kind {
        std::uint64_t count = 0, silent = 0, told_ms = 0;
        bool told = false;
    };
    Say say_;
    Now now_ms_;
    mutable std::mutex mutex_;
    std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace stretto::edge
