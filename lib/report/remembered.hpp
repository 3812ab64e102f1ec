#pragma once
// A map of keys to numbers without a limit: some are in memory, more in a file.
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/file.hpp"

namespace stretto::report {

/// Never forgets a key, because what is forgotten counts twice. The file, under TMPDIR, is a hash
/// table: a key that is not in memory costs one read of 4 kB.
class Remembered {
   public:
    explicit Remembered(std::size_t in_memory = 262'144);

    /// @param number  -1 or more; replaces the key's earlier number
    void set(std::uint64_t key, std::int64_t number = 0);
    std::optional<std::int64_t> find(std::uint64_t key) const;
    bool has(std::uint64_t key) const { return find(key).has_value(); }

   private:
    struct Slot {
        std::uint64_t key = 0;
        std::int64_t stored = 0;  ///< number + 2; 0: the slot is free, as in a hole of a file
    };
    static constexpr std::size_t slots = 256;  // of a block
    using Block = std::vector<Slot>;

    std::uint64_t home(std::uint64_t key) const;
    void load(std::uint64_t number) const;
    void store();
    void insert(Slot slot);
    void grow();
    void put_away();

    std::size_t in_memory_;
    std::unordered_map<std::uint64_t, std::int64_t> young_;
    std::uint64_t salt_;  // nobody can choose keys that meet in one block
    File file_;
    int bits_ = 0;              // the file has 2^bits_ blocks
    std::uint64_t filled_ = 0;  // slots of the file
    // the block that was used last
    mutable Block block_;
    mutable std::uint64_t at_ = no_block;
    bool changed_ = false;
    static constexpr std::uint64_t no_block = ~std::uint64_t{0};
};

}  // namespace stretto::report
