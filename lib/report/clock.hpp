#pragma once
// When a session was, told by clocks that may be wrong, jump, or lie.
#include <cstdint>
#include <limits>
#include <vector>

namespace stretto::report {

/// The times of a session's lines, in any order. Times that are close to each other form a stretch;
/// a clock that is set in the middle of a song leaves two of them, far apart.
///
/// A server writes when it received a line and when, by the client's clock, the client sent it. The
/// smallest difference of the two is how far the client's clock is behind: what a post took on its
/// way only adds to it, and how long a line waited before that is not in it.
class Clock {
   public:
    struct Stretch {
        std::int64_t first_ms = 0, last_ms = 0, lines = 0;
        std::int64_t offset_ms = none;  ///< min of received - sent, over lines of a sane age
        std::int64_t behind_ms = none;  ///< min of received - time, where no sent time is sane
    };
    static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

    /// @param sent_ms, received_ms  -1: no server took the line
    void add(std::int64_t time_ms, std::int64_t sent_ms, std::int64_t received_ms);

    /// A session's times on one clock.
    struct Placed {
        std::int64_t first_ms = 0, last_ms = 0;
        std::int64_t from_ms = 0, to_ms = 0;  ///< the client's times that this offset is for
        std::int64_t offset_ms = 0;           ///< to be added to the client's times
        bool by_server = false;
        /// A time of the client on this clock, within the session.
        std::int64_t operator()(std::int64_t time_ms) const;
    };
    /// @param now_ms  of two clocks without a server's word, one that is ahead of this is wrong
    Placed place(std::int64_t now_ms) const;

    /// Time that passed: without silences of ten minutes and jumps, and no more than what passed on
    /// the server's clock.
    std::int64_t elapsed_ms() const;
    std::int64_t lines() const;
    /// Server's time of the last line; -1: no server took any.
    std::int64_t received_ms() const noexcept { return received_; }

    // for partial reports
    const std::vector<Stretch>& stretches() const noexcept { return stretches_; }
    std::int64_t begun_ms() const noexcept { return begun_; }
    /// @return false: they overlap, are not in order or out of range
    bool restore(std::vector<Stretch> stretches, std::int64_t begun_ms, std::int64_t received_ms);

   private:
    std::vector<Stretch> stretches_;  // by time, silence_ms and more apart
    std::int64_t begun_ = none;       // the first line by the server's clock
    std::int64_t received_ = -1;
};

/// Players tell how far they are every ten seconds.
constexpr std::int64_t between_lines_ms = 10'000;
/// More than this between two lines is no listening.
constexpr std::int64_t silence_ms = 600'000;
/// More than this is no pause, but another clock.
constexpr std::int64_t pause_ms = 86'400'000;
/// Nobody keeps events longer than this before they are posted.
constexpr std::int64_t most_age_ms = 7 * 86'400'000LL;

}  // namespace stretto::report
