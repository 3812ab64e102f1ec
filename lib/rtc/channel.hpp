#pragma once
// A data channel between two peers: ICE finds a path, DTLS proves the peers' ids, SCTP carries
// messages.
#include "net/life.hpp"
#include "net/loop.hpp"
#include "rtc/association.hpp"
#include "rtc/dtls.hpp"
#include "rtc/ice.hpp"

namespace stretto::rtc {

class Channel {
   public:
    struct Calls {
        std::function<void()> described;  ///< once: describe() has our addresses
        std::function<void()> open;
        std::function<void(BytesView message)> message;
        std::function<void()> drained;  ///< queued() has become less
        /// The channel has closed; no further call follows. Destroy it on a later turn
        /// (net::Loop::drop).
        std::function<void(const char* why)> closed;
    };
    /// Begins to gather our own addresses.
    Channel(Engine& engine, const Certificate& certificate, const IceOptions& options, Calls calls);
    ~Channel();

    /// Our description: ufrag, password, fingerprint, role and candidates.
    void describe(swarm::Signal& to) const;
    /// Set the remote peer's offer, or its answer to ours. Call this once.
    void connect(const swarm::Signal& from);
    void send(Bytes message);
    bool is_open() const noexcept { return open_; }
    /// Bytes that wait to be sent.
    std::size_t queued() const noexcept { return association_.queued(); }
    double bytes_per_s() const noexcept { return association_.bytes_per_s(); }

   private:
    void gathered();
    void start_dtls();
    void on_datagram(BytesView datagram);
    void close(const char* why);

    Engine& engine_;
    const Certificate& certificate_;
    const bool offers_;
    Calls calls_;
    bool described_ = false, begins_ = false, remote_known_ = false, open_ = false, closed_ = false;
    Digest fingerprint_{};
    Ice ice_;
    std::unique_ptr<Dtls> dtls_;
    Association association_;
    net::Timer late_, handshake_;
};

}  // namespace stretto::rtc
