#include "track/prober.hpp"

namespace stretto::track {

net::Address address_of(const swarm::Endpoint& endpoint) {
    return {endpoint.ip.bytes, endpoint.port};
}

swarm::Endpoint endpoint_of(const net::Address& address) {
    return {{address.ip()}, static_cast<std::uint16_t>(address.port())};
}

Prober::Prober(net::Loop& loop, const Limits& limits)
    : loop_(loop),
      limits_(limits),
      late_(loop,
            [this] {
                while (!tries_.empty() && tries_.front().until_ms <= loop_.now_ms())
                    end(tries_.begin(), false);
                wait_for_first();
            }),
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
    wait_for_first();
}

void Prober::begin(swarm::Network network, Wanted&& wanted) {
    const auto time = static_cast<std::uint64_t>(limits_.time.count());
    tries_.push_back({network, net::begin_connecting(address_of(wanted.to)), nullptr,
                      loop_.now_ms() + time, std::move(wanted.done)});
    const auto one = std::prev(tries_.end());
    if (!one->socket) {
        one->until_ms = 0;
        tries_.splice(tries_.begin(), tries_, one);  // the timer cancels it
        return;
    }
    one->poll = std::make_unique<net::Poll>(loop_, one->socket.fd(), [this, one](int) {
        end(one, net::has_connected(one->socket.fd()));
    });
    one->poll->want(net::Poll::writable);
}

void Prober::end(Tries::iterator one, bool reached) {
    const auto done = std::move(one->done);
    const auto network = one->network;
    one->poll.reset();
    tries_.erase(one);
    auto& queue = queues_.at(network);
    --queue.under_way;
    give_turn(network, queue);
    if (queue.under_way == 0 && queue.wanted.empty()) queues_.erase(network);
    if (!turns_.empty() && !soon_.active()) soon_.once(std::chrono::milliseconds{0});
    done(reached);
}

void Prober::wait_for_first() {
    if (tries_.empty()) return late_.stop();
    const auto now = loop_.now_ms(), until = tries_.front().until_ms;
    late_.once(std::chrono::milliseconds{until > now ? until - now : 0});
}

}  // namespace stretto::track
