#pragma once
// Answers the requests that origin and edge have in common: health, a chunk by X-User-Bitrate,
// songs as one file, and events if they are accepted. A Backend answers all others.
#include "edge/choices.hpp"
#include "edge/event_intake.hpp"
#include "edge/manifests.hpp"
#include "edge/objects.hpp"
#include "edge/rates.hpp"
#include "edge/route.hpp"
#include "edge/stream.hpp"
#include "http/server.hpp"
#include "http/status.hpp"

namespace stretto::edge {

/// The source of objects, which also answers all other requests.
class Backend : public Objects {
   public:
    virtual void serve(http::Incoming&& incoming, const http::Target& target, const Route& route,
                       const http::Reply& reply) = 0;
    /// Whether it forwards requests that are not ours unchanged.
    virtual bool passes_on() const { return false; }
};

/// Data shared by all workers.
struct SiteShared {
    Manifests manifests;
    StreamPlans plans;
    Rates rates;
    std::unique_ptr<Choices> choices = std::make_unique<Choices>();
    std::string name;               ///< in Cache-Status
    EventIntake* events = nullptr;  ///< nullptr: none are taken here
    bool shows_numbers = false;     ///< /metrics, /stats.json and why it is degraded
};

/// One per worker.
class Site : public http::Handler {
   public:
    Site(net::Loop& loop, Backend& backend, SiteShared& shared, http::Status& status)
        : loop_(loop), backend_(backend), shared_(shared), status_(status) {}

    void handle(http::Incoming&& incoming, http::Reply reply) override;
    void delivered(const net::Address& peer, double bits_per_second) override {
        shared_.rates.note(peer.source(), bits_per_second);
    }

   private:
    void take_events(http::Incoming&& incoming, const http::Reply& reply);
    void chunk(const http::Request& request, const Route& route, const http::Reply& reply);
    void stream(const http::Incoming& incoming, const http::Target& target, const Route& route,
                const http::Reply& reply);
    void send_stream(const http::Request& request, const std::shared_ptr<const StreamPlan>& plan,
                     const http::Reply& reply);

    net::Loop& loop_;
    Backend& backend_;
    SiteShared& shared_;
    http::Status& status_;
    std::optional<events::Reader> reader_;  // created at the first events
};

/// A response 404, 502, 503 or 504 with its reason.
void send_error(const http::Reply& reply, int status, std::string_view why);

}  // namespace stretto::edge
