#pragma once
// What peers and the tracker say to each other, as JSON: requests and answers, parsed and printed.
// See stretto-protocol(7). Both sides are strangers to each other: sizes and counts are bounded,
// and numbers beyond what is sensible are brought back to it.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "swarm/location.hpp"

namespace stretto::swarm {

constexpr std::size_t most_request_bytes = 65536;
constexpr std::size_t most_answer_bytes = 24u << 20;  ///< a manifest may have 16 MB
constexpr std::size_t most_songs = 512;               ///< in an announce
constexpr std::size_t most_peers = 64;                ///< in an answer
constexpr std::size_t most_edges = 1024;
constexpr int most_chunk = 65535;
constexpr std::int64_t most_kbps = 10'000'000;  ///< of a link

/// Chunks [first, last] of a rendition, both ends included.
struct ChunkRange {
    int first = 0, last = 0;
    bool operator==(const ChunkRange&) const = default;
};
/// By the rendition's kbps.
using Have = std::map<int, std::vector<ChunkRange>>;

/// A peer: who it is, where it listens, all that it has. What it does not name it has no more.
struct Announce {
    std::string peer_id;  ///< chosen by the peer; proves nothing
    int port = 0;         ///< where it answers
    std::optional<Location> location;
    std::int64_t upload_kbps = 0;       ///< that it will give
    std::map<std::string, Have> songs;  ///< by song id

    /// It goes away.
    bool leaving() const noexcept { return port == 0 || songs.empty(); }
    bool operator==(const Announce&) const = default;
};
struct AnnounceAnswer {
    int interval_s = 120;                   ///< until the next announce
    int ttl_s = 300;                        ///< after which the tracker forgets
    bool listed = false;                    ///< the tracker has reached it at its address
    std::vector<std::string> removed = {};  ///< songs of the announce that are not to be shared
    bool operator==(const AnnounceAnswer&) const = default;
};

/// Who has a song, or one chunk of it?
struct PeersQuery {
    std::string song_id;
    std::optional<int> kbps, chunk;
    std::optional<Location> location;
    int want = 16;
    /// Of the one who asks, that it is not told of itself.
    std::string peer_id;
    int port = 0;
    bool operator==(const PeersQuery&) const = default;
};
struct PeerInfo {
    std::string peer_id;
    std::string url;           ///< "http://192.0.2.1:8490", "http://[2001:db8::1]:8490"
    std::optional<double> km;  ///< from the one who asked
    double health = 0;         ///< 0..1
    std::int64_t upload_kbps = 0;
    Have have;
    std::string ticket;  ///< for a Report
    bool operator==(const PeerInfo&) const = default;
};

/// The same as a tracker tells it. Of bytes that JSON takes as they are: ids, addresses and tickets
/// have no others.
struct PeerLine {
    std::string_view peer_id, url;
    double km = -1;  ///< below 0: not known
    double health = 0;
    std::int64_t upload_kbps = 0;
    std::string_view have;  ///< JSON
    std::string_view ticket;
};

struct EdgeInfo {
    std::string name, url;
    std::optional<Location> location;
    std::optional<double> km;
    bool operator==(const EdgeInfo&) const = default;
};

/// All that a start needs.
struct SongAnswer {
    std::string song_id;
    std::vector<int> bitrates;
    std::vector<PeerInfo> peers;  ///< best first
    std::vector<EdgeInfo> edges;  ///< nearest first
    std::string manifest;         ///< JSON, its keys in any order; empty: not in the answer
};

/// How it went with a peer.
struct Report {
    std::string ticket;
    bool ok = false;
    std::string why;  ///< when not ok: "hash", "stalled", "refused", ...
    std::int64_t ms = 0, bytes = 0;
    bool operator==(const Report&) const = default;
};

/// [A-Za-z0-9_-]{1,64}
bool is_peer_id(std::string_view text) noexcept;

// Requests.
Result<Announce> parse_announce(std::string_view json);
Result<PeersQuery> parse_peers_query(std::string_view json);
Result<Report> parse_report(std::string_view json);
/// At most most_request_bytes and most_songs: songs that do not fit are left out, last id first.
std::string print_announce(const Announce& announce);
std::string print_peers_query(const PeersQuery& query);
std::string print_report(const Report& report);

// Answers.
Result<AnnounceAnswer> parse_announce_answer(std::string_view json);
Result<std::vector<PeerInfo>> parse_peers_answer(std::string_view json);
Result<std::vector<EdgeInfo>> parse_edges_answer(std::string_view json);
Result<SongAnswer> parse_song_answer(std::string_view json);
std::string print_announce_answer(const AnnounceAnswer& answer);
std::string print_peers_answer(const std::vector<PeerInfo>& peers);
/// The same around a list of peers that is JSON already.
std::string wrap_peers_list(std::string_view peers);
/// The next of a list: with a comma, unless the text ends in "[".
void append_peer(std::string& list, const PeerLine& peer);
std::string print_edges_answer(const std::vector<EdgeInfo>& edges);
/// @param answer  whose manifest is JSON already, and is put in as it is
std::string print_song_answer(const SongAnswer& answer);
/// @param peers  JSON, in the place of those in `answer`
std::string print_song_answer(const SongAnswer& answer, std::string_view peers);

/// A file of edges: [{"name", "url", "location"}, ...], the location being optional. Names and URLs
/// differ from each other.
Result<std::vector<EdgeInfo>> parse_edges_file(std::string_view json);

}  // namespace stretto::swarm
