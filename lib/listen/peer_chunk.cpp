#include "listen/peer_chunk.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "listen/ranges.hpp"

namespace stretto::listen {
namespace {

constexpr std::chrono::milliseconds tick{100};
constexpr gather::Millis soon = 1000;
constexpr gather::Millis busy_pause = 500, broken_pause = 5000, stalled_pause = 3000;

gather::Picker::Options how(double edge_bytes_per_s) {
    gather::Picker::Options options;
    options.in_order = true;
    options.edge_bytes_per_s = edge_bytes_per_s;
    return options;
}

gather::Millis pause_after(gather::Fault fault) {
    switch (fault) {
        case gather::Fault::busy:
            return busy_pause;
        case gather::Fault::stalled:
            return stalled_pause;
        case gather::Fault::broken:
            return broken_pause;
        case gather::Fault::missing:
        case gather::Fault::wrong:
            break;
    }
    return 0;
}

}  // namespace

struct PeerChunk::Transfer {
    gather::Order order;
    std::shared_ptr<Peer> peer;
    std::unique_ptr<http::Fetch> fetch;
    gather::Millis started = 0;
    std::uint64_t skip = 0;
    Bytes data;
    int next_piece = 0;
    bool ended = false;
};

PeerChunk::PeerChunk(const Around& around, Peers& peers, What what, Calls calls)
    : around_(around),
      peers_(peers),
      what_(std::move(what)),
      calls_(std::move(calls)),
      picker_({what_.bytes}, how(what_.edge_bytes_per_s), static_cast<std::uint32_t>(what_.chunk)),
      chunk_(what_.bytes),
      tick_(around.loop, [this] { pump(); }) {
    std::vector<std::uint32_t> starts;
    for (const auto& piece : what_.pieces) starts.push_back(piece.offset);
    picker_.set_pieces({starts});
    picker_.pause_edge(std::numeric_limits<gather::Millis>::max());
    tick_.every(tick);
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) pump();
    });
}

PeerChunk::~PeerChunk() { stop(); }

void PeerChunk::pump() {
    if (over_now_) return;
    over_.clear();
    for (const int number : picker_.late(now()))
        if (const auto found = transfers_.find(number); found != transfers_.end()) {
            const auto late = found->second;
            late->peer->not_before = now() + stalled_pause;
            late->peer->speed = late->peer->expected() / 2;
            peers_.report(*late->peer, false, "stalled");
            end(*late);
        }
    for (const auto& peer : peers_.all())
        if (!peer->banned && peer->not_before <= now() && peer->has(what_.kbps, what_.chunk))
            picker_.set_peer(peer->number, {true}, peer->expected());
    for (const auto& wanted : picker_.pick(now())) order(wanted);
    if (!transfers_.empty() || over_now_ || somebody_may()) return;
    over_now_ = true;
    calls_.failed();
}

/// Whoever is only busy may give it in a moment.
bool PeerChunk::somebody_may() const {
    return std::ranges::any_of(peers_.all(), [&](const auto& peer) {
        return !peer->banned && peer->not_before < now() + soon &&
               peer->has(what_.kbps, what_.chunk);
    });
}

void PeerChunk::stop() {
    over_now_ = true;
    tick_.stop();
    for (auto& [number, transfer] : transfers_) {
        transfer->ended = true;
        over_.push_back(std::move(transfer->fetch));  // which holds its transfer
    }
    transfers_.clear();
}

void PeerChunk::order(const gather::Order& wanted) {
    const auto transfer = std::make_shared<Transfer>();
    transfer->order = wanted;
    transfer->peer = peers_.at(wanted.source);
    transfer->started = now();
    transfer->next_piece = wanted.first;
    transfers_[wanted.number] = transfer;
    http::Request request{"GET", what_.target, 1, {}};
    if (wanted.begin > 0 || wanted.stop < what_.whole)
        request.fields.add("Range", text("bytes=", wanted.begin, "-", wanted.stop - 1));
    auto calls = while_it_lasts(
        alive_, transfer, [this](Transfer& t, const http::Response& head) { on_head(t, head); },
        [this](Transfer& t, BytesView bytes) { return on_data(t, bytes); },
        [this](Transfer& t, const http::Failure* failure) { on_end(t, failure == nullptr); });
    transfer->fetch = transfer->peer->upstream->fetch(request, {}, std::move(calls));
}

