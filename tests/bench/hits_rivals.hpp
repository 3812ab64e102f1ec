#pragma once
// What ours is measured against. Each takes the numbered objects of a trace and answers request()
// with whether it was a hit; none is meant for a server.
#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "hits_trace.hpp"

namespace hits {

/// FIFO or LRU queues over object numbers: two links an object, one ring a queue.
class Queues {
   public:
    Queues(std::size_t objects, std::size_t queues) : links_(objects + queues), objects_(objects) {
        for (auto i = objects; i < links_.size(); ++i) links_[i] = {at(i), at(i)};
    }
    void push(std::size_t queue, std::uint32_t object) {
        const auto head = at(objects_ + queue);
        links_[object] = {links_[head].older, head};
        links_[links_[head].older].newer = object;
        links_[head].older = object;
    }
    void remove(std::uint32_t object) {
        links_[links_[object].newer].older = links_[object].older;
        links_[links_[object].older].newer = links_[object].newer;
    }
    std::uint32_t pop(std::size_t queue) {
        const auto oldest = links_[objects_ + queue].newer;
        remove(oldest);
        return oldest;
    }
    bool empty(std::size_t queue) const {
        return links_[objects_ + queue].newer == objects_ + queue;
    }

   private:
    struct Link {
        std::uint32_t older, newer;
    };
    static std::uint32_t at(std::size_t i) { return static_cast<std::uint32_t>(i); }

    std::vector<Link> links_;  ///< of objects, then of heads; a head's newer is the oldest
    std::size_t objects_;
};

class Lru {
   public:
    Lru(const Trace& trace, std::uint64_t capacity)
        : trace_(trace),
          capacity_(capacity),
          queue_(trace.objects.size(), 1),
          in_(trace.objects.size()) {}

    bool request(std::size_t i) {
        const auto object = trace_.requests[i];
        const bool hit = in_[object];
        if (hit) queue_.remove(object);
        queue_.push(0, object);
        if (hit) return true;
        in_[object] = true;
        bytes_ += trace_.objects[object].bytes;
        while (bytes_ > capacity_) {
            const auto victim = queue_.pop(0);
            in_[victim] = false;
            bytes_ -= trace_.objects[victim].bytes;
        }
        return false;
    }

   private:
    const Trace& trace_;
    std::uint64_t capacity_, bytes_ = 0;
    Queues queue_;
    std::vector<bool> in_;
};

/// Algorithm 1 of Yang et al., SOSP 2023, with sizes in bytes: a small queue of a tenth, counters
/// up to 3, a ghost queue with as many entries as main has objects, main with reinsertion.
class S3Fifo {
   public:
    /// @param promote  requests after the first that take an object from small to main: 2 in the
    ///                 paper ("more than once"), 1 in the figure of its authors' site
    S3Fifo(const Trace& trace, std::uint64_t capacity, int promote)
        : trace_(trace),
          capacity_(capacity),
          promote_(promote),
          queues_(trace.objects.size(), 2),
          state_(trace.objects.size()),
          ghosts_(trace.objects.size()) {}

    bool request(std::size_t i) {
        const auto object = trace_.requests[i];
        auto& state = state_[object];
        if (state.in) {
            state.count = static_cast<std::uint8_t>(std::min(state.count + 1, 3));
            return true;
        }
        const bool remembered = std::exchange(ghosts_[object], 0) != 0;
        ghost_count_ -= remembered;
        while (bytes_[small] + bytes_[main] + size(object) > capacity_) evict();
        enter(object, remembered ? main : small);
        return false;
    }

   private:
    enum Queue { small, main };
    struct State {
        bool in = false;
        std::uint8_t count = 0;
    };

    std::uint64_t size(std::uint32_t object) const { return trace_.objects[object].bytes; }
    void enter(std::uint32_t object, Queue queue) {
        state_[object] = {true, 0};
        queues_.push(queue, object);
        bytes_[queue] += size(object);
        main_count_ += queue == main;
    }
    void evict() {
        if (bytes_[small] >= capacity_ / 10 || queues_.empty(main))
            evict_small();
        else
            evict_main();
    }
    void evict_small() {
        while (!queues_.empty(small)) {
            const auto object = queues_.pop(small);
            bytes_[small] -= size(object);
            if (state_[object].count < promote_) {
                state_[object].in = false;
                return remember(object);
            }
            enter(object, main);
            while (bytes_[main] > capacity_ - capacity_ / 10) evict_main();
        }
    }
    void evict_main() {
        for (;;) {
            const auto object = queues_.pop(main);
            if (state_[object].count == 0) {
                state_[object].in = false;
                bytes_[main] -= size(object);
                --main_count_;
                return;
            }
            --state_[object].count;
            queues_.push(main, object);
        }
    }
    void remember(std::uint32_t object) {
        ghosts_[object] = ++ghost_;
        ghost_queue_.emplace_back(object, ghost_);
        ++ghost_count_;
        while (ghost_count_ > main_count_ && !ghost_queue_.empty()) {
            const auto [oldest, number] = ghost_queue_.front();
            ghost_queue_.pop_front();
            if (ghosts_[oldest] != number) continue;  // it came back
            ghosts_[oldest] = 0;
            --ghost_count_;
        }
    }

    const Trace& trace_;
    std::uint64_t capacity_;
    int promote_;
    Queues queues_;
    std::uint64_t bytes_[2] = {0, 0};
    std::uint64_t main_count_ = 0, ghost_count_ = 0;
    std::vector<State> state_;
    std::vector<std::uint32_t> ghosts_;  ///< number of the entry; 0: none
    std::uint32_t ghost_ = 0;
    std::deque<std::pair<std::uint32_t, std::uint32_t>> ghost_queue_;
};

/// Drops what is needed farthest in the future, the newcomer included (Belady, 1966). The best
/// there is for objects of one size; for unequal sizes only near it, and it can be beaten.
class NextUse {
   public:
    NextUse(const Trace& trace, std::uint64_t capacity)
        : trace_(trace),
          capacity_(capacity),
          next_(trace.requests.size()),
          now_next_(trace.objects.size(), never),
          in_(trace.objects.size()) {
        for (auto i = next_.size(); i-- > 0;)
            next_[i] = std::exchange(now_next_[trace.requests[i]], static_cast<std::uint32_t>(i));
    }

    bool request(std::size_t i) {
        const auto object = trace_.requests[i];
        const bool hit = in_[object];
        now_next_[object] = next_[i];
        if (!hit && next_[i] == never) return false;
        if (!hit) bytes_ += trace_.objects[object].bytes;
        in_[object] = true;
        farthest_.emplace(next_[i], object);
        while (bytes_ > capacity_) {
            const auto [next, victim] = farthest_.top();
            farthest_.pop();
            if (!in_[victim] || now_next_[victim] != next) continue;  // an older entry
            in_[victim] = false;
            bytes_ -= trace_.objects[victim].bytes;
        }
        return hit;
    }

   private:
    static constexpr std::uint32_t never = ~std::uint32_t{0};

    const Trace& trace_;
    std::uint64_t capacity_, bytes_ = 0;
    std::vector<std::uint32_t> next_;      ///< request for the same object, by request
    std::vector<std::uint32_t> now_next_;  ///< the same by object
    std::vector<bool> in_;
    std::priority_queue<std::pair<std::uint32_t, std::uint32_t>> farthest_;
};

}  // namespace hits
