#pragma once
// The tracker's answers: reads requests, asks what is known of songs, peers and edges, prints JSON.
#include <set>

#include "http/server.hpp"
#include "http/status.hpp"
#include "swarm/edges.hpp"
#include "swarm/geo.hpp"
#include "swarm/peers.hpp"
#include "track/manifests.hpp"
#include "track/prober.hpp"

namespace stretto::track {

struct SiteOptions {
    int interval_s = 120, ttl_s = 300;
    std::set<swarm::Ip> proxies;  ///< whose word on whom they ask for is taken
    bool only_allowed = false;    ///< songs that are not in `allowed` are refused
    std::set<std::string> allowed;
};

/// What all of it stands on.
struct Parts {
    net::Loop& loop;
    swarm::Peers& peers;
    swarm::Edges& edges;
    Manifests& manifests;
    Prober& prober;
    http::Limiter& limiter;  ///< by the address that counts, which may be behind a proxy
    http::Shared& shared;
    http::Status& status;
};

class Site : public http::Handler {
   public:
    Site(const Parts& parts, SiteOptions options, std::uint64_t seed);

    void handle(http::Incoming&& incoming, http::Reply reply) override;
    /// May be nullptr.
    void set_geo(std::unique_ptr<swarm::Geo> geo) { geo_ = std::move(geo); }
    void set_allowed(std::set<std::string> songs) { options_.allowed = std::move(songs); }

   private:
    struct Asked {
        const http::Incoming& incoming;
        const http::Target& target;
        swarm::Ip ip;
        const http::Reply& reply;
    };
    void get(const Asked& asked);
    void post(const Asked& asked);
    void song(const Asked& asked, const std::string& song);
    void send_song(const http::Reply& reply, const swarm::Asker& asker, swarm::PeersQuery query,
                   const std::string& id, const swarm::Layout& layout, const std::string& manifest);
    void edges(const Asked& asked);
    void nearest(const Asked& asked);
    void announce(const Asked& asked);
    std::string retry_later() const;
    void look_up(const swarm::Endpoint& peer, const swarm::Announce& said,
                 const swarm::Peers::Announced& result);
    void peers(const Asked& asked);
    void report(const Asked& asked);

    bool allowed(const std::string& id) const {
        return !options_.only_allowed || options_.allowed.contains(id);
    }
    std::optional<swarm::Location> locate(const std::optional<swarm::Location>& said,
                                          const swarm::Ip& ip) const;
    swarm::AnnounceAnswer when(bool listed);
    void expire();
    void add_metrics(std::vector<http::Metric>& metrics) const;
    std::string edges_json() const;
    std::string swarms_json();

    Parts parts_;
    SiteOptions options_;
    std::unique_ptr<swarm::Geo> geo_;
    std::uint64_t random_;
    std::size_t looking_up_ = 0;  // songs of announces whose layout is being fetched
    std::unordered_map<swarm::Network, std::size_t> looking_up_of_;
    std::uint64_t look_ups_dropped_ = 0, reached_ = 0, not_reached_ = 0;
    std::string swarms_;
    std::uint64_t swarms_ms_ = 0;
    net::Timer every_, again_;
};

}  // namespace stretto::track
