// Requests and answers of the tracker as JSON; announce.cpp reads them.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/byte_set.hpp"
#include "swarm/announce.hpp"

namespace stretto::swarm {
namespace {

using Printed = nlohmann::ordered_json;

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
std::string escaped(const std::string& value) {
    if (plain_bytes.has_all_of(value)) return value;
    const std::string quoted = print(Printed(value));
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
