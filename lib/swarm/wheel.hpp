#pragma once
// A timing wheel of numbers with a slot per second. Adding is cheap, and the caller takes due
// numbers in portions of any size.
#include <array>
#include <cstdint>

#include "swarm/pool.hpp"

namespace stretto::swarm {

/// Members form linked lists through a number in each member.
class Wheel {
   public:
    static constexpr std::uint32_t most_ahead_s = 8191;

    explicit Wheel(std::uint32_t now_s) : now_s_(now_s) { slots_.fill(nobody); }

    /// @param due_s  not before the last take(), at most most_ahead_s after it (otherwise it comes
    /// sooner)
    /// @param next   the number in `member`
    void add(std::uint32_t member, std::uint32_t due_s, std::uint32_t& next) noexcept {
        due_s = due_s < now_s_                  ? now_s_
                : due_s - now_s_ > most_ahead_s ? now_s_ + most_ahead_s
                                                : due_s;
        std::uint32_t& first = slots_[due_s % slots_.size()];
        next = first;
        first = member;
    }

    /// Remove and return a member that is due at `until_s` or before, or `nobody`.
    /// @param next  returns the number in a member
    template <class Next>
    std::uint32_t take(std::uint32_t until_s, Next next) noexcept {
        for (;; ++now_s_) {
            if (now_s_ > until_s) return nobody;
            std::uint32_t& first = slots_[now_s_ % slots_.size()];
            if (first != nobody) {
                const std::uint32_t member = first;
                first = next(member);
                return member;
            }
            if (now_s_ == until_s) return nobody;
        }
    }

   private:
    std::array<std::uint32_t, most_ahead_s + 1> slots_;
    std::uint32_t now_s_;
};

}  // namespace stretto::swarm
