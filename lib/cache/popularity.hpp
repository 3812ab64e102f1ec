#pragma once
// Counts of recent requests, in 8 bytes per key.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stretto::cache {

/// Decaying counts: age(1) halves them all, in constant time, because new requests gain weight
/// instead of old ones losing it (forward decay: Cormode et al., ICDE 2009).
///
/// Memory is bounded: a new key without room replaces the key with the lowest count among eight.
/// Two things with the same 32-bit key share a count.
class Popularity {
   public:
    /// Make room for at least so many keys; existing counts stay.
    void reserve(std::size_t things);
    std::size_t capacity() const noexcept { return sets_.size() * ways; }

    /// One more request.
    void add(std::uint32_t key);
    /// Requests so far, halved by each age(1); 0 for unknown and forgotten keys.
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
    double worth_ = 1;  ///< weight of a request now
};

}  // namespace stretto::cache
