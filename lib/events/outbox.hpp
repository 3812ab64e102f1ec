#pragma once
// Lines that wait to be posted: which go next, when, and what an answer means for them. Bounded.
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

    /// Whole lines. Where there is no room the oldest are lost: the newest tell how a session
    /// ended.
    void add(std::string_view lines);

    bool empty() const noexcept { return lines_.empty(); }
    std::size_t size() const noexcept { return lines_.size(); }
    /// Lines that will never be taken.
    std::uint64_t lost() const noexcept { return lost_; }

    /// How long until a post may go, 0: now; nullopt: nothing waits, or one is under way.
    std::optional<std::int64_t> pause_ms(std::int64_t now_ms) const;
    /// The lines of the next post, which is under way then.
    std::string post();
    /// What came of it: 2xx, the lines are taken. 408, 429, 5xx or 0 (no answer): the same go again
    /// after a pause that doubles, or what the server asks for. All else: they are lost.
    /// @param chance  from 0 to 1, so that players do not come back all at once
    void answered(int status, std::int64_t retry_after_ms, std::int64_t now_ms, double chance);
    /// Try at once, as long as pauses were.
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
