#include "swarm/reach.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <span>

namespace stretto::swarm {
namespace {

struct Block4 {
    std::uint32_t address;
    int bits;
};
constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    return a << 24 | b << 16 | c << 8;
}
// RFC 6890 and the IANA registry of special-purpose addresses
constexpr Block4 not_public4[] = {
    {v4(0, 0, 0), 8},      {v4(10, 0, 0), 8},    {v4(100, 64, 0), 10}, {v4(127, 0, 0), 8},
    {v4(169, 254, 0), 16}, {v4(172, 16, 0), 12}, {v4(192, 0, 0), 24},  {v4(192, 88, 99), 24},
    {v4(192, 168, 0), 16}, {v4(198, 18, 0), 15}, {v4(224, 0, 0), 4},   {v4(240, 0, 0), 4},
};

bool is_public4(std::uint32_t address) noexcept {
    return std::ranges::none_of(not_public4, [&](const Block4& block) {
        return (address ^ block.address) >> (32 - block.bits) == 0;
    });
}

std::uint32_t v4_at(const Ip& ip, std::size_t at) noexcept {
    return std::uint32_t{ip.bytes[at]} << 24 | std::uint32_t{ip.bytes[at + 1]} << 16 |
           std::uint32_t{ip.bytes[at + 2]} << 8 | std::uint32_t{ip.bytes[at + 3]};
}

bool begins(const Ip& ip, std::initializer_list<int> bytes) noexcept {
    return std::ranges::equal(bytes, std::span{ip.bytes}.first(bytes.size()));
}

/// The IPv4 address that packets to this one end up at, if so.
std::optional<std::uint32_t> carried(const Ip& ip) noexcept {
    if (begins(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}))  // mapped, compatible, :: and ::1
        return v4_at(ip, 12);
    if (begins(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return v4_at(ip, 12);  // SIIT
    if (begins(ip, {0x20, 0x02})) return v4_at(ip, 2);                                 // 6to4
    if (begins(ip, {0x20, 0x01, 0, 0})) return ~v4_at(ip, 12);                         // Teredo
    if (begins(ip, {0, 0x64, 0xff, 0x9b})) return v4_at(ip, 12);                       // NAT64
    return {};
}

bool is_nowhere(const Ip& ip) noexcept {
    if (ip.is_v4()) return v4_at(ip, 12) == 0 || v4_at(ip, 12) >> 28 >= 0xe;
    return ip == Ip{} || ip.bytes[0] == 0xff;
}

}  // namespace

bool is_public(const Ip& ip) noexcept {
    if (const auto inner = carried(ip)) return is_public4(*inner);
    // 2000::/3 is all of the internet; less the benchmark and ORCHID blocks in it
    return ip.bytes[0] >> 5 == 1 && !begins(ip, {0x20, 0x01, 0, 2, 0, 0}) &&
           !(begins(ip, {0x20, 0x01, 0}) && ip.bytes[3] >> 4 >= 1 && ip.bytes[3] >> 4 <= 2);
}

bool may_connect(const Endpoint& to, Role role, bool local) noexcept {
    const bool web = role == Role::edge && (to.port == 80 || to.port == 443);
    if (to.port < 1024 && !web) return false;
    return local ? !is_nowhere(to.ip) : is_public(to.ip);
}

std::optional<Endpoint> parse_peer_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return {};
    url.remove_prefix(scheme.size());
    const auto colon = url.rfind(':');
    if (colon == std::string_view::npos) return {};
    auto host = url.substr(0, colon);
    const auto port = url.substr(colon + 1);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    const auto ip = parse_ip(host);
    if (!ip || brackets != (host.find(':') != std::string_view::npos)) return {};
    Endpoint found{*ip, 0};
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), found.port);
    if (code != std::errc{} || end != port.data() + port.size() || found.port == 0) return {};
    return found;
}

}  // namespace stretto::swarm
