#pragma once
// What only operators see: health with its reasons, numbers, and purging, on a listener of its own.
#include "edge/purger.hpp"
#include "http/server.hpp"
#include "http/status.hpp"

namespace stretto::edge {

class Admin : public http::Handler {
   public:
    /// @param purger  nullptr: there is no cache here
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
    /// @param address  "HOST:PORT" or "unix:PATH"; an Error (64, 69) when nobody can listen there
    AdminListener(net::Loop& loop, const std::string& address, http::Status& status,
                  Purger* purger);
    /// @param socket  listens already, in TCP or at a path that its owner removes
    AdminListener(net::Loop& loop, File socket, http::Status& status, Purger* purger);
    ~AdminListener();
    /// As people and curl read it: with the port that was chosen.
    const std::string& address() const noexcept { return address_; }

   private:
    std::string address_, path_;  // of its socket, to be taken away
    http::AccessLog log_{"", false};
    http::Limiter limiter_{0};
    http::Shared shared_{{}, log_, limiter_};
    Admin admin_;
    http::Server server_;
};

}  // namespace stretto::edge
