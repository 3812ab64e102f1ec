#include "swarm/announce.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/byte_set.hpp"
#include "swarm/signal.hpp"
#include "swarm/wrong.hpp"

namespace stretto::swarm {
namespace {

// Requests are read by simdjson: nlohmann's parser took 25,000 of the 71,000 instructions of an
// announce, and taking its tree down another 8,000.

constexpr ByteSet token_bytes{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"};
constexpr ByteSet id_bytes{"0123456789abcdefghjkmnpqrstvwxyz"};
constexpr int most_ranges = 256;  // of a rendition
constexpr std::size_t most_renditions = 16, most_url_bytes = 512, most_why_bytes = 64,
                      most_key_bytes = 128;

bool is_token(std::string_view text, std::size_t most) noexcept {
    return !text.empty() && text.size() <= most && token_bytes.has_all_of(text);
}
bool is_song_id(std::string_view text) noexcept {
    return text.size() == SongId::most_bytes && id_bytes.has_all_of(text);
}

/// Of several members of a name the last; nullopt when there is none, or it is null.
std::optional<Value> find(const Object& object, std::string_view key) {
    std::optional<Value> found;
    for (const auto& [name, value] : object)
        if (name == key) found = value;
    return found && !found->is_null() ? found : std::nullopt;
}

Value member(const Object& object, std::string_view key) {
    const auto found = find(object, key);
    if (found) return *found;
    Wrong::say("no '", key, "'");
    return Wrong::nothing<Value>();
}

/// nullopt when it is absent.
std::optional<std::string_view> find_string(const Object& object, const char* key) {
    const auto value = find(object, key);
    if (!value) return {};
    return as<std::string_view>(*value, "'", key, "' is not a string");
}

std::string_view string(const Object& object, const char* key) {
    return as<std::string_view>(member(object, key), "'", key, "' is not a string");
}

bool truth(const Object& object, const char* key) {
    const auto value = find(object, key);
    return value && as<bool>(*value, "'", key, "' is neither true nor false");
}

/// Any number, brought into the range: to somebody who says 1e300 or -5 it means "very much" or
/// "nothing".
double clamped(const Object& object, const char* key, double least, double most, double otherwise) {
    const auto value = find(object, key);
    if (!value) return otherwise;
    return std::clamp(as<double>(*value, "'", key, "' is not a number"), least, most);
}

std::int64_t clamped_integer(const Object& object, const char* key, std::int64_t most,
                             std::int64_t otherwise = 0) {
    return static_cast<std::int64_t>(
        clamped(object, key, 0, static_cast<double>(most), static_cast<double>(otherwise)));
}

/// An integer that names something, and so is right or wrong.
int exact(const Value& value, const char* what, int least, int most) {
    std::int64_t n = 0;
    if (value.get(n) != simdjson::SUCCESS || n < least || n > most)
        Wrong::say("'", what, "' is not an integer from ", least, " to ", most);
    return static_cast<int>(n);
}
std::optional<int> find_exact(const Object& object, const char* key, int least, int most) {
    const auto value = find(object, key);
    return value ? std::optional{exact(*value, key, least, most)} : std::nullopt;
}

std::optional<Location> location(const Object& object) {
    auto place = find_string(object, "location");
    if (!place) place = find_string(object, "my_location");
    if (!place || place->empty()) return {};
    const auto parsed = parse_location(*place);
    if (parsed) return rounded(*parsed);
    Wrong::say(parsed.error().why);
    return {};
}

std::string song_id(const Object& object) {
    const auto id = string(object, "song_id");
    if (!is_song_id(id)) Wrong::say("'song_id' is not a song's id");
    return std::string{id};
}

std::string peer_id(const Object& object) {
    const auto id = string(object, "peer_id");
    if (!is_peer_id(id)) Wrong::say("'peer_id' is not 1 to 64 of A-Z a-z 0-9 _ -");
    return std::string{id};
}

int kbps_of(std::string_view key) {
    int kbps = 0;
    const char* last = key.data() + key.size();
    const auto [end, code] = std::from_chars(key.data(), last, kbps);
    if (code != std::errc{} || end != last || kbps < 1 || kbps > 65535)
        Wrong::say("a rendition is not a bitrate");
    return kbps;
}

/// A list of at most so many.
Array list(const Value& value, std::size_t most, const char* why) {
    const auto array = as<Array>(value, why);
    if (array.size() <= most) return array;
    Wrong::say(why);
    return Wrong::nothing<Array>();
}

void read_ranges(const Value& value, Ranges& ranges) {
    const auto pairs = list(value, most_ranges, "chunks are no list of ranges");
    ranges.clear();
    ranges.reserve(pairs.size());
    for (const auto& pair : pairs) {
        const auto ends = list(pair, 2, "a range is not [first, last]");
        if (ends.size() != 2) {
            Wrong::say("a range is not [first, last]");
            break;
        }
        const ChunkRange range{exact(*ends.begin(), "first", 0, most_chunk),
                               exact(*++ends.begin(), "last", 0, most_chunk)};
        if (range.last < range.first) Wrong::say("a range ends before it begins");
        ranges.push_back(range);
    }
}

/// @param have  empty
void read_have(const Value& value, Have& have) {
    const auto json = as<Object>(value, "a song's chunks are no object of renditions");
    for (const auto& [key, ranges] : json) {
        read_ranges(ranges, have[kbps_of(key)]);
        if (have.size() <= most_renditions) continue;
        Wrong::say("a song has too many renditions");
        break;
    }
}
Have have_of(const Value& value) {
    Have have;
    read_have(value, have);
    return have;
}

/// Sorted before what they have is read: to insert each song in its place takes the square of their
/// number, and to move what it has takes as long as to read it.
Songs songs_of(const Object& json) {
    struct Said {
        std::string_view id;
        Value chunks;
        std::size_t number;
        std::uint64_t first;  ///< of its bytes; these differ almost always
    };
    boost::container::small_vector<Said, 32> said;
    said.reserve(json.size());
    for (const auto& [id, chunks] : json) {
        if (!is_song_id(id)) {
            Wrong::say("a song is not an id");
            return {};
        }
        std::uint64_t first = 0;
        for (const char c : id.substr(0, sizeof first))
            first = first << 8 | static_cast<std::uint8_t>(c);
        said.push_back({id, chunks, said.size(), first});
    }
    // of several of a name the last comes first
    std::ranges::sort(said, [](const Said& a, const Said& b) {
        if (a.first != b.first) return a.first < b.first;
        return a.id != b.id ? a.id < b.id : a.number > b.number;
    });
    Songs::sequence_type all;
    all.reserve(said.size());
    for (std::size_t i = 0; i < said.size(); ++i)
        if (i > 0 && said[i].first == said[i - 1].first && said[i].id == said[i - 1].id)
            have_of(said[i].chunks);  // complains if it is wrong
        else
            read_have(said[i].chunks, all.emplace_back(said[i].id, Have{}).second);
    if (all.size() > most_songs) Wrong::say("more than ", most_songs, " songs");
    Songs songs;
    songs.adopt_sequence(boost::container::ordered_unique_range, std::move(all));
    return songs;
}

Announce announce_of(const Object& json) {
    Announce a;
    a.peer_id = peer_id(json);
    a.rtc = truth(json, "rtc");
    a.port = a.rtc ? 0 : find_exact(json, "port", 0, 65535).value_or(0);
    if (a.rtc && !is_rtc_id(a.peer_id))
        Wrong::say("'peer_id' of an RTC peer is 26 characters of its certificate's hash");
    a.http = truth(json, "http");
    a.location = location(json);
    a.upload_kbps = clamped_integer(json, "upload_kbps", most_kbps);
    const bool left = truth(json, "left");
    const auto value = find(json, "songs");
    if (!value) return a;
    const auto songs = as<Object>(*value, "'songs' is not an object");
    if (left) return a;
    a.songs = songs_of(songs);
    return a;
}

PeersQuery query_of(const Object& json) {
    PeersQuery q;
    q.song_id = song_id(json);
    q.kbps = find_exact(json, "kbps", 1, 65535);
    q.chunk = find_exact(json, "chunk_index", 0, most_chunk);
    q.location = location(json);
    q.want = static_cast<int>(std::max<std::int64_t>(
        1, clamped_integer(json, "want", static_cast<std::int64_t>(most_peers), q.want)));
    if (find(json, "peer_id")) q.peer_id = peer_id(json);
    q.port = find_exact(json, "port", 0, 65535).value_or(0);
    q.rtc = truth(json, "rtc");
    q.rtc_id = find_string(json, "rtc_id").value_or("");
    if (!q.rtc_id.empty() && !is_rtc_id(q.rtc_id)) Wrong::say("'rtc_id' is invalid");
    q.http = !find(json, "http") || truth(json, "http");
    return q;
}

std::string ticket(std::string_view value) {
    if (!is_token(value, 128)) Wrong::say("'ticket' is invalid");
    return std::string{value};
}

Report report_of(const Object& json) {
    Report r;
    r.ticket = ticket(string(json, "ticket"));
    r.ok = truth(json, "ok");
    r.why = find_string(json, "why").value_or("");
    if (r.why.size() > most_why_bytes ||
        std::ranges::any_of(r.why, [](char c) { return c < 0x20 || c > 0x7e; }))
        Wrong::say("'why' is not a short text");
    r.ms = clamped_integer(json, "ms", 86'400'000);
    r.bytes = clamped_integer(json, "bytes", std::int64_t{1} << 40);
    return r;
}

/// Of an http server; whether its address may be used is for the caller to say.
std::string url(const Object& object) {
    const auto value = string(object, "url");
    const bool http = value.starts_with("http://") || value.starts_with("https://");
    if (!http || value.size() > most_url_bytes ||
        std::ranges::any_of(value, [](char c) { return c <= 0x20 || c > 0x7e; }))
        Wrong::say("'url' is not an http URL");
    return std::string{value};
}

/// Of a peer: over HTTP, or over WebRTC, where its id is all that there is to know.
std::string peer_url(const Object& object, std::string_view id) {
    if (string(object, "url") != text("rtc:", id)) return url(object);
    if (!is_rtc_id(id)) Wrong::say("'url' is of an RTC peer, 'peer_id' is not");
    return text("rtc:", id);
}

std::optional<double> km(const Object& object) {
    if (!find(object, "km")) return {};
    return clamped(object, "km", 0, 20100, 0);
}

PeerInfo peer_of(const Value& value) {
    const auto json = as<Object>(value, "a peer is not an object");
    PeerInfo p;
    p.peer_id = peer_id(json);
    p.url = peer_url(json, p.peer_id);
    p.km = km(json);
    p.health = clamped(json, "health", 0, 1, 0.5);
    p.upload_kbps = clamped_integer(json, "upload_kbps", most_kbps);
    if (const auto have = find(json, "have")) p.have = have_of(*have);
    if (const auto given = find_string(json, "ticket")) p.ticket = ticket(*given);
    return p;
}

EdgeInfo edge_of(const Value& value) {
    const auto json = as<Object>(value, "an edge is not an object");
    EdgeInfo e;
    e.name = string(json, "name");
    if (!is_token(e.name, 64)) Wrong::say("an edge's 'name' is not 1 to 64 of A-Z a-z 0-9 _ -");
    e.url = url(json);
    e.location = location(json);
    e.km = km(json);
    return e;
}

template <class T>
std::vector<T> all_of(const Array& array, T (*one)(const Value&)) {
    std::vector<T> all;
    all.reserve(array.size());
    for (const auto& item : array) all.push_back(one(item));
    return all;
}

std::vector<PeerInfo> peers_of(const Object& json) {
    return all_of(list(member(json, "peers"), most_peers, "'peers' is not a list"), peer_of);
}
std::vector<EdgeInfo> edges_of(const Object& json) {
    return all_of(list(member(json, "edges"), most_edges, "'edges' is not a list"), edge_of);
}

std::string_view id_in(const Value& value) {
    const auto id = as<std::string_view>(value, "a song's id is no string");
    if (!is_song_id(id)) Wrong::say("a song is no id");
    return id;
}

AnnounceAnswer announce_answer_of(const Object& json) {
    AnnounceAnswer a;
    a.interval_s = static_cast<int>(clamped(json, "interval", 1, 86400, a.interval_s));
    a.ttl_s = static_cast<int>(clamped(json, "ttl", 1, 7 * 86400, a.ttl_s));
    a.listed = truth(json, "listed");
    if (const auto given = find_string(json, "token")) a.token = ticket(*given);
    a.stun = find_string(json, "stun").value_or("");
    if (a.stun.size() > most_url_bytes) Wrong::say("'stun' is too long");
    a.pass_key = find_string(json, "pass_key").value_or("");
    if (a.pass_key.size() > most_key_bytes) Wrong::say("'pass_key' is too long");
    const auto ids = [&](const char* key, std::vector<std::string>& to) {
        const auto all = find(json, key);
        if (!all) return;
        for (const auto& id : list(*all, most_songs, "a list of songs is none"))
            to.emplace_back(id_in(id));
    };
    ids("removed", a.removed);
    ids("pages", a.pages);
    return a;
}

SongAnswer song_of(const Object& json) {
    SongAnswer a;
    a.song_id = song_id(json);
    for (const auto& kbps : list(member(json, "available_bitrates"), most_renditions,
                                 "'available_bitrates' is not a list"))
        a.bitrates.push_back(exact(kbps, "available_bitrates", 1, 65535));
    a.peers = peers_of(json);
    a.edges = edges_of(json);
    if (const auto manifest = find(json, "manifest")) a.manifest = simdjson::minify(*manifest);
    a.peers_first = truth(json, "peers_first");
    return a;
}

template <class T>
Result<T> parse(std::string_view json, std::size_t most_bytes, T (*reader)(const Object&)) {
    thread_local T (*inner)(const Object&) = nullptr;
    inner = reader;
    return read_json<T>(json, most_bytes, [](const Value& root) {
        return inner(as<Object>(root, "not a JSON object"));
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

Result<std::vector<EdgeInfo>> parse_edges_file(std::string_view json) {
    return read_json<std::vector<EdgeInfo>>(json, most_answer_bytes, [](const Value& root) {
        auto edges = all_of(list(root, most_edges, "not a list of edges"), edge_of);
        std::set<std::string> names, urls;
        for (const auto& edge : edges) {
            if (!names.insert(edge.name).second)
                Wrong::say("two edges are called '", edge.name, "'");
            if (!urls.insert(edge.url).second) Wrong::say("two edges are at ", edge.url);
        }
        return edges;
    });
}

}  // namespace stretto::swarm
