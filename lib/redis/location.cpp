#include "redis/location.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace stretto::redis {
namespace {

constexpr std::string_view scheme = "redis://";

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    return code == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool consists_of(std::string_view text, std::string_view more) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               more.find(c) != more.npos;
    });
}

Result<std::string> parse_server(std::string_view server) {
    const bool ipv6 = server.starts_with('[');
    const auto host_end = ipv6 ? server.find(']') + 1 : std::min(server.find(':'), server.size());
    const auto host = server.substr(0, host_end);
    const bool good = ipv6 ? host_end >= 4 && consists_of(host.substr(1, host_end - 2), ":.")
                           : host.size() <= 253 && consists_of(host, ".-_");
    const auto rest = server.substr(std::min(host_end, server.size()));
    if (!good || (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))))
        return Malformed{text("'", server, "' is not HOST:PORT")};
    return rest.empty() ? text(host, ":6379") : std::string{server};
}

}  // namespace

Result<std::vector<std::string>> parse_location(std::string_view text) {
    if (!text.starts_with(scheme)) return Malformed{"it does not begin with redis://"};
    text.remove_prefix(scheme.size());
    if (text.find('@') != text.npos)
        return Malformed{"use REDIS_USER and REDISCLI_AUTH for the user and the password"};
    if (text.ends_with('/')) text.remove_suffix(1);
    std::vector<std::string> found;
    for (;;) {
        const auto comma = text.find(',');
        auto server = parse_server(text.substr(0, comma));
        if (!server) return server.error();
        if (std::ranges::find(found, *server) != found.end())
            return Malformed{::stretto::text("it names '", *server, "' twice")};
        found.push_back(std::move(*server));
        if (found.size() > most_seeds)
            return Malformed{::stretto::text("it names more than ", most_seeds, " servers")};
        if (comma == text.npos) return found;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace stretto::redis
