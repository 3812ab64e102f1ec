#pragma once
// Future events on a virtual clock of milliseconds.
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace stretto::sim {

/// Events of the same millisecond happen in the order in which they were added.
class Agenda {
   public:
    using Millis = std::int64_t;

    void at(Millis when, std::function<void()> what) {
        queue_.push({when, entered_++, std::move(what)});
    }
    bool empty() const noexcept { return queue_.empty(); }
    /// Precondition: !empty().
    Millis next() const { return queue_.top().when; }
    /// Remove and return the first entry. Precondition: !empty().
    std::function<void()> take() {
        auto what =
            std::move(const_cast<Entry&>(queue_.top()).what);  // `what` has no part in the order
        queue_.pop();
        return what;
    }

   private:
    struct Entry {
        Millis when;
        std::uint64_t number;
        std::function<void()> what;
        bool operator<(const Entry& other) const noexcept {
            return when != other.when ? when > other.when : number > other.number;
        }
    };
    std::priority_queue<Entry> queue_;
    std::uint64_t entered_ = 0;
};

}  // namespace stretto::sim
