#pragma once
// What a source has of a rendition: whole chunks, and pieces of chunks that it still receives.
#include <boost/container/flat_map.hpp>
#include <cstdint>
#include <vector>

namespace stretto::gather {

/// The verified pieces of one chunk: bit i is piece i. A chunk has some ten; later ones are not
/// told.
using PieceSet = std::uint64_t;
constexpr int most_told_pieces = 64;

constexpr bool contains(PieceSet set, int piece) {
    return piece < most_told_pieces && (set >> piece & 1) != 0;
}
constexpr bool contains(PieceSet set, int first, int end) {
    for (int i = first; i < end; ++i)
        if (!contains(set, i)) return false;
    return true;
}

/// The pieces of unfinished chunks, by chunk: a few, or none.
using Parts = boost::container::flat_map<int, PieceSet>;

/// How many uploads to serve at a time. Over a slow uplink few at a time, so that each piece is
/// soon complete and can be passed on again: in a flash crowd of 400 players with 0.5 Mbit/s, peers
/// send 74 % of the maximum flow with two uploads, and 69 % with four.
constexpr int uploads_for(double bytes_per_s) {
    return bytes_per_s > 0 && bytes_per_s < 125'000 ? 2 : 4;
}

struct Have {
    std::vector<bool> chunks;
    Parts parts{};  ///< of other chunks

    bool has(int chunk) const { return chunks[static_cast<std::size_t>(chunk)]; }
    /// All of the chunk, or pieces of it.
    bool has_some(int chunk) const { return has(chunk) || parts.contains(chunk); }
    /// It has sent 404.
    void lacks(int chunk) {
        chunks[static_cast<std::size_t>(chunk)] = false;
        parts.erase(chunk);
    }
    bool operator==(const Have&) const = default;
};

}  // namespace stretto::gather
