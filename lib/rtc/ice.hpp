#pragma once
// The owner of libnice: finds a path for datagrams between two peers, through NATs if necessary
// (RFC 8445, over UDP, without trickling).
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

    /// Gather our own addresses. @return false: there is none
    bool gather();
    /// Write ufrag, password and the candidates known so far to a signal.
    void describe(swarm::Signal& to) const;
    /// Set the remote peer's values, and begin to search for a path.
    void set_remote(const swarm::Signal& from);
    /// Send a datagram, which may be lost. Precondition: connected.
    void send(BytesView datagram);

   private:
    struct Agent;
    void on_state(unsigned state);

    Engine& engine_;
    Calls calls_;
    std::unique_ptr<Agent> agent_;
};

}  // namespace stretto::rtc
