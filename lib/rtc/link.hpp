#pragma once
// A connection to one peer: requests in both directions over a data channel, with time limits.
#include "rtc/answers.hpp"
#include "rtc/asks.hpp"
#include "rtc/channel.hpp"

namespace stretto::rtc {

class Link {
   public:
    struct Calls {
        std::function<void(swarm::Signal description)> described;  ///< once: our end
        std::function<void()> open;
        /// Called once; no further call follows. Destroy the link on a later turn
        /// (net::Loop::drop).
        /// @param breach  the remote peer violated the protocol
        std::function<void(const char* why, bool breach)> closed;
    };
    /// @param peer  the id of the remote peer
    Link(Engine& engine, const Certificate& certificate, const IceOptions& options,
         const Provider& provider, std::string peer, Calls calls);

    /// Set the remote peer's offer or answer.
    void connect(const swarm::Signal& from) { channel_.connect(from); }
    void describe(swarm::Signal& to) const { channel_.describe(to); }
    bool is_open() const noexcept { return channel_.is_open(); }
    void close(const char* why) { end(why, false); }

    /// Permission for one concurrent ask, of Asks::most; nullptr: all are in use.
    std::shared_ptr<void> lease();
    Asks& asks() noexcept { return asks_; }
    /// No request is open in either direction.
    bool is_idle() const noexcept { return *leases_ == 0 && answers_.empty(); }
    std::uint64_t idle_since_ms() const noexcept { return used_ms_; }
    std::uint64_t sent() const noexcept { return answers_.sent(); }
    std::uint64_t received() const noexcept { return received_; }

   private:
    void on_message(BytesView message);
    Result<bool> take(BytesView message);
    void send(const Frame& frame);
    void fill();
    void look();
    void end(std::string why, bool breach);

    net::Loop& loop_;
    Calls calls_;
    bool ended_ = false, filling_ = false;
    std::uint64_t used_ms_, heard_ms_;
    std::uint64_t read_ms_;  // when the other end last took bytes, or none waited
    std::uint64_t received_ = 0;
    std::shared_ptr<std::size_t> leases_ = std::make_shared<std::size_t>(0);
    Asks asks_;
    Answers answers_;
    Channel channel_;
    net::Timer second_;
};

}  // namespace stretto::rtc
