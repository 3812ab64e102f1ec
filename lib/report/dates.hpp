#pragma once
// Decides which dates are believable without a server's time.
#include <cstdint>
#include <map>

namespace stretto::report {

constexpr std::int64_t day_ms = 86'400'000;

/// The period of most sessions. A clock that was never set says 1970, and a wrong clock any year.
/// Such a session has no date, and must not extend a chart or end a year.
class Dates {
   public:
    void add(std::int64_t first_ms, std::int64_t last_ms, bool by_server);
    /// All sessions have been added. @param now_ms  sessions a day after it are wrong, unless most
    /// are
    void settle(std::int64_t now_ms);

    /// Whether this date is believable. A server's date always is.
    bool known(std::int64_t first_ms, bool by_server) const {
        return by_server || (first_ms >= least_ms_ && first_ms < most_ms_);
    }
    /// The period without the outermost 0.1 % at each end, if these are a day or more away; -1 if
    /// there are no sessions.
    std::int64_t from_ms() const noexcept { return from_ms_; }
    std::int64_t to_ms() const noexcept { return to_ms_; }

   private:
    struct Day {
        std::int64_t sessions = 0, first_ms = 0, last_ms = 0;
        void add(std::int64_t first, std::int64_t last);
    };
    std::map<std::int64_t, Day> told_, by_server_;
    std::int64_t least_ms_ = 0, most_ms_ = 0, from_ms_ = -1, to_ms_ = -1;
};

}  // namespace stretto::report
