#pragma once
// The peers of one song: those that the tracker named, the chunks and the record of each, when to
// poll them, and what to report to the tracker. Knows no socket and no clock.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gather/picker.hpp"
#include "play/session.hpp"
#include "swarm/announce.hpp"

namespace stretto::gather {

/// What one song knows of a peer.
struct Peer {
    // first what is looked at most often
    bool asking = false, reported = false, banned = false;
    bool retired = false;        ///< replaced by another peer
    std::uint32_t revision = 0;  ///< changes with `have`
    Millis not_before = 0;       ///< send it no request for chunks before this time
    std::vector<Have> have;      ///< per rendition
    double speed = 0;            ///< measured bytes/s of one order; 0: not measured yet
    Millis polled = 0;
    std::vector<Millis> heard;  ///< per rendition: time of its own last Stretto-Have; 0: never
    std::vector<bool> whole;    ///< per rendition: it said that it has all chunks
    int unanswered = 0;         ///< consecutive polls
    std::uint64_t bytes = 0;    ///< correct bytes
    std::uint64_t noted = 0;    ///< of these, up to the last review
    std::int64_t ms = 0;        ///< duration of its transfers
    swarm::PeerInfo info;       ///< without what it has

    /// The chunk, or pieces of it.
    bool has(int rendition, int chunk) const {
        return have[static_cast<std::size_t>(rendition)].has_some(chunk);
    }
    /// Bytes/s of one order: as measured, or else a quarter of its announced upload rate.
    double expected() const {
        return speed > 0 ? speed : static_cast<double>(info.upload_kbps) * 1000 / 8 / 4;
    }
    /// By which peers are preferred: bytes over WebRTC take 25 to 40 times the CPU of HTTP.
    double worth() const {
        constexpr double of_rtc = 0.25;
        return info.url.starts_with("rtc:") ? of_rtc * expected() : expected();
    }
};

class Peers {
   public:
    struct Options {
        std::vector<int> kbps;  ///< bitrates of the song
        int chunks = 0;         ///< of the song
        std::string self;       ///< our own peer id
        bool local = false;     ///< also allow peers outside of the public internet
        bool rtc = false;       ///< and those that are reached over WebRTC
    };
    Peers(Options options, Millis now);

    /// Add the tracker's list, without forbidden addresses. 24 peers are in use at a time. Each
    /// minute, up to a third of them are replaced: those that sent nothing in that minute.
    void add(const std::vector<swarm::PeerInfo>& peers, Millis now = 0);
    /// Whether the caller should ask the tracker again now. At first this is frequent, because in a
    /// crowd other peers arrive at the same time.
    /// @param enough  enough useful peers are known
    bool refresh(Millis now, bool enough);
    /// The peers to poll now for their chunks of a rendition; a poll is open until polled().
    /// @param rarely  chunks arrive meanwhile: a poll of each peer every two seconds is enough
    std::vector<int> polls(Millis now, int rendition, bool rarely = false);
    /// The chunks that a peer listed in a response.
    void said(int peer, int rendition, Have have, Millis now);
    /// A poll ended. Without a response, the peer is polled less and less often.
    void polled(int peer, bool answered, Millis now);

    /// It sent a correct piece.
    void gave(int peer, std::uint32_t bytes);
    /// A request to it is complete.
    void worked(int peer, std::uint32_t bytes, Millis took);
    /// It failed. Wrong bytes ban it.
    void failed(int peer, Fault fault, int rendition, int chunk, Millis now);
    /// It may get requests for chunks now.
    bool able(int peer, Millis now) const;
    /// It has the chunk, and may get a request for it now or in a moment.
    bool may_give(int rendition, int chunk, Millis now) const;

    /// What peers could send of a chunk, and how fast.
    play::Session::Offer offer(int chunk, Millis now) const;

    /// Reports for the tracker. A ticket counts once, so success is reported once per song and harm
    /// at once.
    std::vector<swarm::Report> take_reports();
    /// The peers whose data has changed.
    std::vector<int> take_changed();

    const std::vector<Peer>& all() const noexcept { return peers_; }
    Peer& at(int number) { return peers_[static_cast<std::size_t>(number)]; }
    const Peer& at(int number) const { return peers_[static_cast<std::size_t>(number)]; }
    int count() const;    ///< not banned
    bool asking() const;  ///< a poll is open

   private:
    std::optional<int> find_or_add(const swarm::PeerInfo& info, Millis now);
    bool make_room(Millis now);
    void report(Peer& peer, bool ok, const char* why);

    Options options_;
    std::vector<Peer> peers_;
    std::vector<swarm::Report> reports_;
    std::vector<int> changed_;
    std::vector<int> leaving_;  // the last one leaves next
    Millis refreshed_, reviewed_;
    int refreshes_ = 0;
};

}  // namespace stretto::gather
