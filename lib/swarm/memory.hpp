#pragma once
// Peers in main memory, in about 50 bytes per song of a peer: a million peers with ten songs each.
// The time of an operation on a peer does not depend on the number of peers.
#include <array>
#include <cstring>

#include "base/split_mix.hpp"
#include "swarm/health.hpp"
#include "swarm/lookup.hpp"
#include "swarm/peers.hpp"
#include "swarm/pool.hpp"
#include "swarm/quotas.hpp"
#include "swarm/ranking.hpp"
#include "swarm/swarm.hpp"
#include "swarm/tickets.hpp"
#include "swarm/wheel.hpp"

namespace stretto::swarm {

class MemoryPeers final : public Peers, private Swarm::Notes {
   public:
    /// @param seed  random, so that nobody can predict hashes
    /// @param seal  for tickets, with a secret key
    MemoryPeers(const PeersLimits& limits, std::uint64_t seed, std::unique_ptr<Seal> seal,
                std::uint64_t now_ms);

    // synchronous versions, for callers that know that the peers are in memory
    Announced announce(const Endpoint& peer, const Announce& said, std::uint64_t now_ms);
    std::optional<Layout> layout(const std::string& song_id) const;
    bool report(const Report& report, const Ip& reporter, std::uint64_t now_ms);
    bool expire(std::uint64_t now_ms);
    PeersStats stats() const;
    std::vector<SwarmStats> biggest(std::size_t most) const;

    void announce(const Endpoint& peer, const Announce& said, std::uint64_t now_ms,
                  const Done<Announced>& done) override {
        done(announce(peer, said, now_ms));
    }
    void has(const Endpoint& peer, std::uint32_t stamp, const std::string& song_id,
             const Layout& layout, const Have& have) override;
    void proved(const Endpoint& peer, bool reached, std::uint64_t now_ms) override;
    void list(const PeersQuery& query, const Asker& asker, std::uint64_t now_ms,
              const Done<std::string_view>& done) override;
    void layout(const std::string& song_id, const Done<std::optional<Layout>>& done) override {
        done(layout(song_id));
    }
    void report(const Report& said, const Ip& reporter, std::uint64_t now_ms,
                const Done<bool>& done) override {
        done(report(said, reporter, now_ms));
    }
    void expire(std::uint64_t now_ms, const Done<bool>& done) override { done(expire(now_ms)); }
    void stats(const Done<PeersStats>& done) override { done(stats()); }
    void biggest(std::size_t most, const Done<std::vector<SwarmStats>>& done) override {
        done(biggest(most));
    }

   private:
    using SongKey = std::array<std::uint8_t, 20>;

    struct Peer {
        // the data for the choice of peers, in 68 bytes
        Endpoint at;
        bool reached : 1 = false;    ///< the tracker has connected to it; only then it is named
        bool here : 1 = false;       ///< announced, and neither left nor expired
        bool also_http : 1 = false;  ///< see Announce::http
        Cell cell = cell_nowhere;
        Point point;
        float upload_kbps = 0;
        std::uint32_t expires_s = 0;
        Health health;
        // and other data
        std::uint16_t songs = 0;
        std::uint32_t serial = 0;  ///< distinguishes it from earlier owners of its number
        std::uint32_t stamp = 0;   ///< of its last announce
        std::uint32_t first_link = nobody;
        std::uint32_t network = nobody, next_in_network = nobody, last_in_network = nobody;
        std::uint32_t next = nobody;  ///< in the wheel, or among the free
        /// The rest is 0. Not a string, because freeing a million strings paused the tracker for
        /// half a second.
        std::array<char, 64> id{};

        std::string_view name() const noexcept {
            const auto* end = static_cast<const char*>(std::memchr(id.data(), 0, id.size()));
            return {id.data(), end ? static_cast<std::size_t>(end - id.data()) : id.size()};
        }
    };
    /// The chunks of one song that a peer has.
    struct Link {
        std::uint32_t song = nobody, position = 0;
        std::uint32_t next = nobody;  ///< of the same peer
        std::uint32_t mark = 0;       ///< of what was announced
    };
    struct Elder {
        std::uint32_t peer = nobody, link = nobody;
    };
    struct Song {
        SongKey key{};
        std::uint32_t next = nobody;
        Layout layout;
        Swarm swarm;
        std::vector<Elder> elders;  ///< of a big swarm, those who have been there longest
        std::uint32_t look_s = 0;   ///< when others may become elders
    };
    struct Net {
        Network network = 0;
        std::uint32_t first_peer = nobody;
        std::uint32_t next = nobody;
    };
    /// A recently failed connection to an address.
    struct Failure {
        std::uint64_t hash = 0;
        std::uint32_t until_s = 0;
    };
    struct Said {
        const SongId* id;
        const Have* have;
        std::uint32_t mark;
        SongKey key{};
        std::uint64_t hash = 0;
        std::uint32_t song = nobody;
        bool kept = false;
    };
    /// A link of a peer, and what it refers to.
    struct Held {
        std::uint32_t link, song, position;
        Said* said = nullptr;  ///< nullptr: the peer has the song no more
    };

