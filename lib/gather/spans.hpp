#pragma once
// The received bytes of a chunk, if they arrive out of order.
#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace stretto::gather {

class Spans {
   public:
    void add(std::uint32_t begin, std::uint32_t stop) {
        if (begin >= stop) return;
        auto next = spans_.upper_bound(begin);
        if (next != spans_.begin() && std::prev(next)->second >= begin) {
            --next;
            begin = next->first;
        }
        while (next != spans_.end() && next->first <= stop) {
            stop = std::max(stop, next->second);
            next = spans_.erase(next);
        }
        spans_[begin] = stop;
    }
    bool covers(std::uint32_t begin, std::uint32_t stop) const {
        const auto next = spans_.upper_bound(begin);
        return begin >= stop || (next != spans_.begin() && std::prev(next)->second >= stop);
    }
    /// The first missing bytes below `stop`; empty: none is missing.
    std::pair<std::uint32_t, std::uint32_t> gap(std::uint32_t stop) const {
        std::uint32_t begin = 0;
        for (const auto& [from, to] : spans_) {
            if (from > begin) return {begin, std::min(from, stop)};
            begin = std::max(begin, to);
        }
        return {std::min(begin, stop), stop};
    }
    bool empty() const noexcept { return spans_.empty(); }

   private:
    std::map<std::uint32_t, std::uint32_t> spans_;  // begin -> stop, apart from each other
};

}  // namespace stretto::gather
