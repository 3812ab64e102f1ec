#pragma once
// Which times can be believed, where no server says so.
#include <cstdint>
#include <map>

namespace stretto::report {

constexpr std::int64_t day_ms = 86'400'000;

/// The span in which most sessions lie. A clock that was never set says 1970, one that is wrong any
/// year: such a session has no date, and must not stretch a chart or end a year.
class Dates {
   public:
    void add(std::int64_t first_ms, std::int64_t last_ms, bool by_server);
    /// All are there. @param now_ms  what begins a day after it is wrong, unless most do
    void settle(std::int64_t now_ms);

    /// Is this a date? What a server says is.
    bool known(std::int64_t first_ms, bool by_server) const {
        return by_server || (first_ms >= least_ms_ && first_ms < most_ms_);
    }
    /// Of all but the outermost 0.1 % at either end, where these are a day and more away; -1 of
    /// none.
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
