#pragma once
// The interface of a tracker's data about peers; memory.hpp keeps it in memory. No clock and no
// sockets: the caller passes the time and the source of a request. Results arrive by callback,
// because the data may be on another machine.
#include <functional>
#include <string>
#include <vector>

#include "swarm/announce.hpp"
#include "swarm/endpoint.hpp"
#include "swarm/inventory.hpp"
#include "swarm/quotas.hpp"

namespace stretto::swarm {

struct PeersLimits {
    std::size_t peers = 1'000'000;
    std::size_t songs_a_peer = 10;  ///< on average: at most this many entries per peer
    NestedLimits of_prefix{64, 256, 1024, 4096};  ///< peers that the tracker has connected to
    NestedLimits unproved{16, 64, 256, 1024};     ///< peers without a connection yet
    std::size_t of_home_in_swarm = 32;            ///< peers of one /64, or address of IPv4
    std::size_t of_swarm = 262'144;
    std::uint32_t ttl_s = 300;
};

/// The client of a request: its source address, and its location.
struct Asker {
    Ip ip;
    std::optional<Location> location;
};

struct PeersStats {
    std::uint64_t peers = 0, listed = 0, songs = 0, entries = 0;
    // counters
    std::uint64_t announces = 0, full = 0, crowded = 0, left = 0, expired = 0, lists = 0, named = 0,
                  reports = 0, reports_refused = 0;
};

struct SwarmStats {
    std::string song_id;
    std::size_t peers = 0, complete = 0;
};

class Peers {
   public:
    virtual ~Peers() = default;
    /// Called once: immediately or later, on the caller's thread, and never after the end of Peers.
    /// Its argument is valid during the call.
    template <class T>
    using Done = std::function<void(T)>;

    struct Announced {
        enum What {
            taken,
            left,
            crowded,  ///< its networks have too many peers
            full,     ///< the tracker has too many peers
            away      ///< the data is unreachable now
        } what = taken;
        bool listed = false;      ///< a connection to its address succeeded before
        bool unproven = false;    ///< connect to it, and report the result with proved()
        std::uint32_t stamp = 0;  ///< of this announce, for has()
        std::vector<std::string>
            unknown;  ///< songs with an unknown layout: look it up, then call has()
    };
    /// Replaces the peer's previous announce.
    virtual void announce(const Endpoint& peer, const Announce& said, std::uint64_t now_ms,
                          const Done<Announced>& done) = 0;
    /// Add a song of an announce after its layout became known. Does nothing if the peer has
    /// announced again or left since then.
    virtual void has(const Endpoint& peer, std::uint32_t stamp, const std::string& song_id,
                     const Layout& layout, const Have& have) = 0;
    /// Whether the tracker could connect to the peer; only then it is listed and kept. Call it for
    /// each `unproven` peer.
    virtual void proved(const Endpoint& peer, bool reached, std::uint64_t now_ms) = 0;

    /// The peers of a response, as JSON, best first; see cost() in health.hpp. At most a quarter of
    /// them come from one network, also the client's own, while there are others. The client itself
    /// is not among them.
    virtual void list(const PeersQuery& query, const Asker& asker, std::uint64_t now_ms,
                      const Done<std::string_view>& done) = 0;
    /// The layout of a song that a peer has.
    virtual void layout(const std::string& song_id, const Done<std::optional<Layout>>& done) = 0;

    /// Whether the report counts: the ticket is ours, for this network, and unused.
    virtual void report(const Report& report, const Ip& reporter, std::uint64_t now_ms,
                        const Done<bool>& done) = 0;

    /// Forget silent peers. Works for a few milliseconds at most. Returns whether more work is
    /// waiting.
    virtual void expire(std::uint64_t now_ms, const Done<bool>& done) = 0;

    virtual void stats(const Done<PeersStats>& done) = 0;
    /// The largest swarms, in descending order.
    virtual void biggest(std::size_t most, const Done<std::vector<SwarmStats>>& done) = 0;
};

}  // namespace stretto::swarm
