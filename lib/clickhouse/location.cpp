#include "clickhouse/location.hpp"

#include <algorithm>
#include <charconv>

namespace stretto::clickhouse {
namespace {

constexpr std::string_view scheme = "clickhouse://";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> sets) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return std::any_of(sets.begin(), sets.end(),
                           [c](std::string_view set) { return set.find(c) != set.npos; });
    });
}

bool is_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    return code == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

Result<std::string> parse_shard(std::string_view text) {
    const bool ipv6 = text.starts_with('[');
    const auto host_end = ipv6 ? text.find(']') + 1 : std::min(text.find(':'), text.size());
    const auto host = text.substr(0, host_end);
    if (ipv6
            ? host_end < 4 || !consists_of(host.substr(1, host_end - 2), {"abcdefABCDEF:.", digits})
            : host.empty() || host.size() > 253 || !consists_of(host, {letters, digits, ".-_"}))
        return Malformed{::stretto::text("'", text, "' is not HOST:PORT")};
    const auto rest = text.substr(host_end);
    if (rest.empty()) return ::stretto::text(host, ":8123");
    if (rest.front() != ':' || !is_port(rest.substr(1)))
        return Malformed{::stretto::text("'", text, "' is not HOST:PORT")};
    return std::string{text};
}

}  // namespace

Result<Location> parse_location(std::string_view text) {
    if (!text.starts_with(scheme)) return Malformed{"it does not begin with clickhouse://"};
    text.remove_prefix(scheme.size());
    if (text.find('@') != text.npos)
        return Malformed{"use CLICKHOUSE_USER and CLICKHOUSE_PASSWORD for the user"};
    const auto slash = text.find('/');
    Location found;
    found.database = slash == text.npos ? "" : text.substr(slash + 1);
    const auto& name = found.database;
    if (name.empty()) return Malformed{"it names no database"};
    if (name.size() > 64 || !consists_of(name, {letters, digits, "_"}) ||
        digits.find(name.front()) != digits.npos)
        return Malformed{"its database is not a name of letters, digits and _"};
    auto hosts = text.substr(0, slash);
    for (;;) {
        const auto comma = hosts.find(',');
        auto shard = parse_shard(hosts.substr(0, comma));
        if (!shard) return shard.error();
        if (std::find(found.shards.begin(), found.shards.end(), *shard) != found.shards.end())
            return Malformed{::stretto::text("it names '", *shard, "' twice")};
        found.shards.push_back(std::move(*shard));
        if (found.shards.size() > most_shards)
            return Malformed{::stretto::text("it names more than ", most_shards, " shards")};
        if (comma == hosts.npos) return found;
        hosts.remove_prefix(comma + 1);
    }
}

std::uint16_t part_of(std::string_view session) noexcept {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const char c : session) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return static_cast<std::uint16_t>((hash ^ hash >> 32) % parts);
}

}  // namespace stretto::clickhouse
