#pragma once
// The tracker's rules: reads requests, asks what is known of songs, peers and edges, prints JSON.
// No socket and no clock: requests, times and answers are values, and what takes time calls back.
#include <deque>
#include <functional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "swarm/edges.hpp"
#include "swarm/mailboxes.hpp"
#include "swarm/peers.hpp"
#include "track/manifests.hpp"

namespace stretto::track {

struct DeskOptions {
    int interval_s = 120, ttl_s = 300;
    bool only_allowed = false;  ///< refuse songs that are not in `allowed`
    std::set<std::string> allowed;
    bool peers_first = false;  ///< ask listeners to spare edges
    /// "HOST:PORT" for RTC peers, or ":PORT" at the host of the request; empty: none.
    std::string stun = {};
    swarm::NestedLimits network_peers = swarm::MailboxLimits{}.of_prefix;  ///< RTC peers
};

class Desk {
   public:
    /// Its services.
    struct Around {
        swarm::Peers& peers;
        swarm::Edges& edges;
        std::function<std::uint64_t()> now_ms;
        /// The manifest of a song from the origin, by id or name.
        std::function<void(const std::string& song, Manifests::Done done)> find;
        /// Whether a connection to a peer at its announced port succeeds.
        std::function<void(const swarm::Endpoint& peer, std::function<void(bool reached)> done)>
            connect;
        /// The location of an address, for clients that send none; may be empty.
        std::function<std::optional<swarm::Location>(const swarm::Ip& ip)> place = {};
    };
    struct Asked {
        bool post = false;  ///< else GET or HEAD
        std::string_view path, query;
        BytesView body;
        swarm::Ip ip;
        std::string_view host = {};  ///< of the request
        /// Call what it gets when the client leaves before it is answered; may be empty.
        std::function<void(std::function<void()>)> when_gone = {};
        /// Whether the client, which over WebRTC is `rtc_id`, may have the song `id`, which it
        /// called `song`: fields for the answer, or nullopt. Empty: everybody may.
        using Admit = std::function<std::optional<std::string>(
            const std::string& song, const std::string& id, const std::string& rtc_id)>;
        Admit admit = {};
    };
    struct Answer {
        int status = 200;
        std::string body;    ///< JSON; for an error, the reason; empty with 204
        std::string fields;  ///< additional fields, printed
    };
    using Done = std::function<void(Answer)>;

    /// @param seal  of the tokens of RTC peers, with a secret key
    Desk(Around around, DeskOptions options, std::uint64_t seed, std::unique_ptr<swarm::Seal> seal);

    /// May call back at once.
    void answer(const Asked& asked, const Done& done);
    /// GET /nearest/PATH: 307 to that path on the nearest healthy edge, the same one for all of a
    /// song. @param target  as it was sent: it is for the edge to read
    Answer nearest(std::string_view target, const swarm::Ip& ip) const;
    void set_allowed(std::set<std::string> songs) { options_.allowed = std::move(songs); }
    /// Songs that the origin has taken down.
    void set_removed(std::unordered_set<std::string> songs) { removed_ = std::move(songs); }

    struct Counters {
        std::uint64_t look_ups_dropped = 0, reached = 0, not_reached = 0, signals = 0,
                      signals_refused = 0;
    };
    const Counters& counters() const noexcept { return counters_; }
    const swarm::Mailboxes& mailboxes() const noexcept { return mailboxes_; }

    /// Several times a second.
    void expire() { mailboxes_.expire(around_.now_ms()); }
    /// Answers those who wait for signals, at shutdown.
    void end_waits() { mailboxes_.end_all(); }
    void set_stun(std::string stun) { options_.stun = std::move(stun); }
    /// The key that passes are signed with, for all who announce themselves.
    void set_pass_key(std::string key) { pass_key_ = std::move(key); }

   private:
    using Announced = swarm::Peers::Announced;
    struct SongAsked {
        std::string song;
        swarm::PeersQuery query;
        swarm::Asker asker;
        bool with_manifest = true;
        Asked::Admit admit = {};
    };
    void song(const Asked& asked, const std::string& song, const Done& done);
    void song_of_origin(const SongAsked& asked, const Found& found, const Done& done);
    void send_song(const Done& done, const SongAsked& asked, const std::string& id,
                   const swarm::Layout& layout, const std::string& manifest);
    void edges(const Asked& asked, const Done& done);
    void announce(const Asked& asked, const Done& done);
    void answer_announce(const swarm::Endpoint& peer, const swarm::Announce& said,
                         const Announced& result, swarm::AnnounceAnswer answer, const Done& done);
    void look_up(const swarm::Endpoint& peer, const swarm::Announce& said, const Announced& result);
    void asked_by_page(const std::string& id);
    std::vector<std::string> wanted_by_pages(const swarm::Songs& songs) const;
    void peers(const Asked& asked, const Done& done);
    void report(const Asked& asked, const Done& done);
    void signals(const Asked& asked, const Done& done);
    void signal(const Asked& asked, const Done& done);
    std::string stun_for(std::string_view host) const;

    bool allowed(const std::string& id) const {
        return !options_.only_allowed || options_.allowed.contains(id);
    }
    std::optional<swarm::Location> locate(const std::optional<swarm::Location>& said,
                                          const swarm::Ip& ip) const;
    void set_times(swarm::AnnounceAnswer& answer);
    std::string retry_later() const;

    Around around_;
    DeskOptions options_;
    std::unordered_set<std::string> removed_;
    std::uint64_t random_;
    /// A song of an announce whose layout is to be fetched.
    struct LookUp {
        swarm::Endpoint peer;
        std::uint32_t stamp = 0;
        std::string id;
        swarm::Have have;
    };
    /// Look-ups of a network: one that finds a song costs nothing, one that does not is paid for.
    struct Ration {
        double left = 0;
        std::uint64_t at_ms = 0;
        std::size_t under_way = 0;
        bool pumping = false;
        std::deque<LookUp> waiting;
    };
    void pump(swarm::Network network);
    void looked_up(swarm::Network network, const LookUp& one, const Found& found);
    void forget_rations();
    bool known_missing(const std::string& id);

    std::size_t looking_up_ = 0;
    std::unordered_map<swarm::Network, Ration> rations_;
    std::unordered_map<std::string, std::uint64_t> missing_;  // ids nobody has -> until when, ms
    struct SongHash {
        std::size_t operator()(const swarm::SongId& id) const noexcept {
            return std::hash<std::string_view>{}(id);
        }
    };
    /// Songs that pages ask peers for -> until when peers are told, ms.
    std::unordered_map<swarm::SongId, std::uint64_t, SongHash> of_pages_;
    std::uint64_t pages_cleared_ms_ = 0;  // when old ones were last dropped, because it was full
    Counters counters_;
    std::string pass_key_;
    swarm::Mailboxes mailboxes_;
};

}  // namespace stretto::track
