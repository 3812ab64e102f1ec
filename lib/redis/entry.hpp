#pragma once
// What a tracker keeps in Redis of peers and songs, in bytes. Strangers may reach a Redis server:
// everything that is read is checked.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarm/endpoint.hpp"
#include "swarm/globe.hpp"
#include "swarm/health.hpp"
#include "swarm/inventory.hpp"

namespace stretto::redis {

/// A peer among those of a song; satisfies swarm::Choice. Times are seconds since 1970.
struct Entry {
    swarm::Endpoint at;
    std::uint16_t home = 0;  ///< the tracker that a WebRTC peer is connected to; else 0
    bool also_http = false;  ///< see swarm::Announce::http
    std::string id;
    swarm::Point point;
    float upload_kbps = 0;
    swarm::Health health;
    std::uint32_t expires_s = 0;
    std::uint32_t serial = 0;  ///< when it was reached first
    swarm::Inventory have = 0;
    static constexpr bool reached = true;  ///< others are not kept here

    const std::string& name() const noexcept { return id; }
};

/// 6 or 18 bytes, an address and a port; 8 or 20 for a WebRTC peer.
std::string print_field(const swarm::Endpoint& at, std::uint16_t home);
/// What ranking needs of a peer, so that nothing else is read: 29 bytes and the id.
std::string print_value(const Entry& entry);
std::optional<Entry> parse_entry(std::string_view field, std::string_view value);
/// The part of a value that reports change, and where it begins.
std::string print_value_health(const swarm::Health& health);
constexpr std::size_t value_health_at = 25;
/// expires_s of a value; 0 if it is none.
std::uint32_t expiry_of(std::string_view value) noexcept;

// The peers of a song lie in pages, hashes of about 128 members, each with a key of its own. A page
// is divided into four by place when it is full; by network, then by peer, within a place.

/// The way to a peer's page: two bits per level, 8 levels of place, 4 of network, 3 of peer.
using Path = std::uint32_t;
constexpr unsigned most_level = 15, place_levels = 8;
/// @param network, peer  hashes
Path path_of(swarm::Cell cell, std::uint64_t network, std::uint64_t peer) noexcept;

/// A page: a 1 in front of the first bits of its paths. 1: the one page of a small song.
using Node = std::uint32_t;
unsigned level_of(Node node) noexcept;
Node node_of(Path path, unsigned level) noexcept;
/// The cells whose peers may be in the page.
swarm::Region region_of(Node node) noexcept;

/// How the members of a song are divided.
struct Directory {
    struct Change {
        bool divided = true;     ///< else it was, and is one page again
        std::uint32_t at_s = 0;  ///< for some time, readers look at both
        bool operator==(const Change&) const = default;
    };
    std::optional<swarm::Layout> layout;
    std::map<Node, Change> changes;
    /// Of a divided song, the peers that have been there longest: whoever comes in crowds fills the
    /// pages, but not their places.
    std::vector<Entry> elders;

    /// Where an announce puts its entry.
    Node leaf(Path path) const;
    /// All pages where an entry may be that was written at `since_s` or later.
    std::vector<Node> pages(Path path, std::uint32_t since_s) const;
    /// The same for all entries: those where announces put them, and those that they are moving
    /// away from.
    struct Pages {
        std::vector<Node> leaves, former;
    };
    Pages all(std::uint32_t since_s) const;
};
constexpr std::size_t most_changes = 4096, most_elders = 16;
/// Until they are read, trackers that do not see each other may write more.
constexpr std::size_t most_elders_read = 4 * most_elders;

std::string print_layout(const swarm::Layout& layout);
std::optional<swarm::Layout> parse_layout(std::string_view bytes);
std::string print_node(Node node);
std::string print_elder_field(const swarm::Endpoint& at, std::uint16_t home);
std::string print_change(const Directory::Change& change);
/// A field of a directory and its value, into it; anything unknown is passed over.
void read_field(Directory& directory, std::string_view field, std::string_view value);

// What is kept of a peer itself.

using SongKey = std::array<std::uint8_t, 20>;
struct State {
    swarm::Endpoint at;
    bool here = false;      ///< announced, and has not left
    bool reached = false;   ///< a tracker has connected to it
    std::uint8_t turn = 0;  ///< counts announces
    swarm::Cell cell = swarm::cell_nowhere;
    std::uint32_t moved_s = 0;  ///< to this cell
    std::uint32_t since_s = 0;  ///< reached first, or else: when a tracker began to connect
    std::uint32_t expires_s = 0;
    std::uint32_t stamp = 0;           ///< of its last announce
    std::uint32_t failed_until_s = 0;  ///< could not be reached: do not try again before
    swarm::Health health;
    std::vector<SongKey> songs;
};
std::string print_state(const State& state);
std::string print_health(const swarm::Health& health);
std::string print_seconds(std::uint32_t s);
/// Three songs, in a value short enough for Redis to keep a hash in one piece.
constexpr std::size_t songs_a_field = 3, most_state_songs = 512;
std::string print_songs(const std::vector<SongKey>& songs, std::size_t field);
/// A field of a peer's hash and its value, into it; anything wrong is passed over.
void read_field(State& state, std::string_view field, std::string_view value);

/// A peer in the hash of its network.
struct Place {
    std::uint32_t expires_s = 0;
    bool reached = false;
};
std::string print_place(const Place& place);
std::optional<Place> parse_place(std::string_view value);
std::optional<swarm::Ip> parse_field_ip(std::string_view field);

}  // namespace stretto::redis
