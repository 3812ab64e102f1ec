#pragma once
// The numbers (`seq`) of the lines that were read from a session.
#include <cstdint>
#include <vector>

namespace stretto::report {

/// Remembers the last 16,384 numbers below the highest.
class Seen {
   public:
    /// @return  false if the line was read before, or if its number is too low to know
    bool add(std::int64_t seq);
    /// Whether every number from 0 to `last`, inclusive, was read.
    bool all_to(std::int64_t last) const noexcept;

    /// Call `take` for each of its parts, which are its whole state.
    template <class Take>
    void each_part(Take&& take) {
        take(base_), take(count_), take(complete_), take(words_);
    }

   private:
    std::int64_t base_ = 0, count_ = 0;  // all below base_, a multiple of 64, count as seen
    bool complete_ = true;               // nothing below base_ was given up
    std::vector<std::uint64_t> words_;
};

}  // namespace stretto::report
