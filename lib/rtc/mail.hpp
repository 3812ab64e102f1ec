#pragma once
// What this peer and its tracker tell each other: announces, and signals to and from other peers.
#include "base/json_value.hpp"
#include "http/ask.hpp"
#include "net/life.hpp"
#include "swarm/signal.hpp"

namespace stretto::rtc {

class Mail {
   public:
    struct Calls {
        std::function<void(const swarm::Signal&)> signal;
        /// It can be asked for peers, and they can find us: a token is there for the first time.
        std::function<void()> ready;
    };
    /// Announces this peer without a song, so that it gets a token, and waits for signals.
    Mail(net::Loop& loop, const std::string& tracker, std::string peer_id, Calls calls);

    /// An announce of who provides the songs, as for the tracker: our id takes the place of its
    /// own. The last one is repeated for a while when the tracker has forgotten us.
    void announce(Json announce, std::function<void(http::Whole)> done);
    bool is_ready() const noexcept { return !token_.empty(); }
    /// "HOST:PORT" that the tracker names; empty: none.
    const std::string& stun() const noexcept { return stun_; }
    /// @param done  the status of the tracker's answer; 0: none came
    void send(swarm::Signal signal, std::function<void(int status)> done);

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
    http::Upstream upstream_, waiting_;  // a poll that hangs holds up no other request
    std::string token_, stun_;
    Json said_;  // the last announce
    std::uint64_t said_ms_ = 0;
    std::chrono::seconds interval_{120}, pause_{1};
    bool polling_ = false, renewing_ = false;
    net::Timer again_, poll_again_;
    net::Life life_;
};

}  // namespace stretto::rtc
