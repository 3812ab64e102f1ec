#include "track/stun.hpp"

#include <sys/socket.h>

#include <array>

#include "swarm/stun.hpp"
#include "track/prober.hpp"

namespace stretto::track {
namespace {

constexpr int most_a_turn = 64;  // datagrams, so that HTTP is answered in between

}  // namespace

void Stun::listen(const net::Address& address) {
    auto& listener = listeners_.emplace_back();
    listener.socket = net::listen_udp(address);
    const int fd = listener.socket.fd();
    listener.poll = std::make_unique<net::Poll>(loop_, fd, [this, fd](int) { answer(fd); });
    listener.poll->want(net::Poll::readable);
}

/// A response that cannot be sent is dropped, as UDP allows; the client repeats its request.
void Stun::answer(int socket) {
    std::array<std::uint8_t, 1500> datagram;
    for (int i = 0; i < most_a_turn; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        auto* const raw = reinterpret_cast<sockaddr*>(&from);
        const auto n = ::recvfrom(socket, datagram.data(), datagram.size(), 0, raw, &size);
        if (n < 0) return;
        const auto answer = swarm::answer_stun({datagram.data(), static_cast<std::size_t>(n)},
                                               endpoint_of(net::Address{from}));
        if (!answer) continue;
        ++answered_;
        (void)::sendto(socket, answer->data(), answer->size(), 0, raw, size);
    }
}

}  // namespace stretto::track
