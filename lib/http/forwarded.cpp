#include "http/forwarded.hpp"

#include <algorithm>

#include "http/blank.hpp"

namespace stretto::http {
namespace {

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"
std::optional<net::Address> address_of(std::string_view node) {
    if (node.starts_with('[')) {
        const auto close = node.find(']');
        if (close == std::string_view::npos) return {};
        return net::parse_address(node.substr(1, close - 1));
    }
    if (std::ranges::count(node, ':') == 1) node = node.substr(0, node.find(':'));
    return net::parse_address(node);
}

/// The end of a pair: the first semicolon outside quotes. host="..." contains text of the client.
std::size_t pair_end(std::string_view element) {
    bool quoted = false;
    for (std::size_t i = 0; i < element.size(); ++i) {
        if (quoted && element[i] == '\\')
            ++i;
        else if (element[i] == '"')
            quoted = !quoted;
        else if (!quoted && element[i] == ';')
            return i;
    }
    return element.size();
}

/// The value of for= in an element of Forwarded, without its quotes; empty if there is none, or
/// more than one.
std::string_view for_of(std::string_view element) {
    std::string_view found;
    bool once = false;
    while (!element.empty()) {
        const auto end = pair_end(element);
        const auto pair = trimmed(element.substr(0, end));
        element.remove_prefix(std::min(element.size(), end + 1));
        if (pair.size() < 4 || !same_token(pair.substr(0, 4), "for=")) continue;
        if (std::exchange(once, true)) return {};
        found = pair.substr(4);
        if (found.size() >= 2 && found.front() == '"' && found.back() == '"')
            found = found.substr(1, found.size() - 2);
    }
    return found;
}

struct Named {
    net::Address address;
    std::string_view member;
};

/// @param text  must outlive the result, which refers to it
Result<Named> last_untrusted(const net::Networks& trusted, std::string_view text_,
                             std::string_view name) {
    const auto members = list_members(text_);
    std::optional<Named> found;
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        const auto address = address_of(name == "Forwarded" ? for_of(*member) : *member);
        if (!address) return Malformed{text(name, " contains no address")};
        found = {*address, *member};
        if (!trusted.contain(*address)) break;
    }
    if (!found) return Malformed{text(name, " contains no address")};
    return *found;
}

}  // namespace

Result<std::optional<net::Address>> client_behind(const net::Address& peer, Fields& fields,
                                                  const net::Networks& trusted) {
    if (!trusted.contain(peer)) return std::optional<net::Address>{};
    const auto by_old = fields.joined("X-Forwarded-For"), by_new = fields.joined("Forwarded");
    std::optional<net::Address> client;
    if (by_old) {
        const auto named = last_untrusted(trusted, *by_old, "X-Forwarded-For");
        if (!named) return named.error();
        client = named->address;
    }
    if (by_new) {
        const auto named = last_untrusted(trusted, *by_new, "Forwarded");
        if (!named) return named.error();
        if (client && client->ip() != named->address.ip())
            return Malformed{"X-Forwarded-For and Forwarded disagree"};
        client = named->address;
        std::string element{named->member};
        fields.remove("Forwarded");
        fields.add("Forwarded", std::move(element));
    }
    return client;
}

void forward_client(Fields& fields, const net::Address& client, bool told) {
    fields.remove("X-Forwarded-For");
    if (!told) fields.remove("Forwarded");
    fields.add("X-Forwarded-For", client.host());
}

}  // namespace stretto::http
