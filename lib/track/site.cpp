#include "track/site.hpp"

#include <algorithm>
#include <ctime>

#include "base/json_value.hpp"

namespace stretto::track {
namespace {

constexpr std::string_view json_fields =
    "Content-Type: application/json\r\nCache-Control: no-store\r\n"
    "Access-Control-Allow-Origin: *\r\n";
constexpr std::size_t shown_swarms = 50;
constexpr std::uint64_t swarms_fresh_ms = 1000;

void send_json(const http::Reply& reply, std::string body, std::string_view more = {}) {
    http::Outgoing out;
    out.fields = json_fields;
    out.fields += more;
    body += '\n';
    out.length = body.size();
    out.body = http::body_of(std::move(body));
    reply.send(std::move(out));
}

void send_error(const http::Reply& reply, int status, std::string_view why,
                std::string fields = {}) {
    reply.send(status, why, fields + "Cache-Control: no-store\r\n");
}

void send_nothing(const http::Reply& reply, int status, std::string fields) {
    http::Outgoing out;
    out.status = status;
    out.fields = std::move(fields) + "Access-Control-Allow-Origin: *\r\n";
    reply.send(std::move(out));
}

void send(const http::Reply& reply, Desk::Answer&& answer) {
    if (answer.status == 307) {
        http::Outgoing out;
        out.status = 307;
        out.fields = std::move(answer.fields) +
                     "Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\n";
        return reply.send(std::move(out));
    }
    if (answer.status == 200) return send_json(reply, std::move(answer.body), answer.fields);
    if (answer.status == 204 || answer.status == 202)
        return send_nothing(reply, answer.status, std::move(answer.fields));
    send_error(reply, answer.status, answer.body, std::move(answer.fields));
}

/// Fetch standard, CORS preflight: JSON is not a simple type.
void preflight(const http::Reply& reply) {
    send_nothing(reply, 204,
                 "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
                 "Access-Control-Allow-Headers: Authorization, "
                 "Content-Type\r\nAccess-Control-Max-Age: 86400\r\n");
}

}  // namespace

PassOffice::PassOffice() : id_(key_.public_key().thumbprint()) {
    keys_ = sign::print_keys({{{id_, key_.public_key()}}});
    point_ = key_.public_key().print_point();
}

Site::Site(const Parts& parts, SiteOptions options, std::uint64_t seed,
           std::unique_ptr<swarm::Seal> seal)
    : parts_(parts),
      desk_(around(), std::move(options.desk), seed, std::move(seal)),
      every_(parts.loop, [this] { expire(); }),
      again_(parts.loop, [this] { expire(); }) {
    if (parts_.access) {
        gate_.emplace(*parts_.access);
        office_.emplace();
        desk_.set_pass_key(office_->point());
    }
    every_.every(std::chrono::milliseconds{200});
    parts_.status.add([this](std::vector<http::Metric>& metrics) { add_metrics(metrics); });
    parts_.status.add("edges", [this] { return edges_json(); });
    parts_.status.add("swarms", [this] { return swarms_json(); });
}

Desk::Around Site::around() {
    return {parts_.peers,
            parts_.edges,
            [this] { return parts_.loop.now_ms(); },
            [this](const std::string& song, Manifests::Done done) {
                parts_.manifests.get(song, std::move(done));
            },
            [this](const swarm::Endpoint& peer, std::function<void(bool)> done) {
                parts_.prober.connect(peer, std::move(done));
            },
            [this](const swarm::Ip& ip) { return geo_ ? geo_->find(ip) : std::nullopt; }};
}

/// Do this in steps, so that requests are answered in between.
void Site::expire() {
    desk_.expire();
    parts_.peers.expire(parts_.loop.now_ms(), [this](bool more) {
        if (more) again_.once(std::chrono::milliseconds{1});
    });
}

/// What a listener shows to peers; nullopt: the song is not for it.
std::optional<std::string> Site::pass_for(const http::Admitted& admitted, const std::string& host,
                                          const net::Address& client, const std::string& song,
                                          const std::string& id, const std::string& rtc_id) {
    const auto holds = [&](const std::string& called) {
        const auto& scope = admitted.token->scope;
        return scope.holds(host, "/songs/" + called) ||
               scope.holds(host, "/songs/" + called + "/manifest.json");
    };
    if (admitted.token && !holds(song) && !holds(id)) return {};
    // a pass is for all chunks of a song: a token for some of its URLs is not exchanged for one
    if (const auto* scope = admitted.token ? &admitted.token->scope : nullptr;
        scope && !scope->holds_song(song) && !scope->holds_song(id))
        return "";
    const auto until = std::int64_t{std::time(nullptr)} + sign::pass_s;
    const sign::Pass pass{id, client.host(), admitted.most_kbps(),
                          admitted.token ? std::min(until, admitted.token->expires) : until,
                          rtc_id};
    std::string fields = "Access-Control-Expose-Headers: Stretto-Pass\r\n";
    http::append_field(fields, "Stretto-Pass", office_->print(pass));
    return fields;
}

void Site::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    if (request.method == "OPTIONS") return preflight(reply);
    // what it redirects to is for the edge to read
    const bool redirects = request.target.starts_with("/nearest/");
    const auto carried = gate_ && !redirects ? http::take_token(incoming.request) : http::Carried{};
    const auto target = http::parse_target(request.target);
    if (!target) return send_error(reply, 400, target.error().why);
    const auto ip = endpoint_of(incoming.peer).ip;
    const auto& path = target->path;
    const auto& method = request.method;
    const bool get = method == "GET" || method == "HEAD";
    if (!get && method != "POST")
        return send_error(reply, 405, "method not allowed", "Allow: GET, HEAD, POST, OPTIONS\r\n");
    if (path == "/healthz" || path == "/metrics" || path == "/stats.json") {
        if (!get)
            return send_error(reply, 405, "method not allowed", "Allow: GET, HEAD, OPTIONS\r\n");
        if (path == "/healthz") return parts_.status.health(reply);
        return path == "/metrics" ? parts_.status.metrics(reply) : parts_.status.stats(reply);
    }
    if (get && request.target.starts_with("/nearest/"))
        return send(reply, desk_.nearest(request.target, ip));
    const auto* host = request.fields.find("Host");
    decltype(Desk::Asked::admit) admit;
    const auto beyond = std::make_shared<bool>(false);  // its token is for another song
    if (gate_ && (path == "/peers" || path.starts_with("/songs/"))) {
        auto admitted = gate_->admit(incoming, carried, http::Gate::Scope::any, reply);
        if (!admitted) return;
        admit = [this, admitted = std::move(*admitted), host = host ? *host : "",
                 client = incoming.peer, beyond](const std::string& song, const std::string& id,
                                                 const std::string& rtc_id) {
            auto fields = pass_for(admitted, host, client, song, id, rtc_id);
            *beyond = !fields;
            return fields;
        };
    }
    if (office_ && get && path == "/pass-keys") return send_json(reply, office_->keys());
    const auto when_gone = [reply](std::function<void()> call) {
        reply.when_gone(std::move(call));
    };
    desk_.answer({!get, path, target->query, incoming.body, ip,
                  host ? std::string_view{*host} : std::string_view{}, when_gone, admit},
                 [this, reply, beyond](Desk::Answer&& answer) {
                     if (*beyond) return gate_->refuse(reply, answer.body);
                     send(reply, std::move(answer));
                 });
}

