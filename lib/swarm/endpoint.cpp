#include "swarm/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

namespace stretto::swarm {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Not by inet_ntop, whose sprintf takes a microsecond for an IPv6 address: each list has sixteen.

struct Decimal {
    std::array<char, 3> digits{};
    std::uint8_t size = 0;
};
constexpr auto decimals = [] {
    std::array<Decimal, 256> all;
    for (unsigned n = 0; n < all.size(); ++n) {
        auto& [digits, size] = all[n];
        for (const unsigned unit : {100u, 10u, 1u})
            if (n >= unit || unit == 1) digits[size++] = static_cast<char>('0' + n / unit % 10);
    }
    return all;
}();

/// @param out  with room for 16
char* print_v4(char* out, const std::uint8_t* bytes) noexcept {
    for (int i = 0; i < 4; ++i) {
        if (i > 0) *out++ = '.';
        const auto& [digits, size] = decimals[bytes[i]];
        std::memcpy(out, digits.data(), digits.size());
        out += size;
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

char* Ip::print(char* out) const noexcept {
    return is_v4() ? print_v4(out, bytes.data() + 12) : print_v6(out, bytes.data());
}

std::string Ip::print() const {
    char out[INET6_ADDRSTRLEN];
    return {out, print(out)};
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
    // the first 48 bits of an IPv6 address; those of IPv4 stand where no IPv6 network can. Taken as
    // words: a list asks for dozens
    constexpr auto word = std::bit_cast<Network, std::array<std::uint8_t, 8>>;
    constexpr Network of_v6 = word({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
    constexpr Network of_v4 = word({0, 0, 0, 0, 0xff, 0xff, 0xff}),
                      is_v4 = word({0, 0, 0, 0, 0, 0, 0, 1});
    Network network = 0;
    std::memcpy(&network, ip.bytes.data() + (ip.is_v4() ? 8 : 0), sizeof network);
    return ip.is_v4() ? (network & of_v4) | is_v4 : network & of_v6;
}

std::string_view Endpoint::print_url(std::span<char, most_url_bytes> out) const noexcept {
    const bool v4 = ip.is_v4();
    const std::string_view before = v4 ? "http://" : "http://[", after = v4 ? ":" : "]:";
    char* at = std::copy(before.begin(), before.end(), out.data());
    at = ip.print(at);
    at = std::copy(after.begin(), after.end(), at);
    at = std::to_chars(at, out.data() + out.size(), port).ptr;
    return {out.data(), at};
}

std::string Endpoint::url() const {
    std::array<char, most_url_bytes> out;
    return std::string{print_url(out)};
}

}  // namespace stretto::swarm
