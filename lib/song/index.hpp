#pragma once
// The index of a rendition: the start and the hash of each piece of its chunks. See
// stretto-chunk(5).
#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::song {

struct Piece {
    std::uint32_t offset = 0;  ///< of its first byte in the chunk
    std::uint32_t first_sample =
        0;  ///< of the chunk, that a decoder yields from the headers and the bytes from `offset` on
    std::array<std::uint8_t, 16> hash{};  ///< first half of SHA-256 of the piece's bytes
    bool operator==(const Piece&) const = default;
};

/// Pieces by chunk.
using Index = std::vector<std::vector<Piece>>;

constexpr std::size_t most_index_bytes = 64u << 20;

Bytes print_index(const Index& index);
/// Checks that the counts match the bytes, that piece 0 of each chunk is at 0, and that offsets and
/// samples ascend. Does not check hashes.
Result<Index> parse_index(BytesView bytes);

std::array<std::uint8_t, 16> piece_hash(BytesView piece);

}  // namespace stretto::song
