#pragma once
// All connections of this peer. They are opened for a local request or an offer of a remote peer,
// closed when idle, and refused to peers that violated the protocol.
#include <map>
#include <vector>

#include "rtc/link.hpp"
#include "rtc/mail.hpp"

namespace stretto::rtc {

struct LinksOptions {
    std::size_t links = 32;
    std::string stun;                     ///< "HOST:PORT"; empty: the tracker's
    std::vector<net::Address> addresses;  ///< see IceOptions
    std::string key;                      ///< see Certificate
    std::string token;                    ///< see Provider
};

class Links {
   public:
    Links(Engine& engine, const std::string& tracker, const std::string& upstream,
          LinksOptions options);

    /// @param link  nullptr: there is none; `status` (503, 504) and `why` give the reason
    using Opened = std::function<void(std::shared_ptr<Link> link, int status, std::string why)>;
    /// Calls back, possibly at once, when a link to the peer is open, or after 5 s.
    void open(const std::string& peer, Opened opened);
    Mail& mail() noexcept { return mail_; }
    /// See Provider. Until this is set, every peer may have everything.
    void refuse_by(decltype(Provider::refuse) refuse) { provider_.refuse = std::move(refuse); }
    const std::string& peer_id() const noexcept { return peer_id_; }
    /// Close all links.
    void close();

    struct Counters {
        std::uint64_t opened = 0, failed = 0, breaches = 0, sent = 0, received = 0;
    };
    Counters counters() const;
    std::size_t size() const noexcept { return links_.size(); }

   private:
    struct Entry {
        std::shared_ptr<Link> link;
        std::string session;
        bool offered = false, answered = false;  ///< by us; by the other end
        bool wanted = false;                     ///< we asked this peer for something
        std::vector<Opened> waiting;
    };
    void add(const std::string& peer, bool offers, std::string session);
    void offer(const std::string& peer);
    void described(const std::string& peer, swarm::Signal signal);
    void is_open(const std::string& peer);
    void fail(const std::string& peer, int status, const std::string& why);
    void forget(const std::string& peer);
    void on_closed(const std::string& peer, const char* why, bool breach);
    void on_signal(const swarm::Signal& signal);
    void on_offer(const swarm::Signal& signal);
    void refuse(const swarm::Signal& offer);
    bool make_room(bool for_stranger);
    bool is_banned(const std::string& peer);
    IceOptions ice(bool offers);

    Engine& engine_;
    net::Loop& loop_;
    LinksOptions options_;
    Certificate certificate_;
    std::string peer_id_;
    http::Upstream upstream_;
    Provider provider_;
    std::map<std::string, Entry> links_;
    std::map<std::string, std::uint64_t> banned_;  // time until which each is banned
    std::string stun_;                             // its last known address
    std::optional<net::Address> stun_address_;
    std::vector<std::string> early_;  // peers that get an offer when a token is available
    Counters counters_;               // sums of closed links
    Mail mail_;
    net::Life life_;
};

}  // namespace stretto::rtc
