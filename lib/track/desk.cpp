#include "track/desk.hpp"

#include <algorithm>
#include <charconv>

#include "http/parser.hpp"
#include "http/server.hpp"
#include "song/id.hpp"

namespace stretto::track {
namespace {

using swarm::PeersQuery;

constexpr std::size_t most_look_ups = 65536, most_look_ups_of_network = 2048;
constexpr std::size_t look_ups_at_a_time = 16;  // lookups per network in progress
constexpr std::size_t most_rations = 65536, most_missing = 16384;
constexpr std::uint64_t most_unknown = 32,
                        unknown_ms = 10'000;  // such lookups; one more every 10 s
constexpr std::uint64_t missing_ms = 600'000;
constexpr std::size_t most_of_pages = 65536;
constexpr int most_wait_s = 25;  // proxies end requests after 30 s or 60 s
constexpr std::string_view songs_path = "/songs/";

constexpr const char* not_admitted = "not for this song";

void json(const Desk::Done& done, std::string body, std::string fields = {}) {
    done({200, std::move(body), std::move(fields)});
}
void refuse(const Desk::Done& done, int status, std::string why, std::string fields = {}) {
    done({status, std::move(why), std::move(fields)});
}

/// A parameter of the query as a number from `least` to `most`; nullopt if it is absent, Malformed
/// if it is not a number.
Result<std::optional<int>> number(std::string_view query, std::string_view name, int least,
                                  int most) {
    const auto value = http::query_value(query, name);
    if (!value) return std::optional<int>{};
    int n = 0;
    const char* last = value->data() + value->size();
    const auto [end, code] = std::from_chars(value->data(), last, n);
    if (code != std::errc{} || end != last || n < least || n > most)
        return Malformed{text("'", name, "' is not a number from ", least, " to ", most)};
    return std::optional{n};
}

Result<std::optional<swarm::Location>> location(std::string_view query) {
    auto value = http::query_value(query, "location");
    if (!value) value = http::query_value(query, "my_location");
    if (!value || value->empty()) return std::optional<swarm::Location>{};
    const auto place = swarm::parse_location(*value);
    if (!place) return Malformed{place.error().why};
    return std::optional{swarm::rounded(*place)};
}

/// The query of GET /songs/...; all parameters are optional.
Result<PeersQuery> song_query(std::string_view text) {
    PeersQuery query;
    const auto place = location(text);
    const auto want = number(text, "want", 0, 1 << 20), port = number(text, "port", 0, 65535),
               kbps = number(text, "kbps", 1, 65535);
    if (!place) return place.error();
    for (const auto* one : {&want, &port, &kbps})
        if (!*one) return one->error();
    query.location = *place;
    query.want = std::clamp((*want).value_or(query.want), 0, static_cast<int>(swarm::most_peers));
    query.port = (*port).value_or(0);
    query.kbps = *kbps;
    query.rtc = http::query_value(text, "rtc").value_or("0") == "1";
    query.peer_id = http::query_value(text, "peer_id").value_or("");
    if (!query.peer_id.empty() && !swarm::is_peer_id(query.peer_id))
        return Malformed{"'peer_id' is invalid"};
    query.rtc_id = http::query_value(text, "rtc_id").value_or("");
    if (!query.rtc_id.empty() && !swarm::is_rtc_id(query.rtc_id))
        return Malformed{"'rtc_id' is invalid"};
    return query;
}

/// A query, including "?", without our parameters.
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

/// The second segment of "/songs/ID/..." and "/stream/ID", so that one edge gets all of a song.
std::string_view song_of(std::string_view path) {
    path.remove_prefix(std::min(path.find('/', 1), path.size()));
    if (!path.empty()) path.remove_prefix(1);
    return path.substr(0, path.find('/'));
}

/// Of these songs, those whose id is so.
template <class Is>
void drop(swarm::Songs& songs, Is is) {
    auto all = songs.extract_sequence();
    const auto gone = [&](const auto& song) { return is(song.first); };
    all.erase(std::remove_if(all.begin(), all.end(), gone), all.end());
    songs.adopt_sequence(boost::container::ordered_unique_range, std::move(all));
}

std::uint64_t seed_of(std::string_view id) { return std::hash<std::string_view>{}(id); }

}  // namespace

Desk::Desk(Around around, DeskOptions options, std::uint64_t seed,
           std::unique_ptr<swarm::Seal> seal)
    : around_(std::move(around)),
      options_(std::move(options)),
      random_(seed),
      mailboxes_({.of_prefix = options_.network_peers,
                  .ttl_ms = static_cast<std::uint64_t>(options_.ttl_s) * 1000},
                 std::move(seal), [this](const swarm::Endpoint& peer, bool waits) {
                     ++(waits ? counters_.reached : counters_.not_reached);
                     around_.peers.proved(peer, waits, around_.now_ms());
                 }) {}

void Desk::answer(const Asked& asked, const Done& done) {
    const auto path = asked.path;
    const bool read = path == "/edges" || path == "/signals" || path.starts_with(songs_path) ||
                      path.starts_with("/nearest/");
    const bool written =
        path == "/announce" || path == "/peers" || path == "/report" || path == "/signal";
    if (!read && !written) return refuse(done, 404, "not found");
    if (read == asked.post)
        return refuse(done, 405, "method not allowed",
                      read ? "Allow: GET, HEAD, OPTIONS\r\n" : "Allow: POST, OPTIONS\r\n");
    if (path == "/edges") return edges(asked, done);
    if (path == "/announce") return announce(asked, done);
    if (path == "/peers") return peers(asked, done);
    if (path == "/report") return report(asked, done);
    if (path == "/signals") return signals(asked, done);
    if (path == "/signal") return signal(asked, done);
    song(asked, std::string{path.substr(songs_path.size())}, done);
}

std::optional<swarm::Location> Desk::locate(const std::optional<swarm::Location>& said,
                                            const swarm::Ip& ip) const {
    return said || !around_.place ? said : around_.place(ip);
}

// Songs

void Desk::song(const Asked& asked, const std::string& song, const Done& done) {
    if (!song::is_id(song) && !song::is_name(song))
        return refuse(done, 404, "neither a song's id nor a name");
    auto query = song_query(asked.query);
    if (!query) return refuse(done, 400, query.error().why);
    if (removed_.contains(song)) return refuse(done, 404, "the song was removed");
    if (song::is_id(song) && !allowed(song)) return refuse(done, 403, "not a song of ours");
    const bool with_manifest = http::query_value(asked.query, "manifest").value_or("1") != "0";
    const swarm::Asker asker{asked.ip, locate(query->location, asked.ip)};
    const auto& admit = asked.admit;
    const auto from_origin = [=, this, query = *query] {
        around_.find(song, [=, this](const Found& found) {
            song_of_origin({song, query, asker, with_manifest, admit}, found, done);
        });
    };
    if (with_manifest || !song::is_id(song)) return from_origin();
    around_.peers.layout(song,
                         [=, this, query = *query](const std::optional<swarm::Layout>& layout) {
                             if (!layout) return from_origin();
                             send_song(done, {song, query, asker, false, admit}, song, *layout, "");
                         });
}

void Desk::song_of_origin(const SongAsked& asked, const Found& found, const Done& done) {
    if (found.song) {
        if (removed_.contains(found.song->id)) return refuse(done, 404, "the song was removed");
        if (!allowed(found.song->id)) return refuse(done, 403, "not a song of ours");
        return send_song(done, asked, found.song->id, found.song->layout,
                         asked.with_manifest ? found.song->manifest : "");
    }
    // while the origin is unreachable, a client with an id can get the manifest from any edge
    if (!song::is_id(asked.song) || found.status == 404)
        return refuse(done, found.status, found.why);
    around_.peers.layout(asked.song, [=, this](const std::optional<swarm::Layout>& layout) {
        send_song(done, asked, asked.song, layout.value_or(swarm::Layout{}), "");
    });
}

void Desk::send_song(const Done& done, const SongAsked& asked, const std::string& id,
                     const swarm::Layout& layout, const std::string& manifest) {
    const auto fields = asked.admit ? asked.admit(asked.song, id, asked.query.rtc_id)
                                    : std::optional{std::string{}};
    if (!fields) return refuse(done, 403, not_admitted);
    auto query = asked.query;
    const auto& asker = asked.asker;
    swarm::SongAnswer answer;
    answer.song_id = id;
    answer.bitrates.assign(layout.kbps.begin(), layout.kbps.end());
    answer.edges = around_.edges.nearest(asker.location, seed_of(id));
    answer.manifest = manifest;
    answer.peers_first = options_.peers_first;
    query.song_id = id;
    if (query.want == 0) return json(done, swarm::print_song_answer(answer, "[]"), *fields);
    around_.peers.list(
        query, asker, around_.now_ms(),
        [done, fields = *fields, answer = std::move(answer)](std::string_view peers) {
            json(done, swarm::print_song_answer(answer, peers), fields);
        });
}

void Desk::edges(const Asked& asked, const Done& done) {
    const auto place = location(asked.query);
    if (!place) return refuse(done, 400, place.error().why);
    const auto network = swarm::network_of(asked.ip);
    json(done, swarm::print_edges_answer(around_.edges.nearest(locate(*place, asked.ip), network)));
}

Desk::Answer Desk::nearest(std::string_view target, const swarm::Ip& ip) const {
    constexpr std::string_view prefix = "/nearest";
    const auto question = std::min(target.find('?'), target.size());
    const auto query = target.substr(question);
    const auto place = location(query.substr(std::min<std::size_t>(1, query.size())));
    if (!place) return {400, place.error().why, {}};
    const auto path = target.substr(prefix.size(), question - prefix.size());
    const auto edges = around_.edges.nearest(locate(*place, ip), seed_of(song_of(path)));
    if (edges.empty()) return {503, "no edge is well", "Retry-After: 1\r\n"};
    std::string url = edges.front().url;
    while (url.ends_with('/')) url.pop_back();
    std::string fields;
    http::append_field(fields, "Location", url + std::string{path} + without_place(query));
    return {307, {}, std::move(fields)};
}

// Peers

/// A random interval, 0.75 to 1.25 times the configured one, to spread the announces.
void Desk::set_times(swarm::AnnounceAnswer& answer) {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    const double jitter = 0.75 + 0.5 * static_cast<double>(random_ >> 11) * 0x1p-53;
    answer.interval_s = std::max(1, static_cast<int>(options_.interval_s * jitter + 0.5));
    answer.ttl_s = options_.ttl_s;
}

std::string Desk::retry_later() const { return text("Retry-After: ", options_.interval_s, "\r\n"); }

void Desk::announce(const Asked& asked, const Done& done) {
    auto said = swarm::parse_announce(as_text(asked.body));
    if (!said) return refuse(done, 400, said.error().why);
    swarm::AnnounceAnswer answer;
    if (!said->leaving()) {
        if (!said->rtc && said->port < swarm::least_peer_port)
            return refuse(done, 400, "'port' is below 1024");
        if (!removed_.empty())
            drop(said->songs, [&](const swarm::SongId& song) {
                const auto id = song.str();
                if (removed_.contains(id)) answer.removed.push_back(id);
                return removed_.contains(id);
            });
    }
    if (!said->leaving()) {
        if (options_.only_allowed)
            drop(said->songs, [&](const swarm::SongId& id) { return !allowed(id.str()); });
        if (said->songs.empty()) return refuse(done, 403, "none of the songs is allowed here");
        said->location = locate(said->location, asked.ip);
    }
    swarm::Endpoint peer{asked.ip, static_cast<std::uint16_t>(said->port)};
    if (said->rtc) {
        peer = mailboxes_.enter(said->peer_id, asked.ip, around_.now_ms());
        if (peer.port == 0)
            return refuse(done, 429, "too many peers of this network", retry_later());
        answer.token = mailboxes_.token(said->peer_id, asked.ip, around_.now_ms());
        answer.stun = stun_for(asked.host);
    }
    const auto announced = std::make_shared<const swarm::Announce>(std::move(*said));
    around_.peers.announce(
        peer, *announced, around_.now_ms(),
        [this, peer, announced, answer = std::move(answer), done](const Announced& result) {
            answer_announce(peer, *announced, result, answer, done);
        });
}

void Desk::answer_announce(const swarm::Endpoint& peer, const swarm::Announce& said,
                           const Announced& result, swarm::AnnounceAnswer answer,
                           const Done& done) {
    switch (result.what) {
        case Announced::full:
            return refuse(done, 503, "the tracker is full", retry_later());
        case Announced::away:
            return refuse(done, 503, "the tracker cannot look up its peers", retry_later());
        case Announced::crowded:
            return refuse(done, 429, "too many peers of this network", retry_later());
        case Announced::taken:
        case Announced::left:
            break;
    }
    set_times(answer);
    answer.listed = result.listed;
    answer.pass_key = pass_key_;
    // who waits for signals has said all there
    if (!said.rtc) answer.pages = wanted_by_pages(said.songs);
    json(done, swarm::print_announce_answer(answer));
    if (result.unproven && said.rtc)
        mailboxes_.prove(said.peer_id, peer.ip, around_.now_ms());
    else if (result.unproven)
        around_.connect(peer, [this, peer](bool reached) {
            ++(reached ? counters_.reached : counters_.not_reached);
            around_.peers.proved(peer, reached, around_.now_ms());
        });
    if (!result.unknown.empty()) look_up(peer, said, result);
}

/// "stun:HOST:PORT", with the host in the client's request unless another server is set.
std::string Desk::stun_for(std::string_view host) const {
    if (options_.stun.empty()) return {};
    if (!options_.stun.starts_with(':')) return "stun:" + options_.stun;
    const auto port = host.rfind(':');
    if (port != host.npos && host.find(']', port) == host.npos &&
        (host.find(':') == port || host[port - 1] == ']'))
        host = host.substr(0, port);
    if (host.empty()) return {};
    return text("stun:", host, options_.stun);
}

void Desk::signals(const Asked& asked, const Done& done) {
    const auto id = std::string{http::query_value(asked.query, "peer").value_or("")};
    const auto token = std::string{http::query_value(asked.query, "token").value_or("")};
    const auto wait_s = number(asked.query, "wait", 0, most_wait_s);
    if (!wait_s) return refuse(done, 400, wait_s.error().why);
    if (!swarm::is_rtc_id(id)) return refuse(done, 400, "'peer' is not the id of an RTC peer");
    const auto now = around_.now_ms();
    if (!mailboxes_.is_valid(token, id, asked.ip, now))
        return refuse(done, 403, "'token' is not of an announce from this network");
    if (asked.when_gone)
        asked.when_gone([this, id, ip = asked.ip] { mailboxes_.gone(id, ip, around_.now_ms()); });
    const auto wait_ms = static_cast<std::uint64_t>(wait_s->value_or(most_wait_s)) * 1000;
    const bool known =
        mailboxes_.wait(id, asked.ip, now, wait_ms, [done](const std::string& signals) {
            if (signals.empty()) return done({204, {}, "Cache-Control: no-store\r\n"});
            json(done, signals);
        });
    if (!known) refuse(done, 404, "announce yourself first");
}

void Desk::signal(const Asked& asked, const Done& done) {
    auto signal = swarm::parse_signal(as_text(asked.body));
    if (!signal) return refuse(done, 400, signal.error().why);
    if (signal->to.empty()) return refuse(done, 400, "no 'to'");
    if (!mailboxes_.is_valid(signal->token, signal->from, asked.ip, around_.now_ms()))
        return refuse(done, 403, "'token' is not of an announce from this network");
    using Posted = swarm::Mailboxes::Posted;
    const auto posted = mailboxes_.post(std::move(*signal), asked.ip, around_.now_ms());
    ++(posted == Posted::taken ? counters_.signals : counters_.signals_refused);
    switch (posted) {
        case Posted::taken:
            return done({202, {}, "Cache-Control: no-store\r\n"});
        case Posted::nobody_waits:
            return refuse(done, 404, "the peer does not wait for signals");
        case Posted::mailbox_full:
            return refuse(done, 429, "too many signals wait for the peer", "Retry-After: 5\r\n");
        case Posted::too_many_offers:
            return refuse(done, 429, "too many offers from this network", "Retry-After: 60\r\n");
    }
}

bool Desk::known_missing(const std::string& id) {
    const auto found = missing_.find(id);
    if (found == missing_.end()) return false;
    if (found->second > around_.now_ms()) return true;
    missing_.erase(found);
    return false;
}

/// Forget networks without lookups in progress that have their full allowance again.
void Desk::forget_rations() {
    const auto now = around_.now_ms();
    std::erase_if(rations_, [&](const auto& entry) {
        const auto& [network, ration] = entry;
        return ration.under_way == 0 && ration.waiting.empty() && !ration.pumping &&
               now - ration.at_ms >= most_unknown * unknown_ms;
    });
}

/// Look up songs that no peer has announced before, because their layout comes from the origin. An
/// announce may contain hundreds of songs that do not exist. Each is looked up once in ten minutes,
/// and the number of such lookups per network is limited.
void Desk::look_up(const swarm::Endpoint& peer, const swarm::Announce& said,
                   const Announced& result) {
    const auto network = swarm::network_of(peer.ip);
    if (!rations_.contains(network) && rations_.size() >= most_rations) forget_rations();
    if (!rations_.contains(network) && rations_.size() >= most_rations) {
        counters_.look_ups_dropped += result.unknown.size();
        return;
    }
    const auto [entry, fresh] = rations_.try_emplace(network);
    auto& ration = entry->second;
    if (fresh) ration.left = most_unknown, ration.at_ms = around_.now_ms();
    for (const auto& id : result.unknown) {
        if (looking_up_ >= most_look_ups || ration.waiting.size() >= most_look_ups_of_network ||
            known_missing(id)) {
            ++counters_.look_ups_dropped;
            continue;
        }
        ++looking_up_;
        ration.waiting.push_back({peer, result.stamp, id, said.songs.at(id)});
    }
    pump(network);
}

void Desk::pump(swarm::Network network) {
    auto& ration = rations_.at(network);
    if (std::exchange(ration.pumping, true)) return;  // by the one that runs
    while (!ration.waiting.empty() && ration.under_way < look_ups_at_a_time) {
        const auto now = around_.now_ms();
        const auto passed = static_cast<double>(now - ration.at_ms);
        ration.left = std::min<double>(most_unknown, ration.left + passed / unknown_ms);
        ration.at_ms = now;
        if (ration.left < 1) {
            if (ration.under_way > 0) break;  // which may find the song
            counters_.look_ups_dropped += ration.waiting.size();
            looking_up_ -= ration.waiting.size();
            ration.waiting.clear();
            break;
        }
        LookUp one = std::move(ration.waiting.front());
        ration.waiting.pop_front();
        if (known_missing(one.id)) {
            ++counters_.look_ups_dropped;
            --looking_up_;
            continue;
        }
        --ration.left;
        ++ration.under_way;
        const auto id = one.id;
        around_.find(id, [this, network, one = std::move(one)](const Found& found) {
            looked_up(network, one, found);
        });
    }
    ration.pumping = false;
}

void Desk::looked_up(swarm::Network network, const LookUp& one, const Found& found) {
    auto& ration = rations_.at(network);
    --looking_up_;
    --ration.under_way;
    if (found.song) {
        ++ration.left;
        around_.peers.has(one.peer, one.stamp, one.id, found.song->layout, one.have);
    } else if (found.status == 404) {
        if (missing_.size() >= most_missing) missing_.clear();
        missing_[one.id] = around_.now_ms() + missing_ms;
    }
    pump(network);
}

/// A page reaches WebRTC peers alone. The listeners that the tracker names by their port hear of it
/// with their next announce. Only songs that somebody has are noted: strangers can invent others.
void Desk::asked_by_page(const std::string& id) {
    around_.peers.layout(id, [this, id](const std::optional<swarm::Layout>& layout) {
        if (!layout) return;
        const auto now = around_.now_ms();
        // all are looked at, so not for each request of a stranger
        if (of_pages_.size() >= most_of_pages && now >= pages_cleared_ms_ + 1000) {
            pages_cleared_ms_ = now;
            std::erase_if(of_pages_, [&](const auto& one) { return one.second <= now; });
        }
        if (of_pages_.size() >= most_of_pages && !of_pages_.contains(id)) return;
        of_pages_[id] = now + static_cast<std::uint64_t>(options_.ttl_s) * 1000;
    });
}

std::vector<std::string> Desk::wanted_by_pages(const swarm::Songs& songs) const {
    std::vector<std::string> wanted;
    if (of_pages_.empty()) return wanted;
    for (const auto& [id, have] : songs)
        if (const auto found = of_pages_.find(id);
            found != of_pages_.end() && found->second > around_.now_ms())
            wanted.push_back(id.str());
    return wanted;
}

void Desk::peers(const Asked& asked, const Done& done) {
    const auto query = swarm::parse_peers_query(as_text(asked.body));
    if (!query) return refuse(done, 400, query.error().why);
    if (removed_.contains(query->song_id)) return json(done, swarm::wrap_peers_list("[]"));
    if (!allowed(query->song_id)) return refuse(done, 403, "not a song of ours");
    auto fields = asked.admit ? asked.admit(query->song_id, query->song_id, query->rtc_id)
                              : std::optional{std::string{}};
    if (!fields) return refuse(done, 403, not_admitted);
    if (query->rtc && !query->http) asked_by_page(query->song_id);
    const swarm::Asker asker{asked.ip, locate(query->location, asked.ip)};
    around_.peers.list(*query, asker, around_.now_ms(),
                       [done, fields = std::move(*fields)](std::string_view peers) {
                           json(done, swarm::wrap_peers_list(peers), fields);
                       });
}

void Desk::report(const Asked& asked, const Done& done) {
    const auto report = swarm::parse_report(as_text(asked.body));
    if (!report) return refuse(done, 400, report.error().why);
    // the client does not learn whether the report counts
    around_.peers.report(*report, asked.ip, around_.now_ms(), [](bool) {});
    done({204, {}, "Cache-Control: no-store\r\n"});
}

}  // namespace stretto::track
