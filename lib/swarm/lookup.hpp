#pragma once
// Finds pooled objects by their key: a hash table of 32-bit numbers; the keys stay in the objects.
// An unordered_map of a million peers takes 56 bytes per peer and pauses for a whole rehash. This
// table takes 7 bytes and grows in 1024 independent parts.
#include <array>
#include <cstdint>
#include <vector>

#include "swarm/pool.hpp"

namespace stretto::swarm {

/// A hash of bytes from strangers, mixed with a seed that they do not know (folded
/// multiplication).
class Hash {
   public:
    explicit Hash(std::uint64_t seed) noexcept : seed_(seed) {}
    std::uint64_t operator()(std::uint64_t a, std::uint64_t b) const noexcept {
        return fold(fold(a ^ seed_, b ^ 0xa0761d6478bd642fu), seed_ ^ 0xe7037ed1a0b428dbu);
    }

   private:
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
    std::uint64_t seed_;
};

class Lookup {
   public:
    /// Brings what find() reads first into the cache, without waiting for it.
    void fetch(std::uint64_t hash) const noexcept {
        const auto& slots = part(hash).slots;
        if (!slots.empty()) __builtin_prefetch(&slots[hash & (slots.size() - 1)]);
    }
    /// The object that find() compares first; nobody if there is none.
    std::uint32_t first(std::uint64_t hash) const noexcept {
        const auto& slots = part(hash).slots;
        return slots.empty() ? nobody : slots[hash & (slots.size() - 1)];
    }

    /// @param same  whether an object has the key
    template <class Same>
    std::uint32_t find(std::uint64_t hash, Same same) const {
        const auto& slots = part(hash).slots;
        if (slots.empty()) return nobody;
        for (std::size_t i = hash & (slots.size() - 1);; i = (i + 1) & (slots.size() - 1)) {
            if (slots[i] == nobody) return nobody;
            if (same(slots[i])) return slots[i];
        }
    }

    /// @param hash_of  the hash of an object that is in the table
    template <class HashOf>
    void add(std::uint64_t hash, std::uint32_t object, HashOf hash_of) {
        Part& p = part(hash);
        if ((p.used + 1) * 4 > p.slots.size() * 3) grow(p, hash_of);
        put(p, hash, object);
        ++p.used;
    }

    /// Later entries of the chain move up (linear probing without tombstones: Knuth, TAOCP 6.4,
    /// algorithm R).
    template <class HashOf>
    void remove(std::uint64_t hash, std::uint32_t object, HashOf hash_of) {
        Part& p = part(hash);
        const std::size_t mask = p.slots.size() - 1;
        std::size_t hole = hash & mask;
        while (p.slots[hole] != object) hole = (hole + 1) & mask;
        for (std::size_t i = (hole + 1) & mask; p.slots[i] != nobody; i = (i + 1) & mask) {
            const std::size_t home = hash_of(p.slots[i]) & mask;
            if (((i - home) & mask) < ((i - hole) & mask)) continue;
            p.slots[hole] = p.slots[i];
            hole = i;
        }
        p.slots[hole] = nobody;
        --p.used;
    }

   private:
    struct Part {
        std::vector<std::uint32_t>
            slots;  // their number is a power of two; at least a quarter are empty
        std::size_t used = 0;
    };
    static constexpr std::size_t parts = 1024;

    Part& part(std::uint64_t hash) noexcept { return parts_[hash >> 54]; }
    const Part& part(std::uint64_t hash) const noexcept { return parts_[hash >> 54]; }

    static void put(Part& p, std::uint64_t hash, std::uint32_t object) noexcept {
        const std::size_t mask = p.slots.size() - 1;
        std::size_t i = hash & mask;
        while (p.slots[i] != nobody) i = (i + 1) & mask;
        p.slots[i] = object;
    }

    template <class HashOf>
    static void grow(Part& p, HashOf hash_of) {
        const auto old = std::move(p.slots);
        p.slots.assign(old.empty() ? 4 : old.size() * 2, nobody);
        for (const std::uint32_t object : old)
            if (object != nobody) put(p, hash_of(object), object);
    }

    std::array<Part, parts> parts_;
};

}  // namespace stretto::swarm
