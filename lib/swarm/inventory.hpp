#pragma once
// The chunks that a peer has of a song, in one 64-bit word.
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "swarm/announce.hpp"

namespace stretto::swarm {

/// The layout of a song: each rendition has the same number of chunks.
struct Layout {
    /// Ascending, at least one. Not on the heap, because a tracker has 100,000 layouts.
    boost::container::static_vector<std::uint16_t, 16> kbps;
    int chunks = 0;  ///< at least 1
    bool operator==(const Layout&) const = default;

    /// Chunks per bit: 1 while chunks times renditions is at most 64, and 2 for 210 s in four
    /// renditions. Adjacent chunks of one rendition share a bit; chunks of two renditions never do.
    /// 128 bits would be 8 bytes more for each peer of a song, and give no more offload:
    /// tests/bench/README.md, "A bit for two chunks".
    int group() const noexcept;
};

/// A bit is set if the peer has all chunks of the bit.
using Inventory = std::uint64_t;

/// Chunks outside the layout are ignored.
Inventory inventory_of(const Layout& layout, const Have& have);
/// The ranges of chunks that the bits represent.
Have have_of(const Layout& layout, Inventory inventory);

/// have_of() as JSON, {"320":[[0,20]]}, without an intermediate Have.
void append_have(std::string& to, const Layout& layout, Inventory inventory);

/// The bits for a request: a peer with any of these bits has a part of the requested chunks. 0 if
/// the song has no such rendition or chunk. A request for a chunk without a rendition means all
/// renditions.
Inventory wanted(const Layout& layout, std::optional<int> kbps, std::optional<int> chunk);
/// Whether a peer may have a part of the wanted chunks. A peer without any set bit may have some:
/// it has chunks, but no complete group of a bit. Its own responses list its
/// chunks.
inline bool may_have(Inventory have, Inventory wanted) noexcept {
    return (have & wanted) != 0 || have == 0;
}
/// Every chunk of the song.
Inventory complete(const Layout& layout);

}  // namespace stretto::swarm
