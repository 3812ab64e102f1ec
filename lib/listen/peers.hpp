#pragma once
// The peers of one song: whom the tracker names, what each has by now, and what the tracker hears
// of them.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gather/picker.hpp"
#include "http/message.hpp"
#include "http/upstream.hpp"
#include "listen/around.hpp"
#include "swarm/announce.hpp"

namespace stretto::listen {

/// A peer, as one song knows it.
struct Peer {
    int number = 0;
    swarm::PeerInfo info;
    std::unique_ptr<http::Upstream> upstream;
    std::map<int, std::vector<bool>> have;  ///< chunks, by kbps
    std::map<int, gather::Millis> heard;    ///< by kbps, when it said so itself
    double speed = 0;                       ///< bytes/s of one order, as seen; 0: not seen yet
    gather::Millis not_before = 0,
                   asked = 0;  ///< not to be asked until then; and when it was polled
    bool asking = false, reported = false, banned = false;
    std::uint64_t bytes = 0;  ///< right ones
    std::int64_t ms = 0;

    bool has(int kbps, int chunk) const;
    /// Bytes/s of one order: as seen, or as four uploads would share what it says it gives.
    double expected() const {
        return speed > 0 ? speed : static_cast<double>(info.upload_kbps) * 1000 / 8 / 4;
    }
};

class Peers {
   public:
    struct Calls {
        std::function<void(Peer&, int kbps)> changed;  ///< it may have other chunks than before
        std::function<void()> heard;                   ///< after all such changes
    };
    /// @param chunks  of the song
    Peers(const Around& around, std::string song_id, std::size_t chunks, Calls calls);

    /// A list of the tracker; addresses that nobody should be sent to are left out.
    void add(const std::vector<swarm::PeerInfo>& peers);
    /// The tracker's list anew, at first often: in a crowd others come at the same time.
    /// @param enough  peers that are of use are known
    void refresh(int kbps, bool enough);
    /// Ask each what it has by now: it tells with every answer, and a few bytes ask for one.
    void poll(int kbps);
    void note_have(Peer& peer, int kbps, const http::Fields& fields);
    /// A ticket counts once, so what is said of a peer is said once a song; harm at once.
    void report(Peer& peer, bool ok, const std::string& why);
    /// Its bytes were not what their hash says: nothing more is taken from it.
    void ban(Peer& peer);

    const std::vector<std::shared_ptr<Peer>>& all() const noexcept { return peers_; }
    const std::shared_ptr<Peer>& at(int number) const {
        return peers_[static_cast<std::size_t>(number)];
    }

   private:
    Peer* known(const swarm::PeerInfo& info);
    std::string path(int kbps) const;
    gather::Millis now() const { return static_cast<gather::Millis>(around_.loop.now_ms()); }

    const Around& around_;
    std::string id_;
    std::size_t chunks_;
    Calls calls_;
    std::vector<std::shared_ptr<Peer>> peers_;
    gather::Millis refreshed_;
    int refreshes_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace stretto::listen
