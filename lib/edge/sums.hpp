#pragma once
// Checksums of a body on a disk, block by block, so that a part of it can be checked alone.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/digest.hpp"

namespace stretto::edge {

/// For each block of a body the first 8 bytes of its SHA-256, little-endian; the last block is
/// shorter. Bits fall by accident here: who can write to the disk can write the sums too.
using Sums = std::vector<std::uint64_t>;

constexpr std::uint64_t sum_block = 1u << 20;

constexpr std::size_t blocks_of(std::uint64_t length) {
    return static_cast<std::size_t>((length + sum_block - 1) / sum_block);
}
std::uint64_t sum_of(BytesView block);

/// A running one.
class Summer {
   public:
    void add(BytesView bytes);
    /// Of all that was added; once.
    Sums finish();

   private:
    void end_block();
    Sums done_;
    std::optional<Sha256> block_;
    std::uint64_t in_block_ = 0;
};

/// Whether block i of the first `length` bytes of a file is what it was.
bool block_is_right(int fd, std::uint64_t length, const Sums& sums, std::size_t i);

}  // namespace stretto::edge
