#pragma once
// Connects to peers once, to see whether they can be reached where they say.
#include <deque>
#include <functional>
#include <list>
#include <unordered_map>

#include "net/loop.hpp"
#include "net/socket.hpp"
#include "swarm/endpoint.hpp"

namespace stretto::track {

net::Address address_of(const swarm::Endpoint& endpoint);
swarm::Endpoint endpoint_of(const net::Address& address);

/// Few at a time, and networks take turns: who announces a thousand peers that do not answer waits
/// for them himself.
class Prober {
   public:
    struct Limits {
        std::size_t at_once = 256, of_network = 8, waiting_of_network = 256;
        std::chrono::milliseconds time{3000};
    };
    using Done = std::function<void(bool reached)>;

    Prober(net::Loop& loop, const Limits& limits);
    ~Prober();

    /// Never calls back before it has returned. One too many of its network counts as not reached.
    void connect(const swarm::Endpoint& to, Done done);

    std::size_t under_way() const noexcept { return tries_.size(); }
    std::size_t waiting() const noexcept { return waiting_; }

   private:
    struct Wanted {
        swarm::Endpoint to;
        Done done;
    };
    struct Queue {
        std::deque<Wanted> wanted;
        std::size_t under_way = 0;
        bool in_turn = false;
    };
    struct Try {
        swarm::Network network = 0;
        File socket;
        std::uint64_t until_ms = 0;
        Done done;
    };
    using Tries = std::list<Try>;
    void go_on();
    void give_turn(swarm::Network network, Queue& queue);
    void begin(swarm::Network network, Wanted&& wanted);
    void look();
    void end(Tries::iterator one, bool reached);

    net::Loop& loop_;
    Limits limits_;
    std::unordered_map<swarm::Network, Queue> queues_;
    std::deque<swarm::Network> turns_;  // networks that have something waiting and may begin it
    std::size_t waiting_ = 0;
    Tries tries_;
    net::Timer look_, soon_;
};

}  // namespace stretto::track
