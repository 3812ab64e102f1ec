#include "track/site.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "song/id.hpp"
#include "track/forwarded.hpp"

namespace stretto::track {
namespace {

using swarm::PeersQuery;

constexpr std::string_view json_fields =
    "Content-Type: application/json\r\nCache-Control: no-store\r\n"
    "Access-Control-Allow-Origin: *\r\n";
constexpr std::size_t most_look_ups = 65536, most_look_ups_of_network = 2048;
constexpr std::size_t shown_swarms = 50;
constexpr std::uint64_t swarms_fresh_ms = 1000;
constexpr int least_port = 1024;  // clients refuse those below, where other services are

void send_json(const http::Reply& reply, std::string body) {
    http::Outgoing out;
    out.fields = json_fields;
    body += '\n';
    out.length = body.size();
    out.body = http::body_of(std::move(body));
    reply.send(std::move(out));
}

void send_error(const http::Reply& reply, int status, std::string_view why,
                std::string fields = {}) {
    reply.send(status, why, fields + "Cache-Control: no-store\r\n");
}

void send_nothing(const http::Reply& reply, std::string fields) {
    http::Outgoing out;
    out.status = 204;
    out.fields = std::move(fields) + "Access-Control-Allow-Origin: *\r\n";
    reply.send(std::move(out));
}

/// Fetch standard, CORS preflight: JSON is no simple type.
void preflight(const http::Reply& reply) {
    send_nothing(reply,
                 "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
                 "Access-Control-Allow-Headers: Content-Type\r\nAccess-Control-Max-Age: 86400\r\n");
}

/// What the limiter counts by: an IPv4 address, or the /64 of an IPv6 one.
std::string source_of(const swarm::Ip& ip) {
    return {reinterpret_cast<const char*>(ip.bytes.data()), ip.is_v4() ? 16u : 8u};
}

/// A parameter of the query as a number from `least` to `most`; nullopt when it is absent.
/// Malformed when it is none.
Result<std::optional<int>> number(const http::Target& target, std::string_view name, int least,
                                  int most) {
    const auto value = http::query_value(target.query, name);
    if (!value) return std::optional<int>{};
    int n = 0;
    const char* last = value->data() + value->size();
    const auto [end, code] = std::from_chars(value->data(), last, n);
    if (code != std::errc{} || end != last || n < least || n > most)
        return Malformed{text("'", name, "' is no number from ", least, " to ", most)};
    return std::optional{n};
}

Result<std::optional<swarm::Location>> location(const http::Target& target) {
    auto value = http::query_value(target.query, "location");
    if (!value) value = http::query_value(target.query, "my_location");
    if (!value || value->empty()) return std::optional<swarm::Location>{};
    const auto place = swarm::parse_location(*value);
    if (!place) return Malformed{place.error().why};
    return std::optional{swarm::rounded(*place)};
}

/// The query of GET /songs/...; all of it is optional.
Result<PeersQuery> song_query(const http::Target& target) {
    PeersQuery query;
    const auto place = location(target);
    const auto want = number(target, "want", 0, 1 << 20), port = number(target, "port", 0, 65535),
               kbps = number(target, "kbps", 1, 65535);
    if (!place) return place.error();
    for (const auto* one : {&want, &port, &kbps})
        if (!*one) return one->error();
    query.location = *place;
    query.want = std::clamp((*want).value_or(query.want), 0, static_cast<int>(swarm::most_peers));
    query.port = (*port).value_or(0);
    query.kbps = *kbps;
    query.peer_id = http::query_value(target.query, "peer_id").value_or("");
    if (!query.peer_id.empty() && !swarm::is_peer_id(query.peer_id))
        return Malformed{"'peer_id' is none"};
    return query;
}

/// A query, "?" included, without what was for us.
std::string without_place(std::string_view query) {
    std::string kept;
    while (!query.empty()) {
        query.remove_prefix(1);  // "?" or "&"
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        const auto name = pair.substr(0, pair.find('='));
        if (name != "location" && name != "my_location" && !pair.empty())
            kept += (kept.empty() ? "?" : "&") + std::string{pair};
        query.remove_prefix(end);
    }
    return kept;
}

/// The second segment of "/songs/ID/..." and "/stream/ID": the same edge for all of a song.
std::string_view song_of(std::string_view path) {
    path.remove_prefix(std::min(path.find('/', 1), path.size()));
    if (!path.empty()) path.remove_prefix(1);
    return path.substr(0, path.find('/'));
}

std::uint64_t seed_of(std::string_view id) { return std::hash<std::string_view>{}(id); }

}  // namespace

Site::Site(const Parts& parts, SiteOptions options, std::uint64_t seed)
    : parts_(parts),
      options_(std::move(options)),
      random_(seed),
      every_(parts.loop, [this] { expire(); }),
      again_(parts.loop, [this] { expire(); }) {
    every_.every(std::chrono::milliseconds{200});
    parts_.status.add([this](std::vector<http::Metric>& metrics) { add_metrics(metrics); });
    parts_.status.add("edges", [this] { return edges_json(); });
    parts_.status.add("swarms", [this] { return swarms_json(); });
}

/// A part at a time: who has asked meanwhile is answered in between.
void Site::expire() {
    if (parts_.peers.expire(parts_.loop.now_ms())) again_.once(std::chrono::milliseconds{1});
}

void Site::handle(http::Incoming&& incoming, http::Reply reply) {
    const auto& request = incoming.request;
    if (request.method == "OPTIONS") return preflight(reply);
    const auto target = http::parse_target(request.target);
    if (!target) return send_error(reply, 400, target.error().why);
    auto ip = endpoint_of(incoming.peer).ip;
    if (options_.proxies.contains(ip)) {
        const auto client = forwarded_for(request.fields);
        if (!client) return send_error(reply, 400, client.error().why);
        ip = (*client).value_or(ip);
    }
    if (parts_.limiter.enabled() && !parts_.limiter.admit(source_of(ip), parts_.loop.now_ms())) {
        parts_.shared.counters.limited.fetch_add(1, std::memory_order_relaxed);
        return send_error(reply, 429, "too many requests", "Retry-After: 1\r\n");
    }
    const Asked asked{incoming, *target, ip, reply};
    const auto& method = request.method;
    if (method == "GET" || method == "HEAD") return get(asked);
    if (method == "POST") return post(asked);
    send_error(reply, 405, "method not allowed", "Allow: GET, HEAD, POST, OPTIONS\r\n");
}

void Site::get(const Asked& asked) {
    const auto& path = asked.target.path;
    constexpr std::string_view songs = "/songs/";
    if (path == "/healthz") return parts_.status.health(asked.reply);
    if (path == "/metrics") return parts_.status.metrics(asked.reply);
    if (path == "/stats.json") return parts_.status.stats(asked.reply);
    if (path == "/edges") return edges(asked);
    if (path.starts_with("/nearest/")) return nearest(asked);
    if (path.starts_with(songs)) return song(asked, path.substr(songs.size()));
    if (path == "/announce" || path == "/peers" || path == "/report")
        return send_error(asked.reply, 405, "method not allowed", "Allow: POST, OPTIONS\r\n");
    send_error(asked.reply, 404, "not found");
}

void Site::post(const Asked& asked) {
    const auto& path = asked.target.path;
    if (path == "/announce") return announce(asked);
    if (path == "/peers") return peers(asked);
    if (path == "/report") return report(asked);
    const bool known = path == "/edges" || path == "/healthz" || path == "/metrics" ||
                       path == "/stats.json" || path.starts_with("/songs/") ||
                       path.starts_with("/nearest/");
    if (known)
        return send_error(asked.reply, 405, "method not allowed", "Allow: GET, HEAD, OPTIONS\r\n");
    send_error(asked.reply, 404, "not found");
}

std::optional<swarm::Location> Site::locate(const std::optional<swarm::Location>& said,
                                            const swarm::Ip& ip) const {
    return said || !geo_ ? said : geo_->find(ip);
}

// Songs

void Site::song(const Asked& asked, const std::string& song) {
    const auto& reply = asked.reply;
    if (!song::is_id(song) && !song::is_name(song))
        return send_error(reply, 404, "neither a song's id nor a name");
    auto query = song_query(asked.target);
    if (!query) return send_error(reply, 400, query.error().why);
    if (song::is_id(song) && !allowed(song)) return send_error(reply, 403, "not a song of ours");
    const bool with_manifest =
        http::query_value(asked.target.query, "manifest").value_or("1") != "0";
    const swarm::Asker asker{asked.ip, locate(query->location, asked.ip)};
    if (!with_manifest && song::is_id(song))
        if (const auto layout = parts_.peers.layout(song))
            return send_song(reply, asker, *query, song, *layout, "");
    parts_.manifests.get(song, [=, this, query = *query](const Found& found) {
        if (found.song) {
            if (!allowed(found.song->id)) return send_error(reply, 403, "not a song of ours");
            return send_song(reply, asker, query, found.song->id, found.song->layout,
                             with_manifest ? found.song->manifest : "");
        }
        // an id is proof: who has it gets the manifest from any edge, the origin being away
        if (!song::is_id(song) || found.status == 404)
            return send_error(reply, found.status, found.why);
        send_song(reply, asker, query, song, parts_.peers.layout(song).value_or(swarm::Layout{}),
                  "");
    });
}

void Site::send_song(const http::Reply& reply, const swarm::Asker& asker, PeersQuery query,
                     const std::string& id, const swarm::Layout& layout,
                     const std::string& manifest) {
    swarm::SongAnswer answer;
    answer.song_id = id;
    answer.bitrates.assign(layout.kbps.begin(), layout.kbps.end());
    answer.edges = parts_.edges.nearest(asker.location, seed_of(id));
    answer.manifest = manifest;
    query.song_id = id;
    const auto done = [&](std::string_view peers) {
        send_json(reply, swarm::print_song_answer(answer, peers));
    };
    if (query.want == 0) return done("[]");
    parts_.peers.list(query, asker, parts_.loop.now_ms(), done);
}

void Site::edges(const Asked& asked) {
    const auto place = location(asked.target);
    if (!place) return send_error(asked.reply, 400, place.error().why);
    const auto network = swarm::network_of(asked.ip);
    send_json(asked.reply,
              swarm::print_edges_answer(parts_.edges.nearest(locate(*place, asked.ip), network)));
}

/// 307 to the same path on the nearest healthy edge, for clients that know no tracker.
void Site::nearest(const Asked& asked) {
    const auto place = location(asked.target);
    if (!place) return send_error(asked.reply, 400, place.error().why);
    // as it was sent: it is for the edge to read
    const std::string_view target = asked.incoming.request.target;
    const auto question = std::min(target.find('?'), target.size());
    const auto path = target.substr(std::string_view{"/nearest"}.size(),
                                    question - std::string_view{"/nearest"}.size());
    if (!target.starts_with("/nearest/")) return send_error(asked.reply, 404, "not found");
    const auto edges = parts_.edges.nearest(locate(*place, asked.ip), seed_of(song_of(path)));
    if (edges.empty()) return send_error(asked.reply, 503, "no edge is well", "Retry-After: 1\r\n");
    http::Outgoing out;
    out.status = 307;
    out.fields = "Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\n";
    std::string url = edges.front().url;
    while (url.ends_with('/')) url.pop_back();
    http::append_field(out.fields, "Location",
                       url + std::string{path} + without_place(target.substr(question)));
    asked.reply.send(std::move(out));
}

// Peers

/// Not all at once: between three and five quarters of the interval.
swarm::AnnounceAnswer Site::when(bool listed) {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    const double jitter = 0.75 + 0.5 * static_cast<double>(random_ >> 11) * 0x1p-53;
    const int interval = std::max(1, static_cast<int>(options_.interval_s * jitter + 0.5));
    return {interval, options_.ttl_s, listed};
}

std::string Site::retry_later() const { return text("Retry-After: ", options_.interval_s, "\r\n"); }

void Site::announce(const Asked& asked) {
    auto said = swarm::parse_announce(as_text(asked.incoming.body));
    if (!said) return send_error(asked.reply, 400, said.error().why);
    const swarm::Endpoint peer{asked.ip, static_cast<std::uint16_t>(said->port)};
    if (!said->leaving()) {
        if (peer.port < least_port) return send_error(asked.reply, 400, "'port' is below 1024");
        std::erase_if(said->songs, [&](const auto& song) { return !allowed(song.first); });
        if (said->songs.empty()) return send_error(asked.reply, 403, "none of the songs is ours");
        said->location = locate(said->location, asked.ip);
    }
    const auto now = parts_.loop.now_ms();
    const auto result = parts_.peers.announce(peer, *said, now);
    if (result.what == swarm::Peers::Announced::full)
        return send_error(asked.reply, 503, "the tracker is full", retry_later());
    if (result.what == swarm::Peers::Announced::crowded)
        return send_error(asked.reply, 429, "too many peers of this network", retry_later());
    send_json(asked.reply, swarm::print_announce_answer(when(result.listed)));
    if (result.unproven)
        parts_.prober.connect(peer, [this, peer](bool reached) {
            ++(reached ? reached_ : not_reached_);
            parts_.peers.proved(peer, reached, parts_.loop.now_ms());
        });
    if (!result.unknown.empty()) look_up(peer, *said, result);
}

/// The songs that nobody has announced yet: counted when the origin has said how they are cut.
void Site::look_up(const swarm::Endpoint& peer, const swarm::Announce& said,
                   const swarm::Peers::Announced& result) {
    const auto network = swarm::network_of(peer.ip);
    for (const auto& id : result.unknown) {
        auto& of_network = looking_up_of_[network];
        if (looking_up_ >= most_look_ups || of_network >= most_look_ups_of_network) {
            ++look_ups_dropped_;
            if (of_network == 0) looking_up_of_.erase(network);
            continue;
        }
        ++looking_up_, ++of_network;
        parts_.manifests.get(id, [this, peer, network, id, stamp = result.stamp,
                                  have = said.songs.at(id)](const Found& found) {
            --looking_up_;
            if (--looking_up_of_.at(network) == 0) looking_up_of_.erase(network);
            if (found.song) parts_.peers.has(peer, stamp, id, found.song->layout, have);
        });
    }
}

void Site::peers(const Asked& asked) {
    const auto query = swarm::parse_peers_query(as_text(asked.incoming.body));
    if (!query) return send_error(asked.reply, 400, query.error().why);
    if (!allowed(query->song_id)) return send_error(asked.reply, 403, "not a song of ours");
    const swarm::Asker asker{asked.ip, locate(query->location, asked.ip)};
    parts_.peers.list(*query, asker, parts_.loop.now_ms(), [&](std::string_view peers) {
        send_json(asked.reply, swarm::wrap_peers_list(peers));
    });
}

void Site::report(const Asked& asked) {
    const auto report = swarm::parse_report(as_text(asked.incoming.body));
    if (!report) return send_error(asked.reply, 400, report.error().why);
    // whether it counted is nobody's business
    parts_.peers.report(*report, asked.ip, parts_.loop.now_ms());
    send_nothing(asked.reply, "Cache-Control: no-store\r\n");
}

// What the tracker tells of itself

void Site::add_metrics(std::vector<http::Metric>& metrics) const {
    const auto stats = parts_.peers.stats();
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
    add("peer_probes_total", "Connections to peers.", reached_, "result=\"reached\"");
    add("peer_probes_total", "", not_reached_, "result=\"failed\"");
    add("peer_probes_waiting", "Connections to peers to be made.", parts_.prober.waiting());
    add("peer_lists_total", "Lists of peers given out.", stats.lists);
    add("peers_named_total", "Peers in these lists.", stats.named);
    add("reports_total", "Reports on peers that counted.", stats.reports);
    add("reports_refused_total", "Reports that did not.", stats.reports_refused);
    add("origin_requests_total", "Requests for manifests and names.", parts_.manifests.asked());
    add("origin_failures_total", "Of these, without a song.", parts_.manifests.failed());
    add("manifests", "Manifests kept.", parts_.manifests.kept());
    add("announced_songs_dropped_total", "Songs of announces that could not be looked up in time.",
        look_ups_dropped_);
    bool first = true;
    for (const auto& edge : parts_.edges.all()) {
        add("edge_healthy", first ? "Whether an edge answers." : "", edge.healthy,
            "edge=\"" + edge.info.name + "\"");
        first = false;
    }
}

std::string Site::edges_json() const {
    auto list = nlohmann::ordered_json::array();
    for (const auto& edge : parts_.edges.all())
        list.push_back({{"name", edge.info.name},
                        {"url", edge.info.url},
                        {"location", edge.info.location ? swarm::print_location(*edge.info.location)
                                                        : std::string{}},
                        {"healthy", edge.healthy}});
    return list.dump();
}

/// Looking through all songs takes a millisecond for each few thousand: once a second is enough.
std::string Site::swarms_json() {
    const auto now = parts_.loop.now_ms();
    if (!swarms_.empty() && now - swarms_ms_ < swarms_fresh_ms) return swarms_;
    auto list = nlohmann::ordered_json::array();
    for (const auto& swarm : parts_.peers.biggest(shown_swarms))
        list.push_back(
            {{"song_id", swarm.song_id}, {"peers", swarm.peers}, {"complete", swarm.complete}});
    swarms_ms_ = now;
    return swarms_ = list.dump();
}

}  // namespace stretto::track
