#include "swarm/signal.hpp"

#include <algorithm>
#include <array>

#include "base/byte_set.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "swarm/wrong.hpp"

namespace stretto::swarm {
namespace {

// RFC 8445 has ice-char: letters, digits, + and /
constexpr ByteSet ice_bytes{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"};
constexpr ByteSet id_bytes{"0123456789abcdefghjkmnpqrstvwxyz"};
constexpr ByteSet hex_bytes{"0123456789abcdef"};
constexpr ByteSet token_bytes{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"};
constexpr ByteSet name_bytes{"0123456789abcdefABCDEF-"};  // browsers make names of UUIDs
constexpr std::size_t most_signals = 8;                   // of a list

/// Empty when it is absent.
std::string string(const Object& json, const char* key, std::size_t least, std::size_t most,
                   const ByteSet& bytes) {
    Value value;
    if (json[key].get(value) != simdjson::SUCCESS) return {};
    const auto found = as<std::string_view>(value, "'", key, "' is of another type");
    if (found.size() < least || found.size() > most || !bytes.has_all_of(found))
        Wrong::say("'", key, "' is not ", least, " to ", most, " of its characters");
    return std::string{found};
}

std::string rtc_id(const Object& json, const char* key) {
    const auto id = string(json, key, 26, 26, id_bytes);
    if (!id.empty() && !is_rtc_id(id)) Wrong::say("'", key, "' is not the id of a peer");
    return id;
}

bool is_local_name(std::string_view text) {
    constexpr std::string_view local = ".local";
    if (!text.ends_with(local) || text.size() > 64) return false;
    text.remove_suffix(local.size());
    return !text.empty() && name_bytes.has_all_of(text);
}

Candidate candidate_of(const Value& value) {
    const auto items = as<Array>(value, "'c' is of another type");
    Candidate c;
    if (items.size() != 4) {
        Wrong::say("a candidate is not [type, address, port, priority]");
        return c;
    }
    const auto type = as<std::string_view>(items.at(0).value(), "'type' is of another type");
    if (type != "host" && type != "srflx") Wrong::say("a candidate is neither host nor srflx");
    c.type = type == "host" ? Candidate::Type::host : Candidate::Type::srflx;
    c.address = as<std::string_view>(items.at(1).value(), "'address' is of another type");
    if (!is_local_name(c.address)) {
        const auto ip = parse_ip(c.address);
        if (!ip) Wrong::say("a candidate's address is none");
        if (ip) c.address = ip->print();
    }
    const auto port = as<std::int64_t>(items.at(2).value(), "'port' is of another type");
    const auto priority = as<std::int64_t>(items.at(3).value(), "'priority' is of another type");
    if (port < 1 || port > 65535) Wrong::say("a candidate's port is none");
    if (priority < 0 || priority > 0x7fff'ffff) Wrong::say("a candidate's priority is none");
    c.port = static_cast<int>(port);
    c.priority = static_cast<std::uint32_t>(priority);
    return c;
}

Signal::Kind kind_of(std::string_view name) {
    if (name == "offer") return Signal::Kind::offer;
    if (name == "answer") return Signal::Kind::answer;
    if (name == "no") return Signal::Kind::no;
    Wrong::say("'kind' is not offer, answer or no");
    return Signal::Kind::no;
}

Signal signal_of(const Value& value) {
    const auto json = as<Object>(value, "'signal' is of another type");
    Signal s;
    Value kind;
    if (json["kind"].get(kind) != simdjson::SUCCESS) kind = Wrong::nothing<Value>();
    s.kind = kind_of(as<std::string_view>(kind, "'kind' is of another type"));
    s.from = rtc_id(json, "from");
    s.to = rtc_id(json, "to");
    s.token = string(json, "token", 1, 64, token_bytes);
    s.session = string(json, "session", 1, 32, token_bytes);
    if (s.from.empty() || s.session.empty()) Wrong::say("'from' and 'session' are required");
    if (s.kind == Signal::Kind::no) return s;
    s.ufrag = string(json, "u", 4, 32, ice_bytes);
    s.password = string(json, "p", 22, 256, ice_bytes);
    s.fingerprint = string(json, "f", 64, 64, hex_bytes);
    if (s.ufrag.empty() || s.password.empty() || s.fingerprint.empty())
        Wrong::say("'u', 'p' and 'f' are required");
    Value setup, candidates;
    if (json["s"].get(setup) != simdjson::SUCCESS) setup = Wrong::nothing<Value>();
    const auto role = as<std::string_view>(setup, "'s' is of another type");
    if (role != "active" && role != "actpass") Wrong::say("'s' is neither active nor actpass");
    s.active = role == "active";
    if (json["c"].get(candidates) != simdjson::SUCCESS) return s;
    const auto list = as<Array>(candidates, "'c' is of another type");
    if (list.size() > most_candidates) {
        Wrong::say("more than ", most_candidates, " in 'c'");
        return s;
    }
    for (const auto& one : list) s.candidates.push_back(candidate_of(one));
    return s;
}

std::vector<Signal> signals_of(const Value& value) {
    const auto list = as<Array>(value, "'signals' is of another type");
    std::vector<Signal> all;
    if (list.size() > most_signals) {
        Wrong::say("too many signals");
        return all;
    }
    for (const auto& one : list) all.push_back(signal_of(one));
    return all;
}

std::string_view name_of(Signal::Kind kind) {
    constexpr std::array<std::string_view, 3> names{"offer", "answer", "no"};
    return names[static_cast<std::size_t>(kind)];
}

/// RFC 1918, 3927, 4193, 4291 2.5.6, and 6598 (carriers' NAT).
bool is_private(const Ip& ip) {
    const auto* b = ip.bytes.data();
    if (!ip.is_v4()) return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
    b += 12;
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
}

/// IPv6 without NAT: what the tracker sees is one of a host's addresses.
bool same_prefix(const Ip& a, const Ip& b) {
    return !a.is_v4() && std::equal(a.bytes.begin(), a.bytes.begin() + 8, b.bytes.begin());
}

bool may_pass(const Candidate& candidate, const Ip& from, const Ip& to) {
    constexpr int least_port = 1024;
    if (candidate.port < least_port) return false;
    const bool together = from == to || same_prefix(from, to);
    const auto ip = parse_ip(candidate.address);
    if (!ip) return candidate.type == Candidate::Type::host && together;
    if (candidate.type == Candidate::Type::srflx) return *ip == from;
    if (ip->is_loopback()) return from.is_loopback() && to.is_loopback();
    if (!together) return false;
    return is_private(*ip) || *ip == from || same_prefix(*ip, from);
}

}  // namespace

std::string rtc_id_of(const std::array<std::uint8_t, 32>& fingerprint) {
    constexpr std::size_t characters = 26;
    return base32(fingerprint).substr(0, characters);
}

bool is_rtc_id(std::string_view text) noexcept {
    return text.size() == 26 && id_bytes.has_all_of(text);
}

Result<Signal> parse_signal(std::string_view json) {
    return read_json<Signal>(json, most_signal_bytes, signal_of);
}

Result<std::vector<Signal>> parse_signals(std::string_view json) {
    return read_json<std::vector<Signal>>(json, (most_signal_bytes + 2) * most_signals, signals_of);
}

std::string print_signal(const Signal& s) {
    std::string out;
    JsonObject json{out};
    append_json(json["from"], s.from);
    if (!s.token.empty()) append_json(json["token"], s.token);
    if (!s.to.empty()) append_json(json["to"], s.to);
    append_json(json["kind"], name_of(s.kind));
    append_json(json["session"], s.session);
    if (s.kind != Signal::Kind::no) {
        append_json(json["u"], s.ufrag);
        append_json(json["p"], s.password);
        append_json(json["f"], s.fingerprint);
        append_json(json["s"], s.active ? "active" : "actpass");
        append_json_list(json["c"], s.candidates, [](std::string& to, const Candidate& c) {
            to += '[';
            append_json(to, c.type == Candidate::Type::host ? "host" : "srflx");
            to += ',';
            append_json(to, c.address);
            to += ',';
            append_json(to, c.port);
            to += ',';
            append_json(to, c.priority);
            to += ']';
        });
    }
    json.end();
    return out;
}

void pass_on(std::vector<Candidate>& candidates, const Ip& from, const Ip& to) {
    std::erase_if(candidates, [&](const Candidate& one) { return !may_pass(one, from, to); });
}

}  // namespace stretto::swarm
