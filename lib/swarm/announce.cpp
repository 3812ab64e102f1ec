#include "swarm/announce.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/byte_set.hpp"

namespace stretto::swarm {
namespace {

using Json =
    nlohmann::json;  // a map: looking up a key in an ordered_json takes time for each other key
using Printed = nlohmann::ordered_json;

constexpr ByteSet token_bytes{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"};
constexpr ByteSet id_bytes{"0123456789abcdefghjkmnpqrstvwxyz"};
constexpr int most_ranges = 256;  // of a rendition
constexpr std::size_t most_renditions = 16, most_url_bytes = 512, most_why_bytes = 64;

/// Thrown and caught in this file, so that reading a member is one line.
struct Wrong {
    std::string why;
};

bool is_token(std::string_view text, std::size_t most) noexcept {
    return !text.empty() && text.size() <= most && token_bytes.has_all_of(text);
}
bool is_song_id(std::string_view text) noexcept {
    return text.size() == 32 && id_bytes.has_all_of(text);
}

/// nullptr when it is absent or null.
const Json* find(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// nullptr when it is absent.
const std::string* find_string(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (!value) return nullptr;
    if (!value->is_string()) throw Wrong{text("'", key, "' is no string")};
    return &value->get_ref<const std::string&>();
}

const std::string& string(const Json& object, const char* key) {
    const auto* value = find_string(object, key);
    if (!value) throw Wrong{text("no '", key, "'")};
    return *value;
}

/// Any number, brought into the range: to somebody who says 1e300 or -5 it means "very much" or
/// "nothing".
double clamped(const Json& object, const char* key, double least, double most, double otherwise) {
    const Json* value = find(object, key);
    if (!value) return otherwise;
    if (!value->is_number()) throw Wrong{text("'", key, "' is no number")};
    return std::clamp(value->get<double>(), least, most);
}

std::int64_t clamped_integer(const Json& object, const char* key, std::int64_t most,
                             std::int64_t otherwise = 0) {
    return static_cast<std::int64_t>(
        clamped(object, key, 0, static_cast<double>(most), static_cast<double>(otherwise)));
}

/// An integer that names something, and so is right or wrong.
int exact(const Json& value, const char* what, int least, int most) {
    if (!value.is_number_integer() ||
        !(value.get<double>() >= least && value.get<double>() <= most))
        throw Wrong{text("'", what, "' is no integer from ", least, " to ", most)};
    return value.get<int>();
}
std::optional<int> find_exact(const Json& object, const char* key, int least, int most) {
    const Json* value = find(object, key);
    return value ? std::optional{exact(*value, key, least, most)} : std::nullopt;
}

std::optional<Location> location(const Json& object) {
    const auto* place = find_string(object, "location");
    if (!place) place = find_string(object, "my_location");
    if (!place || place->empty()) return {};
    const auto parsed = parse_location(*place);
    if (!parsed) throw Wrong{parsed.error().why};
    return rounded(*parsed);
}

std::string song_id(const Json& object) {
    const auto& id = string(object, "song_id");
    if (!is_song_id(id)) throw Wrong{"'song_id' is no song's id"};
    return id;
}

std::string peer_id(const Json& object) {
    const auto& id = string(object, "peer_id");
    if (!is_peer_id(id)) throw Wrong{"'peer_id' is not 1 to 64 of A-Z a-z 0-9 _ -"};
    return id;
}

int kbps_of(const std::string& key) {
    int kbps = 0;
    const char* last = key.data() + key.size();
    const auto [end, code] = std::from_chars(key.data(), last, kbps);
    if (code != std::errc{} || end != last || kbps < 1 || kbps > 65535)
        throw Wrong{"a rendition is no bitrate"};
    return kbps;
}

std::vector<ChunkRange> ranges_of(const Json& list) {
    if (!list.is_array() || list.size() > most_ranges) throw Wrong{"chunks are no list of ranges"};
    std::vector<ChunkRange> ranges;
    ranges.reserve(list.size());
    for (const auto& pair : list) {
        if (!pair.is_array() || pair.size() != 2) throw Wrong{"a range is no [first, last]"};
        const ChunkRange range{exact(pair[0], "first", 0, most_chunk),
                               exact(pair[1], "last", 0, most_chunk)};
        if (range.last < range.first) throw Wrong{"a range ends before it begins"};
        ranges.push_back(range);
    }
    return ranges;
}

Have have_of(const Json& json) {
    if (!json.is_object() || json.size() > most_renditions)
        throw Wrong{"a song's chunks are no object of renditions"};
    Have have;
    for (const auto& [kbps, list] : json.items()) have[kbps_of(kbps)] = ranges_of(list);
    return have;
}

Announce announce_of(const Json& json) {
    Announce a;
    a.peer_id = peer_id(json);
    a.port = find_exact(json, "port", 0, 65535).value_or(0);
    a.location = location(json);
    a.upload_kbps = clamped_integer(json, "upload_kbps", most_kbps);
    const Json* left = find(json, "left");
    if (left && !left->is_boolean()) throw Wrong{"'left' is neither true nor false"};
    const Json* songs = find(json, "songs");
    if (songs && !songs->is_object()) throw Wrong{"'songs' is no object"};
    if (songs && songs->size() > most_songs) throw Wrong{text("more than ", most_songs, " songs")};
    if (!songs || (left && left->get<bool>())) return a;
    for (const auto& [id, chunks] : songs->items()) {
        if (!is_song_id(id)) throw Wrong{"a song is no id"};
        a.songs[id] = have_of(chunks);
    }
    return a;
}

PeersQuery query_of(const Json& json) {
    PeersQuery q;
    q.song_id = song_id(json);
    q.kbps = find_exact(json, "kbps", 1, 65535);
    q.chunk = find_exact(json, "chunk_index", 0, most_chunk);
    q.location = location(json);
    q.want = static_cast<int>(std::max<std::int64_t>(
        1, clamped_integer(json, "want", static_cast<std::int64_t>(most_peers), q.want)));
    if (find(json, "peer_id")) q.peer_id = peer_id(json);
    q.port = find_exact(json, "port", 0, 65535).value_or(0);
    return q;
}

Report report_of(const Json& json) {
    Report r;
    r.ticket = string(json, "ticket");
    if (!is_token(r.ticket, 128)) throw Wrong{"'ticket' is none"};
    const Json* ok = find(json, "ok");
    if (ok && !ok->is_boolean()) throw Wrong{"'ok' is neither true nor false"};
    r.ok = ok && ok->get<bool>();
    if (const auto* why = find_string(json, "why")) {
        if (why->size() > most_why_bytes ||
            std::ranges::any_of(*why, [](char c) { return c < 0x20 || c > 0x7e; }))
            throw Wrong{"'why' is no short text"};
        r.why = *why;
    }
    r.ms = clamped_integer(json, "ms", 86'400'000);
    r.bytes = clamped_integer(json, "bytes", std::int64_t{1} << 40);
    return r;
}

/// Of an http server; whether its address may be used is for the caller to say.
std::string url(const Json& object) {
    const auto& value = string(object, "url");
    const bool http = value.starts_with("http://") || value.starts_with("https://");
    if (!http || value.size() > most_url_bytes ||
        std::ranges::any_of(value, [](char c) { return c <= 0x20 || c > 0x7e; }))
        throw Wrong{"'url' is no http URL"};
    return value;
}

std::optional<double> km(const Json& object) {
    if (!find(object, "km")) return {};
    return clamped(object, "km", 0, 20100, 0);
}

PeerInfo peer_of(const Json& json) {
    if (!json.is_object()) throw Wrong{"a peer is no object"};
    PeerInfo p;
    p.peer_id = peer_id(json);
    p.url = url(json);
    p.km = km(json);
    p.health = clamped(json, "health", 0, 1, 0.5);
    p.upload_kbps = clamped_integer(json, "upload_kbps", most_kbps);
    if (const Json* have = find(json, "have")) p.have = have_of(*have);
    if (const auto* ticket = find_string(json, "ticket")) {
        if (!is_token(*ticket, 128)) throw Wrong{"'ticket' is none"};
        p.ticket = *ticket;
    }
    return p;
}

EdgeInfo edge_of(const Json& json) {
    if (!json.is_object()) throw Wrong{"an edge is no object"};
    EdgeInfo e;
    e.name = string(json, "name");
    if (!is_token(e.name, 64)) throw Wrong{"an edge's 'name' is not 1 to 64 of A-Z a-z 0-9 _ -"};
    e.url = url(json);
    e.location = location(json);
    e.km = km(json);
    return e;
}

template <class T>
std::vector<T> list_of(const Json& list, const char* what, std::size_t most,
                       T (*one)(const Json&)) {
    if (!list.is_array() || list.size() > most) throw Wrong{text(what, " are no list")};
    std::vector<T> all;
    all.reserve(list.size());
    for (const auto& item : list) all.push_back(one(item));
    return all;
}
const Json& member(const Json& json, const char* key) {
    const Json* value = find(json, key);
    if (!value) throw Wrong{text("no '", key, "'")};
    return *value;
}

std::vector<PeerInfo> peers_of(const Json& json) {
    return list_of(member(json, "peers"), "peers", most_peers, peer_of);
}
std::vector<EdgeInfo> edges_of(const Json& json) {
    return list_of(member(json, "edges"), "edges", most_edges, edge_of);
}

AnnounceAnswer announce_answer_of(const Json& json) {
    AnnounceAnswer a;
    a.interval_s = static_cast<int>(clamped(json, "interval", 1, 86400, a.interval_s));
    a.ttl_s = static_cast<int>(clamped(json, "ttl", 1, 7 * 86400, a.ttl_s));
    const Json* listed = find(json, "listed");
    a.listed = listed && listed->is_boolean() && listed->get<bool>();
    return a;
}

SongAnswer song_of(const Json& json) {
    SongAnswer a;
    a.song_id = song_id(json);
    const Json& bitrates = member(json, "available_bitrates");
    if (!bitrates.is_array() || bitrates.size() > most_renditions)
        throw Wrong{"'available_bitrates' is no list"};
    for (const auto& kbps : bitrates)
        a.bitrates.push_back(exact(kbps, "available_bitrates", 1, 65535));
    a.peers = peers_of(json);
    a.edges = edges_of(json);
    if (const Json* manifest = find(json, "manifest")) a.manifest = manifest->dump();
    return a;
}

template <class T>
Result<T> parse(std::string_view text_of, std::size_t most_bytes, T (*reader)(const Json&)) {
    if (text_of.size() > most_bytes) return Malformed{"too long"};
    const Json json = Json::parse(text_of, nullptr, false);
    if (json.is_discarded()) return Malformed{"not JSON"};
    if (!json.is_object()) return Malformed{"no JSON object"};
    try {
        return reader(json);
    } catch (const Wrong& wrong) {
        return Malformed{wrong.why};
    }
}

std::string print(const Printed& json) {
    return json.dump(-1, ' ', false, Printed::error_handler_t::replace);
}

// Answers are printed without a tree of JSON values: it took ten times as long as all else that a
// list of peers needs.

constexpr ByteSet plain_bytes{
    " !#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"};

void append_string(std::string& out, std::string_view value) {
    if (plain_bytes.has_all_of(value))
        out.append("\"").append(value).append("\"");
    else
        out += print(Printed(value));
}

void append_number(std::string& out, std::int64_t n) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
}

template <class List, class One>
void append_list(std::string& out, const List& list, One one) {
    out += '[';
    const std::size_t first = out.size();
    for (const auto& item : list) {
        if (out.size() > first) out += ',';
        one(item);
    }
    out += ']';
}

void append_have(std::string& out, const Have& have) {
    out += '{';
    for (const auto& [kbps, ranges] : have) {
        if (out.back() != '{') out += ',';
        out += '"';
        append_number(out, kbps);
        out += "\":";
        append_list(out, ranges, [&](const ChunkRange& range) {
            out += '[';
            append_number(out, range.first);
            out += ',';
            append_number(out, range.last);
            out += ']';
        });
    }
    out += '}';
}

/// @param km  below 0: not known
void append_km(std::string& out, double km) {
    if (km >= 0)
        append_number(out, std::lround(km));
    else
        out += "null";
}

/// To three digits behind the point: more would be noise.
void append_share(std::string& out, double value) {
    char digits[32];
    const double rounded = std::round(value * 1000) / 1000;
    out.append(digits, std::to_chars(digits, digits + sizeof digits, rounded).ptr);
}

std::string print_list(const std::vector<PeerInfo>& peers) {
    std::string out = "[";
    for (const auto& p : peers) {
        std::string have;
        append_have(have, p.have);
        append_peer(out,
                    {p.peer_id, p.url, p.km.value_or(-1), p.health, p.upload_kbps, have, p.ticket});
    }
    return out + "]";
}

void append_edges(std::string& out, const std::vector<EdgeInfo>& edges) {
    append_list(out, edges, [&](const EdgeInfo& e) {
        out += "{\"name\":";
        append_string(out, e.name);
        out += ",\"url\":";
        append_string(out, e.url);
        out += ",\"location\":";
        if (e.location)
            append_string(out, print_location(*e.location));
        else
            out += "null";
        out += ",\"km\":";
        append_km(out, e.km.value_or(-1));
        out += '}';
    });
}

}  // namespace

bool is_peer_id(std::string_view text) noexcept { return is_token(text, 64); }

Result<Announce> parse_announce(std::string_view json) {
    return parse(json, most_request_bytes, announce_of);
}
Result<PeersQuery> parse_peers_query(std::string_view json) {
    return parse(json, most_request_bytes, query_of);
}
Result<Report> parse_report(std::string_view json) {
    return parse(json, most_request_bytes, report_of);
}

Result<AnnounceAnswer> parse_announce_answer(std::string_view json) {
    return parse(json, most_answer_bytes, announce_answer_of);
}
Result<std::vector<PeerInfo>> parse_peers_answer(std::string_view json) {
    return parse(json, most_answer_bytes, peers_of);
}
Result<std::vector<EdgeInfo>> parse_edges_answer(std::string_view json) {
    return parse(json, most_answer_bytes, edges_of);
}
Result<SongAnswer> parse_song_answer(std::string_view json) {
    return parse(json, most_answer_bytes, song_of);
}

Result<std::vector<EdgeInfo>> parse_edges_file(std::string_view json_text) {
    const Json json = Json::parse(json_text, nullptr, false);
    if (json.is_discarded()) return Malformed{"not JSON"};
    try {
        auto edges = list_of(json, "edges", most_edges, edge_of);
        std::set<std::string> names, urls;
        for (const auto& edge : edges) {
            if (!names.insert(edge.name).second)
                throw Wrong{text("two edges are called '", edge.name, "'")};
            if (!urls.insert(edge.url).second) throw Wrong{text("two edges are at ", edge.url)};
        }
        return edges;
    } catch (const Wrong& wrong) {
        return Malformed{wrong.why};
    }
}

std::string print_announce(const Announce& a) {
    Printed json{{"peer_id", a.peer_id}, {"port", a.port}};
    if (a.location) json["location"] = print_location(*a.location);
    json["upload_kbps"] = a.upload_kbps;
    json["songs"] = Printed::object();
    std::string out = print(json);
    out.resize(out.size() - 2);  // songs goes on
    std::size_t songs = 0;
    for (const auto& [id, have] : a.songs) {
        std::string one = songs ? "," : "";
        append_string(one, id);
        one += ':';
        append_have(one, have);
        if (songs == most_songs || out.size() + one.size() + 2 > most_request_bytes) break;
        out += one;
        ++songs;
    }
    return out + "}}";
}

std::string print_peers_query(const PeersQuery& q) {
    Printed json{{"song_id", q.song_id}};
    if (q.kbps) json["kbps"] = *q.kbps;
    if (q.chunk) json["chunk_index"] = *q.chunk;
    if (q.location) json["location"] = print_location(*q.location);
    json["want"] = q.want;
    if (!q.peer_id.empty()) json["peer_id"] = q.peer_id;
    if (q.port) json["port"] = q.port;
    return print(json);
}

std::string print_report(const Report& r) {
    Printed json{{"ticket", r.ticket}, {"ok", r.ok}};
    if (!r.why.empty()) json["why"] = r.why;
    json["ms"] = r.ms;
    json["bytes"] = r.bytes;
    return print(json);
}

std::string print_announce_answer(const AnnounceAnswer& a) {
    std::string out = "{\"interval\":";
    append_number(out, a.interval_s);
    out += ",\"ttl\":";
    append_number(out, a.ttl_s);
    return out + (a.listed ? ",\"listed\":true}" : ",\"listed\":false}");
}

void append_peer(std::string& out, const PeerLine& p) {
    out += out.ends_with('[') ? "{\"peer_id\":" : ",{\"peer_id\":";
    append_string(out, p.peer_id);
    out += ",\"url\":";
    append_string(out, p.url);
    out += ",\"km\":";
    append_km(out, p.km);
    out += ",\"health\":";
    append_share(out, p.health);
    out += ",\"upload_kbps\":";
    append_number(out, p.upload_kbps);
    out.append(",\"have\":").append(p.have);
    if (!p.ticket.empty()) {
        out += ",\"ticket\":";
        append_string(out, p.ticket);
    }
    out += '}';
}

std::string wrap_peers_list(std::string_view peers) {
    std::string out;
    out.reserve(peers.size() + 16);
    return out.append("{\"peers\":").append(peers).append("}");
}
std::string print_peers_answer(const std::vector<PeerInfo>& peers) {
    return wrap_peers_list(print_list(peers));
}

std::string print_edges_answer(const std::vector<EdgeInfo>& edges) {
    std::string out = "{\"edges\":";
    append_edges(out, edges);
    return out + "}";
}

std::string print_song_answer(const SongAnswer& a, std::string_view peers) {
    std::string out;
    out.reserve(a.manifest.size() + peers.size() + 128 * a.edges.size() + 256);
    out += "{\"song_id\":";
    append_string(out, a.song_id);
    out += ",\"available_bitrates\":";
    append_list(out, a.bitrates, [&](int kbps) { append_number(out, kbps); });
    out.append(",\"peers\":").append(peers).append(",\"edges\":");
    append_edges(out, a.edges);
    if (!a.manifest.empty()) {
        out.append(",\"manifest\":").append(a.manifest);
        while (out.back() == '\n') out.pop_back();
    }
    return out += '}';
}
std::string print_song_answer(const SongAnswer& a) {
    return print_song_answer(a, print_list(a.peers));
}

}  // namespace stretto::swarm
