#include "sign/token.hpp"

#include <algorithm>
#include <array>

namespace stretto::sign {
namespace {

constexpr std::array<std::string_view, 12> known_claims{
    "iss", "sub",   "aud",      "exp",    "nbf",     "iat",
    "jti", "cdniv", "cdnicrit", "cdniuc", "cdnistt", "stretto_kbps"};
// far beyond any date, and within what a double holds
constexpr double most_seconds = 1e15;

Result<std::int64_t> date(const Json& value, const char* claim) {
    const double seconds = value.is_number() ? value.number() : -1;
    if (!(seconds >= 0 && seconds <= most_seconds))
        return Malformed{text("'", claim, "' is not a time")};
    return static_cast<std::int64_t>(seconds);
}

/// Also of a number beyond 64 bits, of which there is no integer().
bool is_number(const Json& value, int wanted) {
    return value.is_integer() && value.number() == wanted;
}

/// Empty: it is one that we can do.
std::string why_not(const Json& claims) {
    if (claims.contains("cdniip")) return "it is for one address, which this server cannot decrypt";
    if (const auto* version = claims.find("cdniv"))
        if (!is_number(*version, 1)) return "'cdniv' is not 1";
    if (const auto* renewal = claims.find("cdnistt"))
        if (!is_number(*renewal, 0)) return "it is to be renewed, which this server cannot do";
    const auto* critical = claims.find("cdnicrit");
    if (!critical) return {};
    // RFC 9246: names with commas between
    if (!critical->is_string()) return "'cdnicrit' is not a text";
    std::string_view left = critical->string();
    while (!left.empty()) {
        const auto name = left.substr(0, left.find(','));
        left.remove_prefix(std::min(left.size(), name.size() + 1));
        if (std::ranges::find(known_claims, name) == known_claims.end())
            return "'cdnicrit' names a claim that this server does not know";
    }
    return {};
}

Result<std::vector<std::string>> audience_of(const Json& value) {
    if (value.is_string()) return std::vector{value.string()};
    std::vector<std::string> all;
    if (value.is_array())
        for (const auto& one : value.items())
            if (one.is_string()) all.push_back(one.string());
    if (all.empty()) return Malformed{"'aud' names nobody"};
    return all;
}

bool is_token_type(std::string_view type) { return type.empty() || type == "JWT" || type == "jwt"; }

}  // namespace

Result<Token> parse_token(const Jws& jws) {
    if (!is_token_type(jws.type)) return Malformed{"its type is not JWT"};
    const auto& claims = jws.claims;
    if (auto why = why_not(claims); !why.empty()) return Malformed{std::move(why)};
    Token token;
    const auto* expires = claims.find("exp");
    if (!expires) return Malformed{"it never expires"};
    const auto until = date(*expires, "exp");
    if (!until) return until.error();
    token.expires = *until;
    if (const auto* from = claims.find("nbf")) {
        const auto begins = date(*from, "nbf");
        if (!begins) return begins.error();
        token.not_before = *begins;
    }
    if (const auto* kbps = claims.find("stretto_kbps")) {
        if (!kbps->is_integer() || kbps->number() < 1 || kbps->number() > 65535)
            return Malformed{"'stretto_kbps' is not a number from 1 to 65535"};
        token.kbps = static_cast<int>(kbps->number());
    }
    if (const auto* id = claims.find("jti")) {
        if (!id->is_string() || id->string().size() > most_id_bytes)
            return Malformed{"'jti' is not a text of at most 64 bytes"};
        token.id = id->string();
    }
    if (const auto* audience = claims.find("aud")) {
        auto all = audience_of(*audience);
        if (!all) return all.error();
        token.audience = std::move(*all);
    }
    const auto* container = claims.find("cdniuc");
    if (!container || !container->is_string()) return Malformed{"it has no 'cdniuc'"};
    auto scope = Scope::parse(container->string());
    if (!scope) return scope.error();
    token.scope = std::move(*scope);
    return token;
}

std::variant<Token, Refused> open_token(std::string_view text, const KeySet& keys) {
    const auto jws = parse_jws(text);
    if (!jws) return Refused{Fault::malformed, jws.error().why};
    const auto* key = keys.find(jws->key);
    if (!key)
        return Refused{Fault::unknown_key, "signed with a key that this server does not have"};
    if (!key->verifies(jws->text, jws->signature))
        return Refused{Fault::forged, "its signature is wrong"};
    auto token = parse_token(*jws);
    if (!token) return Refused{Fault::malformed, token.error().why};
    return std::move(*token);
}

std::optional<Refused> untimely(const Token& token, std::int64_t now_s, std::string_view audience) {
    if (now_s >= token.expires + leeway_s) return Refused{Fault::expired, "it has expired"};
    if (now_s < token.not_before - leeway_s) return Refused{Fault::early, "it is not valid yet"};
    if (!token.audience.empty() &&
        std::ranges::find(token.audience, audience) == token.audience.end())
        return Refused{Fault::not_for_us, "it is for another server"};
    return {};
}

std::string print_token(const Claims& claims, const PrivateKey& key, std::string_view key_id) {
    auto json = Json::object();
    json["exp"] = claims.expires;
    if (claims.not_before) json["nbf"] = *claims.not_before;
    if (!claims.audience.empty()) json["aud"] = claims.audience;
    if (!claims.id.empty()) json["jti"] = claims.id;
    json["cdniv"] = 1;
    json["cdniuc"] = claims.container;
    if (claims.kbps > 0) json["stretto_kbps"] = claims.kbps;
    return print_jws("JWT", json, key, key_id);
}

std::optional<Glance> glance(std::string_view text) {
    const auto jws = parse_jws(text);
    const auto token = jws ? parse_token(*jws) : Result<Token>{Malformed{}};
    if (!token) return {};
    return Glance{token->expires, token->kbps, token->id};
}

}  // namespace stretto::sign
