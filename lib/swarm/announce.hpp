#pragma once
// Requests and responses between peers and the tracker, as JSON, parsed and printed.
// See stretto-protocol(7). Neither side trusts the other: sizes and counts are bounded, and numbers
// beyond a limit are set to the limit.
#include <array>
#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>
#include <cassert>
#include <cstdint>
#include <cstring>
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
// Flat: an announce of ten songs as trees took 60 pieces of memory, a third of the tracker's work.
using Ranges = boost::container::small_vector<ChunkRange, 2>;
/// Ranges of chunks per rendition (kbit/s).
using Have = boost::container::flat_map<int, Ranges, std::less<>,
                                        boost::container::small_vector<std::pair<int, Ranges>, 3>>;
/// The id of a song, in place: as strings, ten ids were ten of the eleven pieces of memory of an
/// announce.
class SongId {
   public:
    static constexpr std::size_t most_bytes = 32;

    SongId() = default;
    /// At most that long, without 0.
    SongId(std::string_view text) noexcept {
        assert(text.size() <= most_bytes);
        size_ = static_cast<std::uint8_t>(text.copy(bytes_.data(), most_bytes));
    }
    SongId(const std::string& text) noexcept : SongId(std::string_view{text}) {}
    SongId(const char* text) noexcept : SongId(std::string_view{text}) {}
    operator std::string_view() const noexcept { return {bytes_.data(), size_}; }
    std::string str() const { return std::string{std::string_view{*this}}; }

    friend bool operator==(const SongId& a, const SongId& b) noexcept {
        return a.bytes_ == b.bytes_;
    }
    friend bool operator<(const SongId& a, const SongId& b) noexcept {
        return std::memcmp(a.bytes_.data(), b.bytes_.data(), most_bytes) < 0;
    }
    template <class Out>
    friend Out& operator<<(Out& out, const SongId& id) {
        out << std::string_view{id};
        return out;
    }

   private:
    std::array<char, most_bytes> bytes_{};  // the rest is 0
    std::uint8_t size_ = 0;
};
/// By the song's id.
using Songs = boost::container::flat_map<SongId, Have>;

/// A peer's identity, port and chunks. It replaces the peer's previous announce.
struct Announce {
    std::string peer_id;  ///< chosen by the peer; proves nothing
    int port = 0;         ///< where it listens
    std::optional<Location> location;
    std::int64_t upload_kbps = 0;  ///< that it offers
    Songs songs;
    bool rtc = false;   ///< reached over WebRTC, not at a port; see is_rtc_id()
    bool http = false;  ///< with rtc: it is reached at a port too, of which another announce tells

    /// The peer leaves.
    bool leaving() const noexcept { return (port == 0 && !rtc) || songs.empty(); }
    bool operator==(const Announce&) const = default;
};
struct AnnounceAnswer {
    int interval_s = 120;                   ///< until the next announce
    int ttl_s = 300;                        ///< after which the tracker forgets
    bool listed = false;                    ///< the tracker has reached it at its address
    std::vector<std::string> removed = {};  ///< songs of the announce that are not to be shared
    std::string token = {};                 ///< of an RTC peer, for its signals
    std::string stun = {};                  ///< "stun:192.0.2.1:8490"; empty: there is none
    std::string pass_key = {};              ///< of passes; empty: a peer gives to all
    std::vector<std::string> pages = {};    ///< songs of the announce that pages want from peers
    bool operator==(const AnnounceAnswer&) const = default;
};

/// A request for the peers that have a song, or one chunk of it.
struct PeersQuery {
    std::string song_id;
    std::optional<int> kbps, chunk;
    std::optional<Location> location;
    int want = 16;
    /// The id of the requesting peer, which the response omits.
    std::string peer_id;
    int port = 0;
    bool rtc = false;         ///< name WebRTC peers too
    std::string rtc_id = {};  ///< of the asker, for its pass; empty: it is no WebRTC peer
    bool http = true;         ///< false: it reaches WebRTC peers only, as a page
    bool operator==(const PeersQuery&) const = default;
};
struct PeerInfo {
    std::string peer_id;
    /// "http://192.0.2.1:8490", "http://[2001:db8::1]:8490"; of a WebRTC peer "rtc:" and its id
    std::string url;
    std::optional<double> km;  ///< from the client
    double health = 0;         ///< 0..1
    std::int64_t upload_kbps = 0;
    Have have;
    std::string ticket;  ///< for a Report
    bool operator==(const PeerInfo&) const = default;
};

/// The same in the tracker's responses. Ids, addresses and tickets contain only bytes that JSON
/// does not escape.
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

/// All that a client needs to start a song.
struct SongAnswer {
    std::string song_id;
    std::vector<int> bitrates;
    std::vector<PeerInfo> peers;  ///< best first
    std::vector<EdgeInfo> edges;  ///< nearest first
    std::string manifest;         ///< JSON, its keys in any order; empty: omitted
    bool peers_first = false;     ///< edges are to be spared where peers are fast enough
};

/// The result of a transfer from a peer.
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
/// At most most_request_bytes and most_songs: songs beyond that are omitted, last id first.
std::string print_announce(const Announce& announce);
std::string print_peers_query(const PeersQuery& query);
std::string print_report(const Report& report);

// Responses.
Result<AnnounceAnswer> parse_announce_answer(std::string_view json);
Result<std::vector<PeerInfo>> parse_peers_answer(std::string_view json);
Result<std::vector<EdgeInfo>> parse_edges_answer(std::string_view json);
Result<SongAnswer> parse_song_answer(std::string_view json);
std::string print_announce_answer(const AnnounceAnswer& answer);
std::string print_peers_answer(const std::vector<PeerInfo>& peers);
/// The same with a list of peers that is already JSON.
std::string wrap_peers_list(std::string_view peers);
/// The next item of a list: with a comma, unless the text ends in "[".
void append_peer(std::string& list, const PeerLine& peer);
std::string print_edges_answer(const std::vector<EdgeInfo>& edges);
/// @param answer  its manifest is JSON already, and is copied unchanged
std::string print_song_answer(const SongAnswer& answer);
/// @param peers  JSON that replaces the peers in `answer`
std::string print_song_answer(const SongAnswer& answer, std::string_view peers);

/// A file of edges: [{"name", "url", "location"}, ...], the location is optional. Names are
/// unique, and so are URLs.
Result<std::vector<EdgeInfo>> parse_edges_file(std::string_view json);

}  // namespace stretto::swarm
