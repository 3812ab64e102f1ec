#pragma once
// How often things were asked for lately, in 8 bytes a thing.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stretto::cache {

/// Counts that fade: age(1) halves them all, in constant time, because instead of old requests
/// losing worth new ones gain it (forward decay: Cormode et al., ICDE 2009).
///
/// Memory is bounded: where there is no room for a new thing, the one asked for least among eight
/// is forgotten. Two things with one 32-bit key are one thing.
class Popularity {
   public:
    /// Make room for at least so many things; what is known stays known.
    void reserve(std::size_t things);
    std::size_t capacity() const noexcept { return sets_.size() * ways; }

    /// One more request.
    void add(std::uint32_t key);
    /// Requests so far, those before each age(1) counted half; 0 for what is unknown or forgotten.
    double of(std::uint32_t key) const noexcept;
    /// Halve all counts so many times, >= 0; fractions add up.
    void age(double halvings);

   private:
    static constexpr std::size_t ways = 8;  // a set is one cache line
    struct Cell {
        std::uint32_t key = 0;
        float count = 0;  ///< in units of 1 / worth_; 0: empty
    };
    using Set = std::array<Cell, ways>;

    Cell& cell(std::uint32_t key);
    std::size_t index(std::uint32_t key) const noexcept;
    void rebase();

    std::vector<Set> sets_ = std::vector<Set>(1);
    double worth_ = 1;  ///< of a request made now
};

}  // namespace stretto::cache
