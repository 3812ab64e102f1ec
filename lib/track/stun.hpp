#pragma once
// The tracker's UDP sockets, where WebRTC peers ask for the address that others see (STUN).
#include <list>

#include "net/loop.hpp"
#include "net/socket.hpp"

namespace stretto::track {

class Stun {
   public:
    explicit Stun(net::Loop& loop) : loop_(loop) {}

    /// Answers there too. An Error (69) when another program has the port.
    void listen(const net::Address& address);
    std::uint64_t answered() const noexcept { return answered_; }

   private:
    struct Listener {
        File socket;
        std::unique_ptr<net::Poll> poll;
    };
    void answer(int socket);

    net::Loop& loop_;
    std::list<Listener> listeners_;
    std::uint64_t answered_ = 0;
};

}  // namespace stretto::track