void PeerChunk::on_head(Transfer& transfer, const http::Response& head) {
    peers_.note_have(*transfer.peer, what_.kbps, head.fields);
    const auto skip = skipped(head, transfer.order.begin, transfer.order.stop);
    if (!skip) return fail(transfer, fault_of(head.status));
    transfer.skip = *skip;
}

bool PeerChunk::on_data(Transfer& transfer, BytesView bytes) {
    const auto& order = transfer.order;
    if (first_byte_s_ < 0) first_byte_s_ = static_cast<double>(now()) / 1000;
    picker_.received(order.number, static_cast<std::uint32_t>(bytes.size()), now());
    const auto skip = std::min<std::uint64_t>(transfer.skip, bytes.size());
    transfer.skip -= skip;
    bytes = bytes.subspan(skip);
    if (bytes.size() > order.stop - order.begin - transfer.data.size()) {
        fail(transfer, gather::Fault::wrong);  // a peer has nothing to say behind that
        return false;
    }
    append(transfer.data, bytes);
    if (!take_pieces(transfer)) return false;
    pass_on();
    return !transfer.ended;
}

std::uint32_t PeerChunk::end_of(int piece) const {
    const auto next = static_cast<std::size_t>(piece) + 1;
    return next < what_.pieces.size() ? what_.pieces[next].offset : what_.bytes;
}

/// Pieces that are whole by now. @return false: one is wrong, and the transfer has failed
bool PeerChunk::take_pieces(Transfer& transfer) {
    const auto& order = transfer.order;
    while (transfer.next_piece < order.end) {
        const auto& piece = what_.pieces[static_cast<std::size_t>(transfer.next_piece)];
        const auto stop = end_of(transfer.next_piece);
        if (stop - order.begin > transfer.data.size()) return true;
        const auto bytes =
            BytesView{transfer.data}.subspan(piece.offset - order.begin, stop - piece.offset);
        if (song::piece_hash(bytes) != piece.hash) {
            fail(transfer, gather::Fault::wrong);
            return false;
        }
        std::ranges::copy(bytes, chunk_.begin() + piece.offset);
        by_peer_[order.source] += bytes.size();
        transfer.peer->bytes += bytes.size();
        picker_.piece_done(order.number, transfer.next_piece++, now());
    }
    return true;
}

/// What is there without a hole before it.
void PeerChunk::pass_on() {
    const int from = passed_;
    const auto pieces = static_cast<int>(what_.pieces.size());
    while (passed_ < pieces && picker_.has_piece(0, passed_)) ++passed_;
    if (passed_ == from) return;
    const auto begin = what_.pieces[static_cast<std::size_t>(from)].offset;
    calls_.bytes(BytesView{chunk_}.subspan(begin, end_of(passed_ - 1) - begin));
}

void PeerChunk::on_end(Transfer& transfer, bool whole) {
    const auto& order = transfer.order;
    if (!whole || transfer.data.size() < order.stop - order.begin)
        return fail(transfer, gather::Fault::broken);
    auto& peer = *transfer.peer;
    const auto took = std::max<gather::Millis>(1, now() - transfer.started);
    const double speed =
        static_cast<double>(transfer.data.size()) * 1000 / static_cast<double>(took);
    peer.speed = peer.speed > 0 ? 0.6 * peer.speed + 0.4 * speed : speed;
    peer.ms += took;
    peers_.report(peer, true, "");
    picker_.finished(order.number, now());
    end(transfer);
    if (!picker_.complete()) return pump();
    over_now_ = true;
    calls_.ended();
}

void PeerChunk::fail(Transfer& transfer, gather::Fault fault) {
    auto& peer = *transfer.peer;
    peer.not_before = now() + pause_after(fault);
    if (fault == gather::Fault::missing)
        peer.have[what_.kbps][static_cast<std::size_t>(what_.chunk)] = false;
    if (fault == gather::Fault::broken) peers_.report(peer, false, "broken");
    picker_.failed(transfer.order.number, fault, now());
    end(transfer);
    if (fault == gather::Fault::wrong) {
        peers_.ban(peer);
        calls_.reject(peer, "hash");
    }
    around_.loop.post([this, alive = std::weak_ptr{alive_}] {
        if (!alive.expired()) pump();
    });
}

void PeerChunk::end(Transfer& transfer) {
    transfer.ended = true;
    if (transfer.fetch) over_.push_back(std::move(transfer.fetch));
    transfers_.erase(transfer.order.number);
}

}  // namespace stretto::listen