    // Swarm::Notes
    Cell cell_of(std::uint32_t peer) const override { return peers_[peer].cell; }
    void fetch(std::uint32_t peer) const override;
    void fetch_link(std::uint32_t link) const override { __builtin_prefetch(&links_[link]); }
    Network network_of(std::uint32_t peer) const override;
    void moved(std::uint32_t link, std::uint32_t position) override {
        links_[link].position = position;
    }

    std::uint64_t hash_of(const Endpoint& at) const noexcept;
    std::uint64_t hash_of(const SongKey& key) const noexcept;
    std::uint32_t mark_of(std::string_view song_id, const Have& have) const noexcept;
    std::uint32_t find_peer(const Endpoint& at) const;
    std::uint32_t find_song(const SongKey& key) const;
    std::uint32_t find_net(Network network) const;

    Announced::What place_for(const Endpoint& at) const noexcept;
    Failure& failure_of(const Endpoint& at) noexcept;
    std::uint32_t add_peer(const Endpoint& at, std::uint64_t now_ms);
    void join_network(std::uint32_t peer, Network network);
    void leave_network(std::uint32_t peer);
    void remove_peer(std::uint32_t peer);
    void refresh(std::uint32_t peer, const Announce& said, std::uint32_t now_s);
    void move_to(std::uint32_t peer, Cell cell);
    std::vector<std::string> take_songs(std::uint32_t peer);
    void read_songs(const Announce& said);
    void leave_unchanged(std::uint32_t peer);
    void find_songs();
    void update_links(std::uint32_t peer);

    std::uint32_t song_of(const SongKey& key, const Layout& layout);
    void add_link(std::uint32_t peer, std::uint32_t song, Inventory have, std::uint32_t mark);
    void remove_link(std::uint32_t peer, std::uint32_t link);
    void drop_songs(std::uint32_t peer);
    std::uint8_t& crowd(std::uint32_t peer, std::uint32_t song);
    void hold_songs(std::uint32_t peer);
    void fetch_songs(std::uint32_t peer);
    void fetch_removal(std::uint32_t peer, bool of_all);
    void fetch_additions(std::uint32_t peer);

    void find_candidates(const Song& song, std::uint32_t number, Inventory wanted,
                         const Asker& asker);
    void add_neighbours(std::uint32_t song, Inventory wanted, std::uint32_t net);
    void note_elders(Song& song, std::uint32_t now_s);
    void add_elders(const Song& song, Inventory wanted);
    std::uint8_t tag_of(std::uint32_t song) const noexcept;
    bool has_received(Network from, std::uint8_t song) const;
    void set_id(Peer& peer, std::string_view id) noexcept;

    PeersLimits limits_;
    std::size_t most_entries_;
    Hash hash_;
    Tickets tickets_;
    Pool<Peer> peers_;
    Pool<Link> links_;
    Pool<Song> songs_;
    Pool<Net> nets_;
    Lookup peer_lookup_, song_lookup_, net_lookup_;
    Wheel wheel_;
    /// Number of peers per address or /64 and swarm, by a hash of both. If two pairs collide, the
    /// limit is only reached sooner; an attacker cannot predict
    /// collisions.
    std::vector<std::uint8_t> crowds_;
    /// Quotas of reached peers, and of peers to connect to. They are separate, so that addresses
    /// without a listener exclude no peer.
    Quotas reached_, unproved_;
    std::size_t unproved_peers_ = 0;
    std::vector<Failure> failures_;  // by hash; the newest of two in one place
    std::uint32_t serials_ = 0, stamps_ = 0;
    SplitMix64 random_;
    std::uint64_t listed_ = 0;
    PeersStats counted_;
    // reused, to save allocations
    std::vector<Said> said_;
    std::vector<Held> held_;
    std::vector<Member> members_;
    Choice choice_;
    PeerLines lines_;
    std::vector<std::uint64_t> reported_;
    std::string text_;
};

}  // namespace stretto::swarm
