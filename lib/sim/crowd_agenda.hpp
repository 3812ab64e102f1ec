#pragma once
// Future events on a virtual clock of milliseconds.
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace stretto::sim {

/// What a listener's song waits for.
enum class Timer : std::uint8_t { call, pump, wake, tracker, cache, head, stalled };

/// Events of the same millisecond happen in the order in which they were added. The next seconds
/// have a slot for each millisecond, so that most events of a million listeners cost a few
/// instructions; later ones wait in a heap.
class Agenda {
   public:
    using Millis = std::int64_t;
    struct Event {
        Millis when = 0;
        std::uint64_t entered = 0;
        std::uint32_t listener = 0, serial = 0;  ///< and which of its songs
        int number = 0;                          ///< of a request, or of a function
        Timer what = Timer::call;

        bool operator<(const Event& other) const noexcept {
            return when != other.when ? when > other.when : entered > other.entered;
        }
    };

    void at(Millis when, std::function<void()> what) {
        if (free_.empty()) {
            free_.push_back(static_cast<int>(calls_.size()));
            calls_.emplace_back();
        }
        const int number = free_.back();
        free_.pop_back();
        calls_[static_cast<std::size_t>(number)] = std::move(what);
        at(when, Timer::call, 0, 0, number);
    }
    /// Precondition: not before the event that was taken last.
    void at(Millis when, Timer what, std::uint32_t listener, std::uint32_t serial, int number) {
        const Event event{when, entered_++, listener, serial, number, what};
        if (when - taken_ >= slots) return later_.push(event);
        slot(when).events.push_back(event);
        first_ = soon_++ == 0 ? when : std::min(first_, when);
    }
    bool empty() const noexcept { return soon_ == 0 && later_.empty(); }
    /// Precondition: !empty().
    Millis next() { return top().when; }
    /// Remove and return the first one. Precondition: !empty().
    Event take() {
        const auto event = top();
        taken_ = event.when;
        if (!later_.empty() && later_.top().entered == event.entered) {
            later_.pop();
            return event;
        }
        auto& here = slot(event.when);
        if (++here.taken == here.events.size()) here.clear();
        --soon_;
        return event;
    }
    /// The function of an event. Precondition: it was taken, and it is a call.
    std::function<void()> call(const Event& event) {
        free_.push_back(event.number);
        return std::exchange(calls_[static_cast<std::size_t>(event.number)], nullptr);
    }

   private:
    static constexpr Millis slots = 8192;
    struct Slot {
        std::vector<Event> events;  // of one millisecond
        std::size_t taken = 0;
        void clear() { events.clear(), taken = 0; }
    };
    Slot& slot(Millis when) { return soon_slots_[static_cast<std::size_t>(when % slots)]; }
    const Event& top() {
        if (soon_ == 0) return later_.top();
        while (slot(first_).events.empty()) ++first_;
        const auto& here = slot(first_);
        const auto& event = here.events[here.taken];
        return !later_.empty() && event < later_.top() ? later_.top() : event;
    }

    std::array<Slot, slots> soon_slots_;
    std::size_t soon_ = 0;
    Millis first_ = 0;  // no slot before this time has an event
    Millis taken_ = 0;  // time of the last one
    std::priority_queue<Event> later_;
    std::vector<std::function<void()>> calls_;
    std::vector<int> free_;
    std::uint64_t entered_ = 0;
};

}  // namespace stretto::sim
