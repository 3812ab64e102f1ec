#pragma once
// Messages between this peer and its tracker: announces, and signals to and from other peers.
#include "base/json_value.hpp"
#include "http/ask.hpp"
#include "net/life.hpp"
#include "swarm/signal.hpp"

namespace stretto::rtc {

class Mail {
   public:
    struct Calls {
        std::function<void(const swarm::Signal&)> signal;
        /// The first token has arrived: the tracker can name peers to us, and us to them.
        std::function<void()> ready;
    };
    /// Announce this peer without songs to get a token, then wait for signals.
    Mail(net::Loop& loop, const std::string& tracker, std::string peer_id, Calls calls);

    /// Forward an announce of the program that provides the songs, with our id instead of its own.
    /// The last announce is repeated for a while if the tracker has forgotten us.
    void announce(Json announce, std::function<void(http::Whole)> done);
    bool is_ready() const noexcept { return !token_.empty(); }
    /// The STUN server that the tracker names, "HOST:PORT"; empty: none.
    const std::string& stun() const noexcept { return stun_; }
    /// @param done  gets the status of the tracker's response; 0: there was none
    void send(swarm::Signal signal, std::function<void(int status)> done);
    /// Called with each answer to an announce: the key of passes as the tracker has said; empty:
    /// it requires none.
    void on_pass_key(std::function<void(const std::string&)> call) { pass_key_ = std::move(call); }

   private:
    void renew();
    void post(std::string target, std::string json, std::function<void(http::Whole)> done);
    void answered(const http::Whole& answer);
    void poll();
    void polled(const http::Whole& answer, std::uint64_t asked_ms);
    void pause();

    net::Loop& loop_;
    std::string peer_id_;
    Calls calls_;
    http::Upstream upstream_, waiting_;  // separate, so that a long poll does not delay requests
    std::string token_, stun_;
    Json said_;  // the last announce
    std::uint64_t said_ms_ = 0;
    std::chrono::seconds interval_{120}, pause_{1};
    bool polling_ = false, renewing_ = false;
    std::function<void(const std::string&)> pass_key_;
    net::Timer again_, poll_again_;
    net::Life life_;
};

}  // namespace stretto::rtc
