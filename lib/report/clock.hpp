#pragma once
// The time of a session, from clocks that may be wrong, jump, or lie.
#include <cstdint>
#include <limits>
#include <vector>

namespace stretto::report {

/// Collects the times of a session's lines, in any order. Close times form a stretch. A clock that
/// is set in the middle of a song leaves two stretches, far apart.
///
/// A server records when it received a line, and when the client sent it by the client's clock. The
/// smallest difference between the two is the offset of the client's clock. The transfer time of a
/// post can only increase the difference, and the time that a line waited before is not part of it.
class Clock {
   public:
    struct Stretch {
        std::int64_t first_ms = 0, last_ms = 0, lines = 0;
        std::int64_t offset_ms =
            none;  ///< minimum of received - sent, over lines of a plausible age
        std::int64_t behind_ms =
            none;  ///< minimum of received - time, if no sent time is plausible
    };
    static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();

    /// @param sent_ms, received_ms  -1: no server received the line
    void add(std::int64_t time_ms, std::int64_t sent_ms, std::int64_t received_ms);

    /// The times of a session on one clock.
    struct Placed {
        std::int64_t first_ms = 0, last_ms = 0;
        std::int64_t from_ms = 0, to_ms = 0;  ///< the client's times to which this offset applies
        std::int64_t offset_ms = 0;           ///< to be added to the client's times
        bool by_server = false;
        /// Convert a time of the client to this clock, limited to the session.
        std::int64_t operator()(std::int64_t time_ms) const;
    };
    /// @param now_ms  without a server's times, a stretch after this time is wrong
    Placed place(std::int64_t now_ms) const;

    /// The time that passed, without gaps of ten minutes and without jumps, and at most the time
    /// that passed on the server's clock.
    std::int64_t elapsed_ms() const;
    std::int64_t lines() const;
    /// The server's time of the last line; -1: no server received any.
    std::int64_t received_ms() const noexcept { return received_; }

    // for partial reports
    const std::vector<Stretch>& stretches() const noexcept { return stretches_; }
    std::int64_t begun_ms() const noexcept { return begun_; }
    /// @return false if they overlap, are out of order or out of range
    bool restore(std::vector<Stretch> stretches, std::int64_t begun_ms, std::int64_t received_ms);

    /// Call `take` for each of its parts, which are its whole state.
    template <class Take>
    void each_part(Take&& take) {
        take(stretches_), take(begun_), take(received_);
    }

   private:
    std::vector<Stretch> stretches_;  // by time, silence_ms and more apart
    std::int64_t begun_ = none;       // the first line by the server's clock
    std::int64_t received_ = -1;
};

/// Players report progress every ten seconds.
constexpr std::int64_t between_lines_ms = 10'000;
/// A longer gap between two lines does not count as listening.
constexpr std::int64_t silence_ms = 600'000;
/// A longer gap is not a pause but a change of the clock.
constexpr std::int64_t pause_ms = 86'400'000;
/// No client keeps events longer than this before it posts them.
constexpr std::int64_t most_age_ms = 7 * 86'400'000LL;

}  // namespace stretto::report
