#include "report/servers.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "report/session.hpp"

namespace stretto::report {
namespace {

Told told_by(const Access& access, bool to_server) {
    if (to_server) return Told::to_server;
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

/// An address as IPv6; IPv4 is mapped to ::ffff:0:0/96.
std::optional<std::array<std::uint8_t, 16>> parse_address(const std::string& text) {
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
    bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (::inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1) return bytes;
    return {};
}

bool is_ipv4(const std::array<std::uint8_t, 16>& bytes) {
    return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
           bytes[10] == 0xff && bytes[11] == 0xff;
}

bool same_bits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
               int bits) {
    for (int i = 0; i < bits; ++i) {
        const auto at = static_cast<std::size_t>(i / 8);
        if ((a[at] ^ b[at]) >> (7 - i % 8) & 1) return false;
    }
    return true;
}

/// The host of "http://192.0.2.7:8481" or "http://[2001:db8::1]:8481".
std::string host_of(const std::string& url) {
    const auto scheme = url.find("://");
    auto rest = url.substr(scheme == url.npos ? 0 : scheme + 3);
    if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
    return rest.substr(0, rest.find_first_of(":/"));
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

KnownServers::KnownServers(const std::filesystem::path& path) {
    const auto subject = path.string();
    const auto bytes = read_file(path, 16 << 20);
    const auto json = nlohmann::json::parse(as_text(bytes), nullptr, false);
    if (!json.is_array()) throw bad_data(subject, "not a list of servers, as edges.json is");
    for (const auto& server : json) {
        if (!server.is_object()) throw bad_data(subject, "a server is no object");
        if (const auto url = server.find("url"); url != server.end() && url->is_string())
            if (const auto host = host_of(*url); parse_address(host)) add(host, subject);
        if (!server.contains("addresses")) continue;
        if (!server["addresses"].is_array()) throw bad_data(subject, "'addresses' is no list");
        for (const auto& address : server["addresses"]) {
            if (!address.is_string()) throw bad_data(subject, "an address is no text");
            add(address, subject);
        }
    }
    if (blocks_.empty()) throw bad_data(subject, "it says no server's address");
}

void KnownServers::add(const std::string& address, const std::string& subject) {
    const auto slash = address.find('/');
    const auto bytes = parse_address(address.substr(0, slash));
    if (!bytes) throw bad_data(subject, text("'", address, "' is no address"));
    const int all = is_ipv4(*bytes) ? 32 : 128;
    int bits = all;
    if (slash != address.npos) {
        const char* end = address.data() + address.size();
        const auto [stop, code] = std::from_chars(address.data() + slash + 1, end, bits);
        if (code != std::errc{} || stop != end || bits < 1 || bits > all)
            throw bad_data(subject, text("'", address, "' is no network"));
    }
    blocks_.push_back({*bytes, bits + 128 - all});
}

bool KnownServers::has(std::string_view address) const {
    if (blocks_.empty()) return false;
    const auto bytes = parse_address(std::string{address});
    if (!bytes) return false;
    // shortened like addresses in logs: IPv4 without its last byte, 48 bits of IPv6
    const int kept = is_ipv4(*bytes) ? 120 : 48;
    const bool shortened =
        std::all_of(bytes->begin() + kept / 8, bytes->end(), [](auto b) { return b == 0; });
    return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) {
        return same_bits(*bytes, block.bytes, shortened ? std::min(block.bits, kept) : block.bits);
    });
}

void ServerLogs::add(const Access& access, std::string_view line, Name server,
                     std::string_view name, bool to_server) {
    Logged logged;
    logged.line = listener_key(name, line);
    logged.server = server;
    logged.told = told_by(access, to_server);
    logged.bytes = access.bytes;
    // a request of an edge carries the session of a player, but its response goes to the edge
    if (!to_server && !access.session.empty()) logged.session = session_key(access.session);
    // times in a log increase; if they go back, a new pass begins
    constexpr std::int64_t disorder_ms = 600'000;
    if (access.time_ms + disorder_ms < pass_.latest_ms ||
        (logged.line == pass_.first_line && access.time_ms < pass_.latest_ms))
        next_file();
    if (pass_.first_line == 0) pass_.first_line = logged.line;
    pass_.latest_ms = std::max(pass_.latest_ms, access.time_ms);
    add(logged);
}

void ServerLogs::each_line(const std::function<void(const Logged&)>& take) {
    Logged best, now;
    bool any = false;
    lines_.each([&](const Logged& logged) {
        if (!any || logged.server != best.server || logged.line != best.line) {
            if (any) take(best);
            any = true;
            best = now = logged;
            return;
        }
        if (logged.pass == now.pass)
            now.times += logged.times;
        else
            now = logged;
        best.times = std::max(best.times, now.times);
    });
    if (any) take(best);
}

void ServerLogs::each_reported(const std::function<void(std::uint64_t)>& take) {
    std::uint64_t before = 0;
    sessions_.each([&](const Sent& sent) {
        if (sent.session != before) take(sent.session);
        before = sent.session;
    });
}

std::map<Name, OfServer> ServerLogs::sum() {
    std::map<Name, OfServer> sums;
    if (!any_) return sums;
    Sorted<Sent> all{250'000};
    each_reported([&](std::uint64_t session) { all.add({session, 0, Told::reported, 0, 0}); });
    each_line([&](const Logged& l) {
        const Sent sent{l.session, l.server, l.told, l.times, l.times * l.bytes};
        if (l.session == 0)
            count(sums[l.server], sent, false);
        else
            all.add(sent);
    });
    std::uint64_t reported = 0;  // this record is sorted before the responses to its session
    all.each([&](const Sent& sent) {
        if (sent.told == Told::reported)
            reported = sent.session;
        else
            count(sums[sent.server], sent, sent.session == reported);
    });
    return sums;
}

}  // namespace stretto::report
