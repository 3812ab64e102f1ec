#pragma once
// The tracker over HTTP: who asks, how often they may, and what the desk answers.
#include "http/server.hpp"
#include "http/status.hpp"
#include "track/desk.hpp"
#include "track/geo.hpp"
#include "track/prober.hpp"

namespace stretto::track {

struct SiteOptions {
    DeskOptions desk;
};

/// What all of it stands on.
struct Parts {
    net::Loop& loop;
    swarm::Peers& peers;
    swarm::Edges& edges;
    Manifests& manifests;
    Prober& prober;
    http::Shared& shared;
    http::Status& status;
};

class Site : public http::Handler {
   public:
    /// @param seal  see Desk
    Site(const Parts& parts, SiteOptions options, std::uint64_t seed,
         std::unique_ptr<swarm::Seal> seal);

    void handle(http::Incoming&& incoming, http::Reply reply) override;
    /// May be nullptr.
    void set_geo(std::unique_ptr<Geo> geo) { geo_ = std::move(geo); }
    /// Where RTC peers ask for their address: see DeskOptions.
    void set_stun(std::string stun) { desk_.set_stun(std::move(stun)); }
    /// Answers those who wait for signals, so that they ask another tracker.
    void end_waits() { desk_.end_waits(); }
    void set_allowed(std::set<std::string> songs) { desk_.set_allowed(std::move(songs)); }
    void set_removed(std::unordered_set<std::string> songs) { desk_.set_removed(std::move(songs)); }

   private:
    Desk::Around around();
    void expire();
    void add_metrics(std::vector<http::Metric>& metrics);
    std::string edges_json() const;
    std::string swarms_json();

    Parts parts_;
    std::unique_ptr<Geo> geo_;
    Desk desk_;
    swarm::PeersStats stats_;  // as they came last
    std::string swarms_ = "[]";
    std::optional<std::uint64_t> swarms_ms_;
    net::Timer every_, again_;
};

}  // namespace stretto::track
