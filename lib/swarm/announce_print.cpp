// Requests and answers of the tracker as JSON; announce.cpp reads them.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "swarm/announce.hpp"

namespace stretto::swarm {
namespace {

// Answers are printed without a tree of JSON values: it took ten times as long as all else that a
// list of peers needs.

void append_have(std::string& out, const Have& have) {
    JsonObject json{out};
    for (const auto& [kbps, ranges] : have)
        append_json_list(json[std::to_string(kbps)], ranges,
                         [](std::string& to, const ChunkRange& range) {
                             to += '[';
                             append_json(to, range.first);
                             to += ',';
                             append_json(to, range.last);
                             to += ']';
                         });
    json.end();
}

/// Writes into room that was made before: asking a string for room at each of the twenty pieces of
/// a peer took a third of a list's time.
class Line {
   public:
    explicit Line(char* at) noexcept : at_(at) {}
    char* end() const noexcept { return at_; }

    Line& operator<<(std::string_view piece) noexcept {
        at_ = std::copy(piece.begin(), piece.end(), at_);
        return *this;
    }
    /// At most 20 characters.
    Line& operator<<(std::int64_t n) noexcept {
        at_ = std::to_chars(at_, at_ + 20, n).ptr;
        return *this;
    }

   private:
    char* at_;
};

/// @param km  below 0: not known
void print_km(Line& line, double km) noexcept {
    if (km >= 0)
        line << std::int64_t{std::lround(km)};
    else
        line << "null";
}

/// 0..1 to three digits behind the point: more would be noise, and take Ryu to print.
void print_share(Line& line, double value) noexcept {
    const long n = std::lround(value * 1000);
    if (n <= 0 || n >= 1000) {
        line << (n <= 0 ? "0" : "1");
        return;
    }
    const auto digit = [](long d) { return static_cast<char>('0' + d % 10); };
    const std::array digits{'0', '.', digit(n / 100), digit(n / 10), digit(n)};
    line << std::string_view{digits.data(), digits.size()};
}

void append_km(std::string& out, double km) {
    char digits[24];
    Line line{digits};
    print_km(line, km);
    out.append(digits, line.end());
}

/// What stands between the quotes.
std::string escaped(std::string_view value) {
    std::string quoted;
    append_json(quoted, value);
    return quoted.substr(1, quoted.size() - 2);
}

std::string print_list(const std::vector<PeerInfo>& peers) {
    std::string out = "[";
    for (const auto& p : peers) {
        std::string have;
        append_have(have, p.have);
        const auto id = escaped(p.peer_id), url = escaped(p.url), ticket = escaped(p.ticket);
        append_peer(out, {id, url, p.km.value_or(-1), p.health, p.upload_kbps, have, ticket});
    }
    return out + "]";
}

void append_edge(std::string& out, const EdgeInfo& e) {
    JsonObject json{out};
    append_json(json["name"], e.name);
    append_json(json["url"], e.url);
    if (e.location)
        append_json(json["location"], print_location(*e.location));
    else
        json["location"] += "null";
    append_km(json["km"], e.km.value_or(-1));
    json.end();
}
void append_edges(std::string& out, const std::vector<EdgeInfo>& edges) {
    append_json_list(out, edges, append_edge);
}

}  // namespace

std::string print_announce(const Announce& a) {
    std::string out;
    JsonObject json{out};
    append_json(json["peer_id"], a.peer_id);
    if (a.rtc)
        json["rtc"] += "true";
    else
        append_json(json["port"], a.port);
    if (a.http) json["http"] += "true";
    if (a.location) append_json(json["location"], print_location(*a.location));
    append_json(json["upload_kbps"], a.upload_kbps);
    json["songs"] += '{';
    std::size_t songs = 0;
    for (const auto& [id, have] : a.songs) {
        std::string one = songs ? "," : "";
        append_json(one, id);
        one += ':';
        append_have(one, have);
        if (songs == most_songs || out.size() + one.size() + 2 > most_request_bytes) break;
        out += one;
        ++songs;
    }
    return out + "}}";
}

std::string print_peers_query(const PeersQuery& q) {
    std::string out;
    JsonObject json{out};
    append_json(json["song_id"], q.song_id);
    if (q.kbps) append_json(json["kbps"], *q.kbps);
    if (q.chunk) append_json(json["chunk_index"], *q.chunk);
    if (q.location) append_json(json["location"], print_location(*q.location));
    append_json(json["want"], q.want);
    if (!q.peer_id.empty()) append_json(json["peer_id"], q.peer_id);
    if (q.port) append_json(json["port"], q.port);
    if (q.rtc) json["rtc"] += "true";
    if (!q.rtc_id.empty()) append_json(json["rtc_id"], q.rtc_id);
    if (!q.http) json["http"] += "false";
    json.end();
    return out;
}

std::string print_report(const Report& r) {
    std::string out;
    JsonObject json{out};
    append_json(json["ticket"], r.ticket);
    json["ok"] += r.ok ? "true" : "false";
    if (!r.why.empty()) append_json(json["why"], r.why);
    append_json(json["ms"], r.ms);
    append_json(json["bytes"], r.bytes);
    json.end();
    return out;
}

std::string print_announce_answer(const AnnounceAnswer& a) {
    std::string out;
    JsonObject json{out};
    append_json(json["interval"], a.interval_s);
    append_json(json["ttl"], a.ttl_s);
    json["listed"] += a.listed ? "true" : "false";
    if (!a.token.empty()) append_json(json["token"], a.token);
    if (!a.stun.empty()) append_json(json["stun"], a.stun);
    if (!a.pass_key.empty()) append_json(json["pass_key"], a.pass_key);
    const auto id = [](std::string& to, const std::string& song) { append_json(to, song); };
    if (!a.removed.empty()) append_json_list(json["removed"], a.removed, id);
    if (!a.pages.empty()) append_json_list(json["pages"], a.pages, id);
    json.end();
    return out;
}

void append_peer(std::string& out, const PeerLine& p) {
    constexpr std::size_t around = 160;  // names and numbers: 146 at most
    const bool first = out.ends_with('[');
    const std::size_t before = out.size();
    out.resize(before + around + p.peer_id.size() + p.url.size() + p.have.size() + p.ticket.size());
    Line line{out.data() + before};
    line << (first ? "{" : ",{") << "\"peer_id\":\"" << p.peer_id << "\",\"url\":\"" << p.url
         << "\",\"km\":";
    print_km(line, p.km);
    line << ",\"health\":";
    print_share(line, p.health);
    line << ",\"upload_kbps\":" << p.upload_kbps << ",\"have\":" << p.have;
    if (!p.ticket.empty()) line << ",\"ticket\":\"" << p.ticket << "\"";
    line << "}";
    out.resize(static_cast<std::size_t>(line.end() - out.data()));
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
    JsonObject json{out};
    append_json(json["song_id"], a.song_id);
    append_json_list(json["available_bitrates"], a.bitrates,
                     [](std::string& to, int kbps) { append_json(to, kbps); });
    json["peers"] += peers;
    append_edges(json["edges"], a.edges);
    if (a.peers_first) json["peers_first"] += "true";
    if (!a.manifest.empty()) {
        json["manifest"] += a.manifest;
        while (out.back() == '\n') out.pop_back();
    }
    json.end();
    return out;
}
std::string print_song_answer(const SongAnswer& a) {
    return print_song_answer(a, print_list(a.peers));
}

}  // namespace stretto::swarm
