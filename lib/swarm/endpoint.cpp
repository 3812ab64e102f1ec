#include "swarm/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace stretto::swarm {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Not by inet_ntop, whose sprintf takes a microsecond for an IPv6 address: each list has sixteen.

char* print_v4(char* out, const std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 4; ++i) {
        if (i > 0) *out++ = '.';
        out = std::to_chars(out, out + 3, bytes[i]).ptr;
    }
    return out;
}

/// Of the longest row of zero groups, the first among equals: [first, last). Of one alone there is
/// no row.
std::pair<int, int> longest_zeros(const std::array<unsigned, 8>& groups) noexcept {
    std::pair<int, int> best{0, 1};
    for (int first = 0; first < 8; ++first) {
        int last = first;
        while (last < 8 && groups[static_cast<std::size_t>(last)] == 0) ++last;
        if (last - first > best.second - best.first) best = {first, last};
    }
    return best.second - best.first > 1 ? best : std::pair{8, 8};
}

/// As RFC 5952 has it.
char* print_v6(char* out, const std::uint8_t* bytes) noexcept {
    std::array<unsigned, 8> groups;
    for (std::size_t i = 0; i < 8; ++i) groups[i] = bytes[2 * i] * 256u + bytes[2 * i + 1];
    const auto [first, last] = longest_zeros(groups);
    for (int i = 0; i < 8; ++i) {
        if (i == first) {
            *out++ = ':';
            *out++ = ':';
            i = last - 1;
            continue;
        }
        if (i > 0 && i != last) *out++ = ':';
        out = std::to_chars(out, out + 4, groups[static_cast<std::size_t>(i)], 16).ptr;
    }
    return out;
}

}  // namespace

bool Ip::is_v4() const noexcept { return std::equal(mapped.begin(), mapped.end(), bytes.begin()); }

bool Ip::is_loopback() const noexcept {
    if (is_v4()) return bytes[12] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; }) &&
           bytes[15] == 1;
}

void Ip::append(std::string& to) const {
    char out[INET6_ADDRSTRLEN];
    to.append(out, is_v4() ? print_v4(out, bytes.data() + 12) : print_v6(out, bytes.data()));
}

std::string Ip::print() const {
    std::string out;
    append(out);
    return out;
}

std::optional<Ip> parse_ip(std::string_view text) {
    const std::string copy{text};
    if (copy.size() != text.size() || copy.find('\0') != std::string::npos) return {};
    Ip ip;
    if (inet_pton(AF_INET6, copy.c_str(), ip.bytes.data()) == 1) return ip;
    std::copy(mapped.begin(), mapped.end(), ip.bytes.begin());
    if (inet_pton(AF_INET, copy.c_str(), ip.bytes.data() + 12) == 1) return ip;
    return {};
}

Network network_of(const Ip& ip) noexcept {
    // the first 48 bits of an IPv6 address; those of IPv4 stand where no IPv6 network can
    Network network = ip.is_v4() ? Network{1} << 48 : 0;
    const int first = ip.is_v4() ? 12 : 0, bytes = ip.is_v4() ? 3 : 6;
    for (int i = 0; i < bytes; ++i)
        network |= Network{ip.bytes[static_cast<std::size_t>(first + i)]} << (8 * i);
    return network;
}

void Endpoint::append_url(std::string& to) const {
    const bool v4 = ip.is_v4();
    to += v4 ? "http://" : "http://[";
    ip.append(to);
    to += v4 ? ":" : "]:";
    char digits[8];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, port).ptr);
}

std::string Endpoint::url() const {
    std::string out;
    append_url(out);
    return out;
}

}  // namespace stretto::swarm
