#include "sign/jws.hpp"

#include <algorithm>
#include <array>

#include "sign/base64url.hpp"

namespace stretto::sign {
namespace {

/// RFC 7515 4: two readers may each take another of them.
bool repeats(const Json& value) {
    if (value.is_array()) return std::ranges::any_of(value.items(), repeats);
    if (!value.is_object()) return false;
    std::vector<std::string_view> names;
    for (const auto& [name, inner] : value.members()) {
        if (repeats(inner)) return true;
        names.push_back(name);
    }
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

Result<Json> parse_part(std::string_view part, const char* what) {
    const auto bytes = parse_base64url(part);
    if (!bytes) return Malformed{text("its ", what, " is not base64url")};
    auto json = Json::parse(as_text(*bytes));
    if (!json || !json->is_object()) return Malformed{text("its ", what, " is not a JSON object")};
    if (repeats(*json)) return Malformed{text("its ", what, " repeats a member")};
    return json;
}

/// Three parts with points between.
std::optional<std::array<std::string_view, 3>> split(std::string_view token) {
    const auto first = token.find('.');
    if (first == token.npos) return {};
    const auto second = token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) return {};
    return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                      token.substr(second + 1)};
}

}  // namespace

Result<Jws> parse_jws(std::string_view token) {
    if (token.size() > Jws::most_bytes) return Malformed{"longer than 4096 bytes"};
    const auto parts = split(token);
    if (!parts) return Malformed{"not three parts with points between"};
    auto header = parse_part((*parts)[0], "header");
    if (!header) return header.error();
    const auto* algorithm = header->find("alg");
    if (!algorithm || !algorithm->is_string() || algorithm->string() != "ES256")
        return Malformed{"its algorithm is not ES256"};
    if (header->contains("crit")) return Malformed{"its header demands an extension"};
    Jws jws;
    const auto* key = header->find("kid");
    if (!key || !key->is_string() || key->string().empty()) return Malformed{"it names no key"};
    jws.key = key->string();
    if (const auto* type = header->find("typ")) {
        if (!type->is_string()) return Malformed{"its type is not a text"};
        jws.type = type->string();
    }
    auto claims = parse_part((*parts)[1], "claims");
    if (!claims) return claims.error();
    jws.claims = std::move(*claims);
    auto signature = parse_base64url((*parts)[2]);
    if (!signature || signature->size() != 64) return Malformed{"its signature is not of 64 bytes"};
    jws.signature = std::move(*signature);
    jws.text = token.substr(0, (*parts)[0].size() + 1 + (*parts)[1].size());
    return jws;
}

std::string print_jws(std::string_view type, const Json& claims, const PrivateKey& key,
                      std::string_view key_id) {
    const auto header = Json{{"alg", "ES256"}, {"kid", key_id}, {"typ", type}}.dump();
    auto token = base64url(as_bytes(header)) + '.' + base64url(as_bytes(claims.dump()));
    const auto signature = base64url(key.sign(token));
    return token + '.' + signature;
}

}  // namespace stretto::sign
