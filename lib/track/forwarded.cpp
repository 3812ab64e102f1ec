#include "track/forwarded.hpp"

#include <algorithm>

namespace stretto::track {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"
std::optional<swarm::Ip> ip_of(std::string_view node) {
    if (node.starts_with('[')) {
        const auto close = node.find(']');
        if (close == std::string_view::npos) return {};
        return swarm::parse_ip(node.substr(1, close - 1));
    }
    if (std::ranges::count(node, ':') == 1) node = node.substr(0, node.find(':'));
    return swarm::parse_ip(node);
}

/// The value of for= in an element of Forwarded, without its quotes; empty when there is none.
std::string_view for_of(std::string_view element) {
    while (!element.empty()) {
        const auto semicolon = element.find(';');
        const auto pair = trimmed(element.substr(0, semicolon));
        element.remove_prefix(std::min(
            element.size(), semicolon == std::string_view::npos ? element.size() : semicolon + 1));
        if (pair.size() < 4 || !http::same_token(pair.substr(0, 4), "for=")) continue;
        auto value = pair.substr(4);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return value;
    }
    return {};
}

}  // namespace

Result<std::optional<swarm::Ip>> forwarded_for(const http::Fields& fields) {
    std::optional<swarm::Ip> by_field[2];
    int i = 0;
    for (const auto* name : {"X-Forwarded-For", "Forwarded"}) {
        auto& ip = by_field[i++];
        const auto value = fields.joined(name);
        if (!value) continue;
        const auto members = http::list_members(*value);
        if (!members.empty()) ip = ip_of(i == 1 ? members.back() : for_of(members.back()));
        if (!ip) return Malformed{text(name, " holds no address")};
    }
    if (by_field[0] && by_field[1] && by_field[0] != by_field[1])
        return Malformed{"X-Forwarded-For and Forwarded disagree"};
    return by_field[0] ? by_field[0] : by_field[1];
}

}  // namespace stretto::track
