#pragma once
// What goes wrong and an operator should know: counted, and told in at most a line a minute of each
// kind.
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
    /// @param say     called with a line, under a lock: writes it
    /// @param now_ms  a steady clock
    Troubles(Say say, Now now_ms);
    /// On standard error.
    Troubles();

    /// @param kind  one of a few words: "damage", "disk", "timeout", "refused", "clock"
    /// @param line  path, server and reason; what is said is "KIND: LINE", and with the first line
    ///              after a minute how many of the kind were not told
    void tell(std::string_view kind, const std::string& line);

    /// Kinds told so far with how often each came.
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
