#include "http/token.hpp"

#include <charconv>

#include "base/text.hpp"
#include "http/blank.hpp"

namespace stretto::http {
namespace {

constexpr std::string_view scheme = "Bearer ";

/// Calls `each` with every part of a list; joins those that it wants kept.
template <class Keep>
std::string keep_parts(std::string_view list, char between, std::string_view join, Keep keep) {
    std::string kept;
    for (bool more = true; more;) {
        const auto end = list.find(between);
        auto part = list.substr(0, end);
        more = end != list.npos;
        if (more) list.remove_prefix(end + 1);
        if (!keep(part)) continue;
        if (!kept.empty()) kept += join;
        kept += part;
    }
    return kept;
}

/// The value in "URISigningPackage=VALUE"; nullopt for another name.
std::optional<std::string_view> value_of(std::string_view pair) {
    if (!pair.starts_with(token_name)) return {};
    pair.remove_prefix(token_name.size());
    if (!pair.starts_with('=')) return {};
    return pair.substr(1);
}

std::string take_from_target(std::string& target) {
    if (target.find(token_name) == target.npos) return {};
    const auto mark = target.find('?');
    if (mark == target.npos) return {};
    std::string token;
    const auto query = keep_parts(std::string_view{target}.substr(mark + 1), '&', "&",
                                  [&](std::string_view& part) {
                                      const auto value = value_of(part);
                                      if (value && token.empty()) token = *value;
                                      return !value;
                                  });
    target.resize(mark);
    if (!query.empty()) target += '?' + query;
    return token;
}

std::string take_from_cookies(Fields& fields) {
    if (!fields.has("Cookie")) return {};
    std::string token, kept;
    // HTTP/2 lets a client send several (RFC 9113 8.2.3)
    for (const auto& field : fields) {
        if (!same_token(field.name, "Cookie")) continue;
        const auto rest = keep_parts(field.value, ';', "; ", [&](std::string_view& part) {
            part = trimmed(part);
            const auto value = value_of(part);
            if (value && token.empty()) token = *value;
            return !value && !part.empty();
        });
        if (!rest.empty()) kept += (kept.empty() ? "" : "; ") + rest;
    }
    fields.remove("Cookie");
    if (!kept.empty()) fields.add("Cookie", kept);
    return token;
}

std::string take_from_authorization(Fields& fields) {
    const auto* value = fields.find("Authorization");
    if (!value || value->size() < scheme.size() ||
        !same_token(value->substr(0, scheme.size()), scheme))
        return {};
    std::string token{trimmed(std::string_view{*value}.substr(scheme.size()))};
    fields.remove("Authorization");
    return token;
}

/// As the server reads it: with %XX decoded; what is no such code stays.
std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto* last = digits.data() + digits.size();
        const bool code = text[i] == '%' && digits.size() == 2 &&
                          std::from_chars(digits.data(), last, byte, 16).ptr == last;
        out += code ? static_cast<char>(byte) : text[i];
        if (code) i += 2;
    }
    return out;
}

/// Replace the keys and passwords of a request of the Subsonic API: `/rest/ping?u=anna&p=sesame`.
std::string without_passwords(std::string url) {
    const auto query = url.find('?');
    if (query == url.npos || decoded(url.substr(0, query)).find("/rest/") == url.npos) return url;
    std::string out = url.substr(0, query);
    for (auto at = query; at < url.size();) {
        const auto end = std::min(url.find('&', at + 1), url.size());
        const auto pair = url.substr(at, end - at);  // with the character before it
        const auto name = decoded(pair.substr(1, pair.find('=') - 1));
        const bool secret = pair.find('=') != pair.npos &&
                            (name == "apiKey" || name == "p" || name == "t" || name == "s");
        out += secret ? pair.substr(0, pair.find('=')) + "=-" : pair;
        at = end;
    }
    return out;
}

}  // namespace

Carried take_token(Request& request) {
    Carried carried{take_from_target(request.target), true};
    auto cookie = take_from_cookies(request.fields);
    auto authorization = take_from_authorization(request.fields);
    if (!carried.token.empty()) return carried;
    return {std::move(cookie.empty() ? authorization : cookie), false};
}

std::string without_token(std::string_view url) {
    std::string out;
    for (auto at = url.find(token_name); at != url.npos; at = url.find(token_name)) {
        at += token_name.size();
        out += url.substr(0, at);
        url.remove_prefix(at);
        if (!url.starts_with('=')) continue;
        out += "=-";
        url.remove_prefix(std::min(url.find_first_of("&#;"), url.size()));
    }
    return without_passwords(std::move(out += url));
}

void authorize(Request& request, std::string_view token) {
    if (!token.empty()) request.fields.add("Authorization", text(scheme, token));
}

}  // namespace stretto::http
