#pragma once
// A small generator of random numbers for choices that only have to differ.
#include <cstdint>
#include <limits>

namespace stretto {

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
/// 2014): 8 bytes, and good from the first number on even if seeds count up, as those of
/// std::minstd_rand are not. std::mt19937 has 5 kB, which a song of a simulated crowd would fill
/// for each chunk that peers send.
class SplitMix64 {
   public:
    using result_type = std::uint64_t;
    explicit constexpr SplitMix64(std::uint64_t seed) noexcept : state_(seed) {}
    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }
    constexpr result_type operator()() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

   private:
    std::uint64_t state_;
};

}  // namespace stretto
