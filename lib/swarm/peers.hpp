#pragma once
// What a tracker knows of peers, behind an interface: in memory here (memory.hpp). No clock and no
// sockets: who calls says what time it is and where a request came from. Answers come by callback,
// for what is known may lie elsewhere.
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
    std::size_t songs_a_peer = 10;  ///< on average: entries are peers times this at most
    NestedLimits of_prefix{64, 256, 1024, 4096};  ///< peers that were reached
    NestedLimits unproved{16, 64, 256, 1024};     ///< peers that are yet to be
    std::size_t of_home_in_swarm = 32;            ///< peers of one /64, or address of IPv4
    std::size_t of_swarm = 262'144;
    std::uint32_t ttl_s = 300;
};

/// Who asks: its address as the tracker sees it, and where it is.
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
    /// Called once: at once or later, on the caller's thread, and never after the Peers are gone.
    /// What it is given is valid during the call.
    template <class T>
    using Done = std::function<void(T)>;

    struct Announced {
        enum What {
            taken,
            left,
            crowded,  ///< its networks have too many peers already
            full,     ///< the tracker has
            away      ///< who knows the peers cannot be asked now
        } what = taken;
        bool listed = false;      ///< it has been reached at its address before
        bool unproven = false;    ///< connect to it, and say how that went with proved()
        std::uint32_t stamp = 0;  ///< of this announce, for has()
        std::vector<std::string>
            unknown;  ///< songs whose layout is not known: look it up, then has()
    };
    /// Takes the place of all that the peer said before.
    virtual void announce(const Endpoint& peer, const Announce& said, std::uint64_t now_ms,
                          const Done<Announced>& done) = 0;
    /// One more of the songs of an announce, now that its layout is known. Nothing happens when the
    /// peer has announced again or gone meanwhile.
    virtual void has(const Endpoint& peer, std::uint32_t stamp, const std::string& song_id,
                     const Layout& layout, const Have& have) = 0;
    /// Whether the tracker could connect to it: only then it is listed, and kept. To be called for
    /// each that was `unproven`.
    virtual void proved(const Endpoint& peer, bool reached, std::uint64_t now_ms) = 0;

    /// The peers of an answer, as JSON; best first; see cost() in health.hpp. Of one network, be it
    /// the asker's own, come at most a quarter, while there are others. The one who asks is not
    /// among them.
    virtual void list(const PeersQuery& query, const Asker& asker, std::uint64_t now_ms,
                      const Done<std::string_view>& done) = 0;
    /// Of a song that somebody has.
    virtual void layout(const std::string& song_id, const Done<std::optional<Layout>>& done) = 0;

    /// Tells whether it counted: the ticket was ours, given to this network, and not used before.
    virtual void report(const Report& report, const Ip& reporter, std::uint64_t now_ms,
                        const Done<bool>& done) = 0;

    /// Forget who has not been heard of in time. Does a few milliseconds of work at most, and tells
    /// whether there is more to do at once.
    virtual void expire(std::uint64_t now_ms, const Done<bool>& done) = 0;

    virtual void stats(const Done<PeersStats>& done) = 0;
    /// The biggest swarms, the biggest first.
    virtual void biggest(std::size_t most, const Done<std::vector<SwarmStats>>& done) = 0;
};

}  // namespace stretto::swarm
