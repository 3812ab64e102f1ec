#pragma once
// The WebRTC peers that wait for signals at a tracker, and the signals that wait for them. No clock
// and no sockets: the caller passes the time, and sends the delivered signals.
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "swarm/quotas.hpp"
#include "swarm/seal.hpp"
#include "swarm/signal.hpp"

namespace stretto::swarm {

struct MailboxLimits {
    std::size_t peers = 200'000;
    NestedLimits of_prefix{64, 256, 1024, 4096};
    std::size_t signals = 8;  ///< that wait for one peer
    std::uint64_t signal_ms = 30'000;
    std::uint32_t offers_a_minute = 30;  ///< from one /24 of IPv4 or /48 of IPv6
    std::uint64_t ttl_ms = 300'000;      ///< after an announce
    std::uint64_t prove_ms = 10'000;     ///< after the first announce, for the first poll
    std::uint64_t away_ms = 5'000;       ///< between polls
};

class Mailboxes {
   public:
    /// Gets a list of signals as JSON; empty: none has arrived in time.
    using Deliver = std::function<void(std::string signals)>;
    /// Tells whether a peer that announced itself began to wait; see Peers::proved().
    using Proved = std::function<void(const Endpoint& peer, bool waits)>;

    Mailboxes(const MailboxLimits& limits, std::unique_ptr<Seal> seal, Proved proved);

    /// A peer announced itself. @return its endpoint among the tracker's peers: its address, and a
    /// number below least_peer_port as its port; port 0: there are too many peers, or
    /// too many of its network
    Endpoint enter(const std::string& id, const Ip& ip, std::uint64_t now_ms);
    /// The announce was new: call Proved when the peer begins to wait, or has not done so in time.
    void prove(const std::string& id, const Ip& ip, std::uint64_t now_ms);

    /// A token that proves for one to two hours that a peer announced itself from this network.
    std::string token(const std::string& id, const Ip& ip, std::uint64_t now_ms);
    bool is_valid(std::string_view token, const std::string& id, const Ip& ip,
                  std::uint64_t now_ms);

    /// Deliver waiting signals now, or the first signal within `wait_ms`. Ends an earlier wait of
    /// the same peer. @return false: the peer has not announced itself
    bool wait(const std::string& id, const Ip& ip, std::uint64_t now_ms, std::uint64_t wait_ms,
              Deliver deliver);
    /// The peer disconnected while it waited.
    void gone(const std::string& id, const Ip& ip, std::uint64_t now_ms);

    enum class Posted {
        taken,
        nobody_waits,
        mailbox_full,
        too_many_offers,  ///< from this network
    };
    Posted post(Signal signal, const Ip& from, std::uint64_t now_ms);

    /// End waits that are over, and forget peers that have not announced themselves again. Call
    /// this several times a second; it takes less than a millisecond.
    void expire(std::uint64_t now_ms);
    /// End all waits, at shutdown; later ones end at once.
    void end_all();

    std::size_t size() const noexcept { return boxes_.size(); }
    std::size_t waiting() const noexcept { return waits_.size(); }
    std::uint64_t delivered() const noexcept { return delivered_; }

   private:
    using Id = std::array<char, 26>;
    using Key = std::pair<Id, Ip>;
    struct Box {
        std::uint16_t number = 0;
        bool to_prove = false;
        std::uint64_t entered_ms = 0, polled_ms = 0, until_ms = 0;
        Deliver deliver;
        std::vector<std::pair<std::string, std::uint64_t>> signals;  // each with its expiry time
    };
    using Boxes = std::map<Key, Box>;
    struct Rate {
        double left = 0;
        std::uint64_t at_ms = 0;
    };

    static Key key_of(const std::string& id, const Ip& ip);
    Endpoint endpoint_of(const Boxes::value_type& box) const {
        return {box.first.second, box.second.number};
    }
    std::uint64_t tag(const std::string& id, const Ip& ip, std::uint64_t hour);
    bool may_offer(const Ip& from, std::uint64_t now_ms);
    /// What was to be told to who waited, to be called last: the next request of its connection,
    /// which has come already, may wait for the same box before this returns.
    [[nodiscard]] Deliver end_wait(Boxes::iterator box);
    void settle(Boxes::iterator box, bool waits);
    void forget(Boxes::iterator box);

    MailboxLimits limits_;
    std::unique_ptr<Seal> seal_;
    Proved proved_;
    Quotas quotas_;
    Boxes boxes_;
    std::set<std::pair<Ip, std::uint16_t>> numbers_;       // numbers in use
    std::set<std::pair<std::uint64_t, Key>> waits_, due_;  // sorted by expiry time
    std::unordered_map<Network, Rate> rates_;
    std::uint64_t delivered_ = 0;
    bool ended_ = false;
};

}  // namespace stretto::swarm
