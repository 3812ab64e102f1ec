#pragma once
// Internet addresses of the tracker: 16 bytes, comparable, grouped into networks.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stretto::swarm {

/// An IPv6 address; an IPv4 address is the IPv6 address that it maps to (RFC 4291 2.5.5.2).
struct Ip {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Ip&) const = default;

    bool is_v4() const noexcept;
    bool is_loopback() const noexcept;
    /// "192.0.2.1" or "2001:db8::1".
    std::string print() const;
    /// The same, written into a buffer of 46 characters. @return  the end of the text
    char* print(char* to) const noexcept;
};
/// Parse "192.0.2.1" or "2001:db8::1"; nullopt for anything else, such as names, ports and
/// brackets.
std::optional<Ip> parse_ip(std::string_view text);

/// A network: a /24 of IPv4 or a /48 of IPv6, which one operator obtains easily. Limits apply per
/// network, and addresses in one network are considered near each other.
using Network = std::uint64_t;
Network network_of(const Ip& ip) noexcept;

/// The lowest port of a peer. Clients refuse lower ports, because other services use them. A
/// tracker uses lower numbers for WebRTC peers, which do not listen at a port: see Mailboxes.
constexpr std::uint16_t least_peer_port = 1024;

struct Endpoint {
    Ip ip;
    std::uint16_t port = 0;
    auto operator<=>(const Endpoint&) const = default;

    bool is_rtc() const noexcept { return port < least_peer_port; }
    /// "http://192.0.2.1:8490" or "http://[2001:db8::1]:8490".
    std::string url() const;
    static constexpr std::size_t most_url_bytes = 64;
    std::string_view print_url(std::span<char, most_url_bytes> to) const noexcept;
};

}  // namespace stretto::swarm
