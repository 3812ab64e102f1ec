#include "report/servers.hpp"

#include <algorithm>

#include "report/session.hpp"

namespace stretto::report {
namespace {

Told told_by(const Access& access) {
    if (!access.via.empty()) return Told::to_server;
    if (access.cache == "HIT") return Told::hit;
    return access.cache == "MISS" ? Told::miss : Told::origin;
}

std::int64_t& bytes_of(OfServer& server, Told told) {
    switch (told) {
        case Told::hit:
            return server.hit;
        case Told::miss:
            return server.miss;
        case Told::origin:
            return server.origin;
        case Told::to_server:
            return server.to_servers;
        case Told::reported:
            break;
    }
    return server.reported;
}

void count(OfServer& server, const Sent& sent, bool reported) {
    server.requests += sent.requests;
    server.bytes += sent.bytes;
    bytes_of(server, reported ? Told::reported : sent.told) += sent.bytes;
    if (!reported && sent.told != Told::to_server) server.unreported_requests += sent.requests;
}

}  // namespace

void OfServer::add(const OfServer& other) {
    for (const auto field : {&OfServer::requests, &OfServer::bytes, &OfServer::reported,
                             &OfServer::hit, &OfServer::miss, &OfServer::origin,
                             &OfServer::to_servers, &OfServer::unreported_requests})
        this->*field += other.*field;
}

std::uint64_t session_key(std::string_view session) {
    return std::max<std::uint64_t>(1, listener_key("session", session));
}

void ServerLogs::add(const Access& access, Name server) {
    const auto told = told_by(access);
    // what an edge asks for a player carries that player's session, but goes to the edge
    const bool known = told != Told::to_server && !access.session.empty();
    add({known ? session_key(access.session) : 0, server, told, 1, access.bytes});
}

void ServerLogs::add(const Sent& sent) {
    any_ = any_ || sent.told != Told::reported;
    if (sent.session != 0) return sessions_.add(sent);
    auto& sum = unknown_[{sent.server, sent.told}];
    sum.server = sent.server;
    sum.told = sent.told;
    sum.requests += sent.requests;
    sum.bytes += sent.bytes;
}

void ServerLogs::each_session(const std::function<void(const Sent&)>& take) {
    Sent sum;
    sessions_.each([&](const Sent& sent) {
        if (sent.key() != sum.key()) {
            if (sum.session != 0) take(sum);
            sum = sent;
            return;
        }
        sum.requests += sent.requests;
        sum.bytes += sent.bytes;
    });
    if (sum.session != 0) take(sum);
}

void ServerLogs::each(const std::function<void(const Sent&)>& take) {
    each_session(take);
    for (const auto& [key, sent] : unknown_) take(sent);
}

std::map<Name, OfServer> ServerLogs::sum() {
    std::map<Name, OfServer> sums;
    if (!any_) return sums;
    std::uint64_t reported = 0;  // comes before the answers to its session
    each([&](const Sent& sent) {
        if (sent.told == Told::reported)
            reported = sent.session;
        else
            count(sums[sent.server], sent, sent.session != 0 && sent.session == reported);
    });
    return sums;
}

}  // namespace stretto::report
