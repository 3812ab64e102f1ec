#pragma once
// The peers of one song: whom the tracker named, what each has by now, how each has done, whom to
// ask what they have, and what the tracker should hear of them. Knows no socket and no clock.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gather/picker.hpp"
#include "play/session.hpp"
#include "swarm/announce.hpp"

namespace stretto::gather {

/// A peer, as one song knows it.
struct Peer {
    swarm::PeerInfo info;
    std::vector<std::vector<bool>> have;  ///< by rendition and chunk
    std::vector<Millis> heard;            ///< by rendition: when it said so itself; 0: never
    double speed = 0;                     ///< bytes/s of one order, as seen; 0: not seen yet
    Millis not_before = 0;                ///< not to be asked for chunks until then
    Millis polled = 0;
    int unanswered = 0;  ///< polls in a row
    bool asking = false, reported = false, banned = false;
    std::uint64_t bytes = 0;  ///< right ones
    std::int64_t ms = 0;      ///< that its transfers took

    bool has(int rendition, int chunk) const {
        return have[static_cast<std::size_t>(rendition)][static_cast<std::size_t>(chunk)];
    }
    /// Bytes/s of one order: as seen, or as four uploads would share what it says it gives.
    double expected() const {
        return speed > 0 ? speed : static_cast<double>(info.upload_kbps) * 1000 / 8 / 4;
    }
};

class Peers {
   public:
    struct Options {
        std::vector<int> kbps;  ///< of the song's renditions
        int chunks = 0;         ///< of the song
        std::string self;       ///< our own peer id
        bool local = false;     ///< peers may be anywhere, not only on the open internet
    };
    Peers(Options options, Millis now);

    /// A list of the tracker; addresses that nobody should be sent to are left out.
    void add(const std::vector<swarm::PeerInfo>& peers);
    /// Whether to ask the tracker anew now, which the caller then does: at first often, since in a
    /// crowd others come at the same time.
    /// @param enough  peers that are of use are known
    bool refresh(Millis now, bool enough);
    /// Whom to ask now what it has of a rendition; each is asked until said() or silent().
    std::vector<int> polls(Millis now, int rendition);
    /// What a peer has, as it told with an answer.
    void said(int peer, int rendition, const std::vector<bool>& have, Millis now);
    /// It answered a poll, or did not, in which case it is asked again ever more rarely.
    void polled(int peer, bool answered, Millis now);

    /// It brought a piece that is right.
    void gave(int peer, std::uint32_t bytes);
    /// A request to it brought all that was asked for.
    void worked(int peer, std::uint32_t bytes, Millis took);
    /// It failed. Wrong bytes ban it.
    void failed(int peer, Fault fault, int rendition, int chunk, Millis now);
    /// It may be asked for chunks now.
    bool able(int peer, Millis now) const;
    /// It has the chunk, and may be asked for it now or in a moment.
    bool may_give(int rendition, int chunk, Millis now) const;

    /// What they could give of a chunk.
    play::Session::Offer offer(int chunk, Millis now) const;

    /// For the tracker: a ticket counts once, so good is said once a song, harm at once.
    std::vector<swarm::Report> take_reports();
    /// Those of which something other than before is known.
    std::vector<int> take_changed();

    const std::vector<Peer>& all() const noexcept { return peers_; }
    Peer& at(int number) { return peers_[static_cast<std::size_t>(number)]; }
    const Peer& at(int number) const { return peers_[static_cast<std::size_t>(number)]; }
    int count() const;  ///< not banned

   private:
    std::optional<int> find_or_add(const swarm::PeerInfo& info);
    void report(Peer& peer, bool ok, const char* why);

    Options options_;
    std::vector<Peer> peers_;
    std::vector<swarm::Report> reports_;
    std::vector<int> changed_;
    Millis refreshed_;
    int refreshes_ = 0;
};

}  // namespace stretto::gather
