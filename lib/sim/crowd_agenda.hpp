#pragma once
// What is to happen when, on a virtual clock of milliseconds.
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace stretto::sim {

/// Things of the same millisecond happen in the order in which they were entered.
class Agenda {
   public:
    using Millis = std::int64_t;

    void at(Millis when, std::function<void()> what) {
        queue_.push({when, entered_++, std::move(what)});
    }
    bool empty() const noexcept { return queue_.empty(); }
    /// Not when empty().
    Millis next() const { return queue_.top().when; }
    /// The first entry, out of the agenda. Not when empty().
    std::function<void()> take() {
        auto what = std::move(const_cast<Entry&>(queue_.top()).what);  // the order looks at no what
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
