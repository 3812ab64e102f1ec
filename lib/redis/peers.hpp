#pragma once
// A tracker's peers in Redis, for any number of trackers behind any load balancer. What a tracker
// has in memory is a copy, a second old for lists and a minute old at most while Redis is away.
#include <list>
#include <memory>

#include "redis/places.hpp"
#include "redis/reports.hpp"
#include "redis/songs.hpp"
#include "swarm/ranking.hpp"

namespace stretto::redis {

class Peers final : public swarm::Peers {
   public:
    using Secret = redis::Secret;
    using Options = redis::Options;
    Peers(Client& client, Options options);

    void announce(const swarm::Endpoint& peer, const swarm::Announce& said, std::uint64_t now_ms,
                  const Done<Announced>& done) override;
    void has(const swarm::Endpoint& peer, std::uint32_t stamp, const std::string& song_id,
             const swarm::Layout& layout, const swarm::Have& have) override;
    void proved(const swarm::Endpoint& peer, bool reached, std::uint64_t now_ms) override;
    void list(const swarm::PeersQuery& query, const swarm::Asker& asker, std::uint64_t now_ms,
              const Done<std::string_view>& done) override;
    void layout(const std::string& song_id,
                const Done<std::optional<swarm::Layout>>& done) override;
    void report(const swarm::Report& report, const swarm::Ip& reporter, std::uint64_t now_ms,
                const Done<bool>& done) override;
    void expire(std::uint64_t now_ms, const Done<bool>& done) override;
    /// Of this tracker: who announced here lately, the songs and entries in memory.
    void stats(const Done<swarm::PeersStats>& done) override;
    void biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) override;

    /// Whether this tracker knows the secret of all.
    bool is_ready() const noexcept { return shared_.is_ready(); }

   private:
    /// An announce, from its arrival until its peer is proved and its songs are looked up.
    struct Visit {
        swarm::Endpoint at;
        std::uint16_t home = 0;
        swarm::Announce said;
        State state;
        std::size_t song_fields = 0;  ///< in Redis
        bool fresh = false;
        std::uint64_t at_ms = 0;
        Places::Entering entering;  ///< till its place is written
    };
    using VisitPtr = std::shared_ptr<Visit>;

    std::uint16_t home_of(const swarm::Endpoint& at) const noexcept {
        return at.is_rtc() ? shared_.home() : 0;
    }
    void got_state(const VisitPtr& visit, const Reply& reply, const Done<Announced>& done);
    void leave(const VisitPtr& visit);
    void settle(const VisitPtr& visit, const Done<Announced>& done);
    void finish(const VisitPtr& visit, const Done<Announced>& done);
    void refuse(Visit& visit);
    void list_reached(Visit& visit);
    void place(Visit& visit);
    void write_state(Visit& visit, bool with_songs);
    void write_place(Visit& visit, bool renew);
    void write_entry(Song& song, const Visit& visit, const swarm::Have& have);
    void remember(const VisitPtr& visit);
    Visit* recall(const swarm::Endpoint& at);

    void answer(const swarm::PeersQuery& query, const swarm::Asker& asker,
                const Done<std::string_view>& done);

    Shared shared_;
    Songs songs_;
    Places places_;
    Reports reports_;
    std::map<swarm::Endpoint, VisitPtr> recent_;
    std::list<std::pair<std::uint64_t, swarm::Endpoint>> recent_order_;
    swarm::PeersStats counted_;
    swarm::Choice choice_;
    swarm::PeerLines lines_;
    std::string text_;
    net::Life life_;
};

}  // namespace stretto::redis
