#include "swarm/stun.hpp"

#include <algorithm>
#include <array>

namespace stretto::swarm {
namespace {

constexpr std::size_t head_bytes = 20, most_request = 548;  // RFC 8489 6.1
constexpr std::array<std::uint8_t, 4> cookie{0x21, 0x12, 0xa4, 0x42};
constexpr std::uint8_t mapped_address = 0x01, xor_mapped_address = 0x20;

bool is_binding(BytesView request) {
    if (request.size() < head_bytes || request.size() > most_request) return false;
    const auto length = static_cast<std::size_t>(request[2] << 8 | request[3]);
    return request[0] == 0 && request[1] == 1 && length % 4 == 0 &&
           length + head_bytes == request.size();
}

}  // namespace

std::optional<Bytes> answer_stun(BytesView request, const Endpoint& from) {
    if (!is_binding(request)) return {};
    const auto transaction = request.subspan(4, 16);  // with the cookie, if there is one
    const bool modern = std::equal(cookie.begin(), cookie.end(), transaction.begin());
    const auto address =
        from.ip.is_v4() ? BytesView{from.ip.bytes}.subspan(12) : BytesView{from.ip.bytes};
    Bytes out{1, 1, 0, static_cast<std::uint8_t>(8 + address.size())};
    out.insert(out.end(), transaction.begin(), transaction.end());
    const auto mask = [&](std::size_t i) { return modern ? transaction[i] : std::uint8_t{0}; };
    const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
    out.insert(out.end(),
               {0, modern ? xor_mapped_address : mapped_address, 0,
                byte(4 + static_cast<int>(address.size())), 0, byte(from.ip.is_v4() ? 1 : 2),
                byte((from.port >> 8) ^ mask(0)), byte((from.port & 0xff) ^ mask(1))});
    for (std::size_t i = 0; i < address.size(); ++i) out.push_back(byte(address[i] ^ mask(i)));
    return out;
}

}  // namespace stretto::swarm
