#include "swarm/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace stretto::swarm {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

bool Ip::is_v4() const noexcept { return std::equal(mapped.begin(), mapped.end(), bytes.begin()); }

bool Ip::is_loopback() const noexcept {
    if (is_v4()) return bytes[12] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return b == 0; }) &&
           bytes[15] == 1;
}

std::string Ip::print() const {
    char out[INET6_ADDRSTRLEN];
    const bool v4 = is_v4();
    return inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? 12 : 0), out, sizeof out);
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

std::string Endpoint::url() const {
    std::string out = "http://";
    if (ip.is_v4())
        out += ip.print();
    else
        out.append("[").append(ip.print()).append("]");
    return out.append(":").append(std::to_string(port));
}

}  // namespace stretto::swarm
