#pragma once
// The operators' listener: health with reasons, metrics, and purging.
#include "edge/purger.hpp"
#include "http/server.hpp"
#include "http/status.hpp"

namespace stretto::edge {

class Admin : public http::Handler {
   public:
    /// @param purger  nullptr: this server has no cache
    Admin(http::Status& status, Purger* purger) : status_(status), purger_(purger) {}

    void handle(http::Incoming&& incoming, http::Reply reply) override;

   private:
    void purge(const http::Incoming& incoming, const http::Reply& reply);

    http::Status& status_;
    Purger* purger_;
};

/// An Admin with its server and the address where it listens.
class AdminListener {
   public:
    /// @param address  "HOST:PORT" or "unix:PATH"; throws an Error (64, 69) if listening fails
    AdminListener(net::Loop& loop, const std::string& address, http::Status& status,
                  Purger* purger);
    /// @param socket  listens already, in TCP or at a path that its owner removes
    AdminListener(net::Loop& loop, File socket, http::Status& status, Purger* purger);
    ~AdminListener();
    /// The address with the actual port, as curl accepts it.
    const std::string& address() const noexcept { return address_; }

   private:
    std::string address_, path_;  // path of its socket, to be removed
    http::AccessLog log_{"", false};
    http::Limiter limiter_{0};
    http::Shared shared_{{}, log_, limiter_};
    Admin admin_;
    http::Server server_;
};

}  // namespace stretto::edge
