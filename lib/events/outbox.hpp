#pragma once
// Lines that wait to be posted: the next post, its time, and the effect of its response. Bounded.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace stretto::events {

class Outbox {
   public:
    static constexpr std::size_t most_bytes = 1 << 20;         ///< about 4,000 lines
    static constexpr std::size_t most_post_bytes = 256 << 10;  ///< a server of ours takes 1 MB
    static constexpr std::size_t most_post_lines = 500;        ///< and 1,000
    static constexpr std::int64_t longest_pause_ms = 30'000;

    /// Add whole lines. Without room the oldest are lost, because the newest contain the end of a
    /// session.
    void add(std::string_view lines);

    bool empty() const noexcept { return lines_.empty(); }
    std::size_t size() const noexcept { return lines_.size(); }
    /// Number of lost lines.
    std::uint64_t lost() const noexcept { return lost_; }

    /// Time until the next post, 0: now; nullopt: nothing waits, or a post is open.
    std::optional<std::int64_t> pause_ms(std::int64_t now_ms) const;
    /// The lines of the next post, which is open after this call.
    std::string post();
    /// The result of the post. 2xx: the lines are accepted. 408, 429, 5xx or 0 (no response): retry
    /// after a doubling pause, or the pause that the server sets. Otherwise the lines are lost.
    /// @param chance  from 0 to 1, so that players do not all return at once
    void answered(int status, std::int64_t retry_after_ms, std::int64_t now_ms, double chance);
    /// The newest lines that are not accepted yet, also those of an open post, at most `most`
    /// bytes of them: for a last attempt. A line that arrives twice counts once, by its seq.
    std::string newest(std::size_t most) const;
    /// Retry now, whatever the pause.
    void hurry() noexcept { not_before_ms_ = 0; }

   private:
    void drop(std::size_t lines);

    std::deque<std::string> lines_;  // the first `posted_` are under way
    std::size_t bytes_ = 0, posted_ = 0;
    std::uint64_t lost_ = 0;
    int failures_ = 0;  // in a row
    std::int64_t not_before_ms_ = 0;
};

}  // namespace stretto::events
