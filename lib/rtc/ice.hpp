#pragma once
// Finds a way for datagrams between two peers, through NATs where there are any (RFC 8445, over
// UDP, without trickling): libnice's owner.
#include <functional>
#include <memory>
#include <optional>

#include "net/socket.hpp"
#include "swarm/signal.hpp"

struct _NiceAgent;

namespace stretto::rtc {

class Engine;

struct IceOptions {
    bool controlling = false;             ///< of two ends the one that offers
    std::optional<net::Address> stun;     ///< tells our address outside a NAT
    std::vector<net::Address> addresses;  ///< of this machine, to be used; empty: all but loopback
};

class Ice {
   public:
    struct Calls {
        std::function<void()> gathered;                    ///< once; see description()
        std::function<void()> connected;                   ///< perhaps more than once
        std::function<void(BytesView datagram)> datagram;  ///< received
        std::function<void()> failed;
    };
    Ice(Engine& engine, const IceOptions& options, Calls calls);
    ~Ice();
    Ice(const Ice&) = delete;
    Ice& operator=(const Ice&) = delete;

    /// Learn our own addresses. @return false: there is none
    bool gather();
    /// Sets ufrag, password and candidates, as far as they are known by now.
    void describe(swarm::Signal& to) const;
    /// The other end: begin to look for a way.
    void set_remote(const swarm::Signal& from);
    /// Once connected. What is lost is lost.
    void send(BytesView datagram);

   private:
    struct Agent;
    void on_state(unsigned state);

    Engine& engine_;
    Calls calls_;
    std::unique_ptr<Agent> agent_;
};

}  // namespace stretto::rtc