// Metrics of the tracker

void Site::add_metrics(std::vector<http::Metric>& metrics) {
    // a result that is not available now is reported the next time
    parts_.peers.stats([this](const swarm::PeersStats& now) { stats_ = now; });
    const auto& stats = stats_;
    const auto add = [&](const char* name, const char* help, std::uint64_t value,
                         std::string labels = {}) {
        metrics.push_back({name, help, static_cast<double>(value), std::move(labels)});
    };
    add("peers", "Peers that announced themselves.", stats.peers);
    add("peers_listed", "Of these, reached where they say.", stats.listed);
    add("swarm_entries", "Songs of peers.", stats.entries);
    add("swarm_songs", "Songs that some peer has.", stats.songs);
    add("announces_total", "Announces.", stats.announces);
    add("announces_refused_total", "Announces refused.", stats.full, "why=\"full\"");
    add("announces_refused_total", "", stats.crowded, "why=\"network\"");
    add("peers_left_total", "Peers that said goodbye.", stats.left);
    add("peers_expired_total", "Peers that were not heard of any more.", stats.expired);
    add("peer_probes_total", "Connections to peers.", desk_.counters().reached,
        "result=\"reached\"");
    add("peer_probes_total", "", desk_.counters().not_reached, "result=\"failed\"");
    add("peer_probes_waiting", "Connections to peers to be made.", parts_.prober.waiting());
    add("peer_lists_total", "Lists of peers sent.", stats.lists);
    add("peers_named_total", "Peers in these lists.", stats.named);
    add("reports_total", "Reports on peers that counted.", stats.reports);
    add("reports_refused_total", "Reports that did not.", stats.reports_refused);
    add("origin_requests_total", "Requests for manifests and names.", parts_.manifests.asked());
    add("origin_failures_total", "Of these, without a song.", parts_.manifests.failed());
    add("manifests", "Manifests kept.", parts_.manifests.kept());
    add("announced_songs_dropped_total", "Songs of announces that could not be looked up in time.",
        desk_.counters().look_ups_dropped);
    const auto& mailboxes = desk_.mailboxes();
    add("rtc_peers", "WebRTC peers that announced themselves.", mailboxes.size());
    add("rtc_peers_waiting", "Of these, waiting for signals now.", mailboxes.waiting());
    add("signals_total", "Signals taken for a peer.", desk_.counters().signals);
    add("signals_refused_total", "Signals that were not.", desk_.counters().signals_refused);
    bool first = true;
    for (const auto& edge : parts_.edges.all()) {
        add("edge_healthy", first ? "Whether an edge answers." : "", edge.healthy,
            "edge=\"" + edge.info.name + "\"");
        first = false;
    }
}

std::string Site::edges_json() const {
    auto list = Json::array();
    for (const auto& edge : parts_.edges.all())
        list.push_back({{"name", edge.info.name},
                        {"url", edge.info.url},
                        {"location", edge.info.location ? swarm::print_location(*edge.info.location)
                                                        : std::string{}},
                        {"healthy", edge.healthy}});
    return list.dump();
}

/// Updated once a second, because a scan takes a millisecond per few thousand songs.
std::string Site::swarms_json() {
    const auto now = parts_.loop.now_ms();
    if (swarms_ms_ && now - *swarms_ms_ < swarms_fresh_ms) return swarms_;
    swarms_ms_ = now;
    parts_.peers.biggest(shown_swarms, [this](const std::vector<swarm::SwarmStats>& swarms) {
        auto list = Json::array();
        for (const auto& swarm : swarms)
            list.push_back(
                {{"song_id", swarm.song_id}, {"peers", swarm.peers}, {"complete", swarm.complete}});
        swarms_ = list.dump();
    });
    return swarms_;
}

}  // namespace stretto::track
