#pragma once
// Checksums of a body on a disk per block, so that a part can be verified alone.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/digest.hpp"

namespace stretto::edge {

/// The first 8 bytes of the SHA-256 of each block of a body, little-endian; the last block may be
/// shorter. They detect accidental damage only: an attacker with access to the disk could change
/// the checksums too.
using Sums = std::vector<std::uint64_t>;

constexpr std::uint64_t sum_block = 1u << 20;

constexpr std::size_t blocks_of(std::uint64_t length) {
    return static_cast<std::size_t>((length + sum_block - 1) / sum_block);
}
std::uint64_t sum_of(BytesView block);

/// Computes checksums incrementally.
class Summer {
   public:
    void add(BytesView bytes);
    /// The checksums of all added bytes. Call it once.
    Sums finish();

   private:
    void end_block();
    Sums done_;
    std::optional<Sha256> block_;
    std::uint64_t in_block_ = 0;
};

/// Whether block i of the first `length` bytes of a file matches its checksum.
bool block_is_right(int fd, std::uint64_t length, const Sums& sums, std::size_t i);

}  // namespace stretto::edge
