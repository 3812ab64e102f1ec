#pragma once
// The tracker over HTTP: who asks, how often they may, and what the desk answers.
#include "http/gate.hpp"
#include "http/server.hpp"
#include "http/status.hpp"
#include "sign/pass.hpp"
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
    http::Access* access = nullptr;  ///< nullptr: songs need no token
};

/// Signs what listeners show to peers; its key is new at each start, and never leaves the process.
class PassOffice {
   public:
    PassOffice();
    std::string print(const sign::Pass& pass) const { return sign::print_pass(pass, key_, id_); }
    /// The key that verifies them.
    const std::string& point() const noexcept { return point_; }
    /// A JWK Set.
    const std::string& keys() const noexcept { return keys_; }

   private:
    sign::PrivateKey key_ = sign::PrivateKey::generate();
    std::string id_, keys_, point_;
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
    std::optional<std::string> pass_for(const http::Admitted& admitted, const std::string& host,
                                        const net::Address& client, const std::string& song,
                                        const std::string& id, const std::string& rtc_id);
    void expire();
    void add_metrics(std::vector<http::Metric>& metrics);
    std::string edges_json() const;
    std::string swarms_json();

    Parts parts_;
    std::optional<http::Gate> gate_;
    std::optional<PassOffice> office_;
    std::unique_ptr<Geo> geo_;
    Desk desk_;
    swarm::PeersStats stats_;  // as they came last
    std::string swarms_ = "[]";
    std::optional<std::uint64_t> swarms_ms_;
    net::Timer every_, again_;
};

}  // namespace stretto::track
