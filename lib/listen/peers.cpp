#include "listen/peers.hpp"

#include <algorithm>

#include "http/ask.hpp"
#include "peer/have.hpp"
#include "song/manifest.hpp"
#include "swarm/reach.hpp"

namespace stretto::listen {
namespace {

constexpr gather::Millis between_refreshes = 5000;  // of the tracker's list, while loading
constexpr gather::Millis first_refresh = 1000;      // then after twice the time each
constexpr gather::Millis between_polls = 700;       // of what one peer has
constexpr std::size_t most_peers = 24;

http::Upstream::Limits peer_limits() {
    http::Upstream::Limits limits;
    limits.connections = 3;
    limits.connect = std::chrono::milliseconds{2000};
    limits.stall = std::chrono::seconds{5};
    return limits;
}

std::vector<bool> chunks_of(const std::vector<swarm::ChunkRange>& ranges, std::size_t chunks) {
    std::vector<bool> have(chunks);
    for (const auto& range : ranges)
        for (int k = range.first; k <= range.last && k < static_cast<int>(chunks); ++k)
            have[static_cast<std::size_t>(k)] = true;
    return have;
}

}  // namespace

bool Peer::has(int kbps, int chunk) const {
    const auto here = have.find(kbps);
    return here != have.end() && here->second[static_cast<std::size_t>(chunk)];
}

Peers::Peers(const Around& around, std::string song_id, std::size_t chunks, Calls calls)
    : around_(around),
      id_(std::move(song_id)),
      chunks_(chunks),
      calls_(std::move(calls)),
      refreshed_(now()) {}

std::string Peers::path(int kbps) const { return "/songs/" + id_ + "/" + song::index_path(kbps); }

/// nullptr: not to be connected to, or one too many.
Peer* Peers::known(const swarm::PeerInfo& info) {
    const auto endpoint = swarm::parse_peer_url(info.url);
    if (!endpoint || !swarm::may_connect(*endpoint, swarm::Role::peer, around_.local_peers))
        return nullptr;
    if (around_.tracker && info.peer_id == around_.tracker->peer_id()) return nullptr;
    const auto found =
        std::ranges::find_if(peers_, [&](const auto& peer) { return peer->info.url == info.url; });
    if (found != peers_.end()) return found->get();
    if (peers_.size() >= most_peers) return nullptr;
    auto peer = std::make_shared<Peer>();
    peer->number = static_cast<int>(peers_.size());
    peer->upstream = std::make_unique<http::Upstream>(around_.loop, info.url, peer_limits());
    peers_.push_back(std::move(peer));
    return peers_.back().get();
}

void Peers::add(const std::vector<swarm::PeerInfo>& peers) {
    if (!around_.peers) return;
    for (const auto& info : peers) {
        auto* peer = known(info);
        if (!peer) continue;
        peer->info = info;
        for (const auto& [kbps, ranges] : info.have) {
            if (peer->heard.contains(kbps)) continue;  // what it said itself is newer
            peer->have[kbps] = chunks_of(ranges, chunks_);
            calls_.changed(*peer, kbps);
        }
    }
    if (around_.kept) around_.kept->others(id_, static_cast<int>(peers.size()));
    calls_.heard();
}

void Peers::refresh(int kbps, bool enough) {
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (!around_.tracker || !around_.peers || now() - refreshed_ < wait) return;
    if (enough && now() - refreshed_ < 6 * between_refreshes) return;
    refreshed_ = now();
    ++refreshes_;
    around_.tracker->peers(id_, kbps, 16, [this, alive = std::weak_ptr{alive_}](auto peers) {
        if (!alive.expired() && peers) add(*peers);
    });
}

void Peers::note_have(Peer& peer, int kbps, const http::Fields& fields) {
    const auto said = fields.joined("Stretto-Have");
    if (!said) return;
    const auto have = peer::parse_have(*said, chunks_);
    if (!have) return;
    peer.heard[kbps] = now();
    peer.have[kbps] = *have;
    calls_.changed(peer, kbps);
}

void Peers::poll(int kbps) {
    if (!around_.peers) return;
    for (auto& peer : peers_) {
        const auto heard = peer->heard.find(kbps);
        const auto last = std::max(peer->asked, heard == peer->heard.end() ? 0 : heard->second);
        if (peer->asking || peer->banned || (last > 0 && now() - last < between_polls)) continue;
        if (heard != peer->heard.end() &&
            std::ranges::all_of(peer->have[kbps], [](bool here) { return here; }))
            continue;
        peer->asking = true;
        http::ask(*peer->upstream, {"HEAD", path(kbps), 1, {}}, {}, 65536,
                  [this, peer, kbps, alive = std::weak_ptr{alive_}](const http::Whole& got) {
                      if (alive.expired()) return;
                      peer->asking = false;
                      // who does not answer is asked again ever more rarely
                      peer->asked = got.status == 0 ? now() + 5000 : now();
                      note_have(*peer, kbps, got.fields);
                      calls_.heard();
                  });
    }
}

void Peers::report(Peer& peer, bool ok, const std::string& why) {
    if (!around_.tracker || peer.reported || peer.info.ticket.empty()) return;
    peer.reported = true;
    around_.tracker->report(
        {peer.info.ticket, ok, why, peer.ms, static_cast<std::int64_t>(peer.bytes)});
}

void Peers::ban(Peer& peer) {
    peer.banned = true;
    peer.reported = false;
    report(peer, false, "hash");
}

}  // namespace stretto::listen
