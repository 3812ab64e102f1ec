#include "track/prober.hpp"

#include <poll.h>

namespace stretto::track {
namespace {

/// Between looks at connections that are being made. To wait for each alone took ten system calls
/// instead of three.
constexpr std::chrono::milliseconds look_time{10};

}  // namespace

net::Address address_of(const swarm::Endpoint& endpoint) {
    return {endpoint.ip.bytes, endpoint.port};
}

swarm::Endpoint endpoint_of(const net::Address& address) {
    return {{address.ip()}, static_cast<std::uint16_t>(address.port())};
}

Prober::Prober(net::Loop& loop, const Limits& limits)
    : loop_(loop),
      limits_(limits),
      look_(loop, [this] { look(); }),
      soon_(loop, [this] { go_on(); }) {}

Prober::~Prober() = default;

void Prober::connect(const swarm::Endpoint& to, Done done) {
    const auto network = swarm::network_of(to.ip);
    auto& queue = queues_[network];
    if (queue.wanted.size() >= limits_.waiting_of_network)
        return loop_.post([done = std::move(done)] { done(false); });
    queue.wanted.push_back({to, std::move(done)});
    ++waiting_;
    give_turn(network, queue);
    if (!soon_.active()) soon_.once(std::chrono::milliseconds{0});
}

void Prober::give_turn(swarm::Network network, Queue& queue) {
    if (queue.in_turn || queue.wanted.empty() || queue.under_way >= limits_.of_network) return;
    queue.in_turn = true;
    turns_.push_back(network);
}

void Prober::go_on() {
    while (!turns_.empty() && tries_.size() < limits_.at_once) {
        const auto network = turns_.front();
        turns_.pop_front();
        auto& queue = queues_.at(network);
        queue.in_turn = false;
        auto wanted = std::move(queue.wanted.front());
        queue.wanted.pop_front();
        --waiting_;
        ++queue.under_way;
        give_turn(network, queue);
        begin(network, std::move(wanted));
    }
    if (!tries_.empty() && !look_.active()) look_.every(look_time);
}

void Prober::begin(swarm::Network network, Wanted&& wanted) {
    auto socket = net::begin_connecting(address_of(wanted.to));
    const auto until =
        socket ? loop_.now_ms() + static_cast<std::uint64_t>(limits_.time.count()) : 0;
    tries_.push_back({network, std::move(socket), until, std::move(wanted.done)});
}

/// At all of them in one call.
void Prober::look() {
    std::vector<pollfd> sockets;
    sockets.reserve(tries_.size());
    for (const auto& one : tries_) sockets.push_back({one.socket.fd(), POLLOUT, 0});
    if (::poll(sockets.data(), sockets.size(), 0) < 0) return;
    auto next = tries_.begin();
    for (const auto& socket : sockets) {
        const auto one = next++;
        if (socket.revents != 0 || one->until_ms <= loop_.now_ms())
            end(one, socket.revents == POLLOUT);
    }
    if (tries_.empty()) look_.stop();
}

void Prober::end(Tries::iterator one, bool reached) {
    const auto done = std::move(one->done);
    const auto network = one->network;
    tries_.erase(one);
    auto& queue = queues_.at(network);
    --queue.under_way;
    give_turn(network, queue);
    if (queue.under_way == 0 && queue.wanted.empty()) queues_.erase(network);
    if (!turns_.empty() && !soon_.active()) soon_.once(std::chrono::milliseconds{0});
    done(reached);
}

}  // namespace stretto::track
