#include "edge/admin.hpp"

#include <unistd.h>

#include "http/message.hpp"

namespace stretto::edge {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr const char* no_store = "Cache-Control: no-store\r\n";
// so that a 404 of some other server is not taken for it
constexpr const char* nothing_to_purge = "Cache-Control: no-store\r\nStretto-Purge: nothing\r\n";

http::Limits few() {
    http::Limits limits;
    limits.connections = 64;
    return limits;
}

}  // namespace

void Admin::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    const auto target = http::parse_target(request.target);
    const std::string path = target ? target->path : "";
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (path == "/purge") {
        if (request.method == "POST") return purge(incoming, reply);
        return reply.send(405, "method not allowed", "Allow: POST\r\n");
    }
    if (path != "/healthz" && path != "/metrics" && path != "/stats.json")
        return reply.send(404, "there are /healthz, /metrics, /stats.json and POST /purge");
    if (!reads) return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
    if (path == "/healthz") return status_.health(reply, true);
    if (path == "/metrics") return status_.metrics(reply);
    status_.stats(reply);
}

/// A page in the browser of somebody who can reach us can send such a request too, but not without
/// Origin, and not this type without asking first.
void Admin::purge(const http::Incoming& incoming, const http::Reply& reply) {
    const auto& fields = incoming.request.fields;
    if (!purger_) return reply.send(404, "nothing is cached here", nothing_to_purge);
    if (fields.has("Origin")) return reply.send(403, "not for web pages", no_store);
    const auto* type = fields.find("Content-Type");
    if (!type || !http::same_token(type->substr(0, type->find_first_of("; ")), "application/json"))
        return reply.send(415, "a purge is application/json", no_store);
    const auto purge = parse_purge(as_text(incoming.body));
    if (!purge) return reply.send(400, purge.error().why, no_store);
    purger_->purge(*purge, [reply](int status, const std::string& why) {
        reply.send(status, why.empty() ? "purged" : why.substr(0, why.size() - 1),
                   status == 404 ? nothing_to_purge : no_store);
    });
}

AdminListener::AdminListener(net::Loop& loop, const std::string& address, http::Status& status,
                             Purger* purger)
    : address_(address), admin_(status, purger), server_(loop, admin_, few(), shared_) {
    if (address.starts_with(unix_prefix)) {
        path_ = address.substr(unix_prefix.size());
        server_.listen(net::listen_unix(path_));
        return;
    }
    const auto places = net::listen_addresses({address});
    for (const auto& place : places) {
        auto sockets = net::listen(place, 1);
        address_ = net::local_address(sockets[0].fd()).print();
        server_.listen(std::move(sockets[0]));
    }
}

AdminListener::AdminListener(net::Loop& loop, File socket, http::Status& status, Purger* purger)
    : address_(net::print_local(socket.fd())),
      admin_(status, purger),
      server_(loop, admin_, few(), shared_) {
    server_.listen(std::move(socket));
}

AdminListener::~AdminListener() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace stretto::edge
