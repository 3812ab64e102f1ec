#pragma once
// What a peer has of a song, in one 64-bit word.
#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "swarm/announce.hpp"

namespace stretto::swarm {

/// How a song is cut: each rendition into the same number of chunks.
struct Layout {
    /// Rising, at least one. Here and not on the heap, since a tracker has 100,000 of these.
    boost::container::static_vector<std::uint16_t, 16> kbps;
    int chunks = 0;  ///< at least 1
    bool operator==(const Layout&) const = default;

    /// Chunks that one bit stands for: 1 while chunks times renditions is at most 64. Neighbours of
    /// one rendition share a bit, never chunks of two.
    int group() const noexcept;
};

/// A set bit: all chunks that it stands for are held.
using Inventory = std::uint64_t;

/// What the layout does not have is passed over.
Inventory inventory_of(const Layout& layout, const Have& have);
/// The ranges that the bits stand for.
Have have_of(const Layout& layout, Inventory inventory);

/// have_of() as JSON, {"320":[[0,20]]}, without making it.
void append_have(std::string& to, const Layout& layout, Inventory inventory);

/// The bits to look for: any of them set means that a peer has something of what is asked for. 0
/// when the song has no such rendition or chunk; a chunk asked for without its rendition is looked
/// for in all.
Inventory wanted(const Layout& layout, std::optional<int> kbps, std::optional<int> chunk);
/// Whether a peer may have some of what is wanted. Nothing is known of one that has no bit set: it
/// has something, but where a bit stands for several chunks, not yet all of any; who asks it hears
/// what.
inline bool may_have(Inventory have, Inventory wanted) noexcept {
    return (have & wanted) != 0 || have == 0;
}
/// Every chunk of the song.
Inventory complete(const Layout& layout);

}  // namespace stretto::swarm
