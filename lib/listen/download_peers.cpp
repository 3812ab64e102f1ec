// A download's peers: what they could give, and a chunk of theirs on its way.
#include <algorithm>
#include <cmath>

#include "listen/download_parts.hpp"

namespace stretto::listen {
namespace {

constexpr std::size_t at_a_time = 3;  // peers that one chunk comes from
constexpr double poll_ahead_s = 1.5;  // before a chunk is asked for, what peers have is asked
constexpr int near = 3;               // chunks before the next: who has one of them is where we are

/// Together, those of them that are fastest.
double sum_of_best(std::vector<double> speeds) {
    std::ranges::sort(speeds, std::greater{});
    double sum = 0;
    for (std::size_t i = 0; i < std::min(speeds.size(), at_a_time); ++i) sum += speeds[i];
    return sum;
}

}  // namespace

void Download::meet_peers() {
    if (!around_.peers || !around_.tracker) return;
    Peers::Calls calls;
    calls.changed = [](Peer&, int) {};
    calls.heard = [this] {
        around_.loop.post([this, alive = std::weak_ptr{alive_}] {
            if (!alive.expired() && !transfer_) act();
        });
    };
    peers_ = std::make_unique<Peers>(around_, id_, shape_.chunk_s.size(), std::move(calls));
    peers_->add(std::exchange(named_, {}));
}

int Download::peers() const {
    if (!peers_) return 0;
    return static_cast<int>(
        std::ranges::count_if(peers_->all(), [](const auto& peer) { return !peer->banned; }));
}

/// What peers have of the chunk that is next; and, just before it is asked for, asks them anew.
Session::Offer Download::offer() {
    Session::Offer offer;
    if (!peers_ || session_->complete() || transfer_) return offer;
    const int chunk = session_->chunk();
    const auto time = static_cast<gather::Millis>(around_.loop.now_ms());
    const auto able = [&](const Peer& peer) { return !peer.banned && peer.not_before <= time; };
    for (const auto& r : manifest_.renditions) {
        std::vector<double> speeds;
        for (const auto& peer : peers_->all())
            if (able(*peer) && peer->has(r.kbps, chunk)) speeds.push_back(peer->expected());
        offer.bytes_per_s.push_back(sum_of_best(std::move(speeds)));
    }
    for (const auto& peer : peers_->all()) {
        if (!able(*peer)) continue;
        bool here = false, close = false;
        for (const auto& r : manifest_.renditions) {
            here = here || peer->has(r.kbps, chunk);
            for (int k = std::max(0, chunk - near); k < chunk; ++k)
                close = close || peer->has(r.kbps, k);
        }
        offer.soon = offer.soon || (close && !here);
    }
    const auto heard = calls_.heard();
    const double buffer = static_cast<double>(session_->have() - heard.position) / manifest_.rate;
    const bool enough = std::ranges::any_of(offer.bytes_per_s, [](double b) { return b > 0; });
    const int best = rendition(static_cast<int>(manifest_.renditions.size()) - 1).kbps;
    const int last = last_rendition_ < 0 ? best : rendition(last_rendition_).kbps;
    peers_->refresh(last, enough);
    const double most = heard.heard_s < options_.session.settled_s ? options_.session.lead_s
                                                                   : options_.session.most_s;
    if (buffer < most + poll_ahead_s) peers_->poll((poll_best_ = !poll_best_) ? best : last);
    for (const auto& peer : peers_->all()) offer.asked = offer.asked || peer->asking;
    offer.asked =
        offer.asked || (!peers_->all().empty() && index_.back().empty() && !indexed_.back());
    return offer;
}

/// Bytes [0, stop) of its chunk, where a piece begins, or the chunk ends.
PeerChunk::What Download::of_peers(const Transfer& transfer) const {
    const auto& want = transfer.want;
    const auto r = static_cast<std::size_t>(want.rendition);
    const auto k = static_cast<std::size_t>(want.chunk);
    PeerChunk::What what;
    what.target = path(song::chunk_path(transfer.kbps, want.chunk));
    what.kbps = transfer.kbps;
    what.chunk = want.chunk;
    what.bytes = want.stop;
    what.whole = shape_.renditions[r].chunks[k].bytes;
    for (const auto& piece : index_[r][k])
        if (piece.offset < want.stop) what.pieces.push_back(piece);
    what.edge_bytes_per_s = session_->edge_rate();
    return what;
}

void Download::from_peers(const std::shared_ptr<Transfer>& transfer) {
    const auto& want = transfer->want;
    PeerChunk::Calls calls;
    calls.bytes = [this, transfer](BytesView bytes) {
        if (!transfer->ended) pass_on(*transfer, bytes);
    };
    calls.reject = [this, chunk = want.chunk](Peer& peer, const char* why) {
        calls_.reject(peer.info.peer_id, chunk, why);
    };
    calls.ended = [this, transfer] {
        if (!transfer->ended) on_end(*transfer, nullptr);
    };
    calls.failed = [this, transfer] {
        if (transfer->ended) return;
        session_->failed(transfer->want.number);
        remember(*transfer);
        tell_peers(*transfer);
        drop(*transfer);
        act();
    };
    transfer->peers =
        std::make_unique<PeerChunk>(around_, *peers_, of_peers(*transfer), std::move(calls));
}

/// A line for each of them: its share of the sound is that of its bytes.
void Download::tell_peers(const Transfer& transfer) const {
    const auto& want = transfer.want;
    const auto& row = rendition(want.rendition).chunks[static_cast<std::size_t>(want.chunk)];
    const double audio_ms = static_cast<double>(row.samples) * 1000 / manifest_.rate;
    const double used_ms =
        static_cast<double>(std::max<std::int64_t>(0, session_->have() - transfer.part.from)) *
        1000 / manifest_.rate;
    std::uint64_t all = 0;
    for (const auto& [number, bytes] : transfer.peers->by_peer()) all += bytes;
    for (const auto& [number, bytes] : transfer.peers->by_peer()) {
        const double share = static_cast<double>(bytes) / static_cast<double>(all);
        Came came;
        came.chunk = want.chunk;
        came.kbps = transfer.kbps;
        came.bytes = bytes;
        came.audio_ms = std::llround(audio_ms * static_cast<double>(bytes) / row.bytes);
        came.used_ms = std::llround(used_ms * share);
        came.ms = std::llround((now() - transfer.asked) * 1000);
        came.first_byte_ms =
            std::llround(std::max(0.0, transfer.peers->first_byte_s() - transfer.asked) * 1000);
        came.source = Origin::peer;
        came.from = peers_->at(number)->info.peer_id;
        calls_.came(came);
    }
}

}  // namespace stretto::listen
