#include "gather/fetching.hpp"

#include <sysexits.h>

#include <algorithm>

#include "abr/shape.hpp"

namespace stretto::gather {
namespace {

constexpr double tick_s = 0.1;
constexpr int most_index_tries = 14;  // after that, whole chunks are requested from edges
constexpr int many_peers = 8;

}  // namespace

Fetching::Fetching(Edges& edges, const Options& options, const Wish& wish)
    : Conductor(edges, options), wish_(wish) {}

double Fetching::due(double now) const {
    return found() ? now + tick_s : std::max(now + tick_s, retry_.not_before());
}

bool Fetching::eager(double now) const {
    return batch_ && !over() && batch_->picker.edge_wanted(millis(now));
}

void Fetching::on_found(double now) {
    const auto& renditions = shape().renditions;
    while (rendition_ + 1 < static_cast<int>(renditions.size()) &&
           renditions[static_cast<std::size_t>(rendition_ + 1)].kbps <= wish_.kbps)
        ++rendition_;
    const auto r = static_cast<std::size_t>(rendition_);
    std::vector<std::uint32_t> sizes;
    for (const auto& chunk : renditions[r].chunks) sizes.push_back(chunk.bytes);
    Picker::Options how;
    how.in_order = wish_.in_order || !peers_;  // there are no peers that need rare chunks
    how.alone = !wish_.in_order && !peers_;
    if (wish_.peers_first) how.enough = enough_of_peers();
    batch_ = std::make_unique<Batch>(Batch{Picker{sizes, how, wish_.seed}, rendition_, 0, {}, {}});
    batch_->asked = now;
    batch_->each = true;
    ready_.assign(sizes.size(), false);
    if (r < found_->kept.size())
        for (std::size_t k = 0; k < sizes.size() && k < found_->kept[r].size(); ++k)
            if (found_->kept[r][k]) {
                picker().have_chunk(static_cast<int>(k));
                ready_[k] = true;
            }
    on_peers(now);
    adopt_early(now);
    deliver();
}

double Fetching::enough_of_peers() const { return 2 * abr::bytes_per_second(shape(), rendition_); }

void Fetching::spare_edges() {
    wish_.peers_first = true;
    if (batch_) picker().enough_of_peers(enough_of_peers());
}

/// Whether the first chunk, requested by bitrate, belongs to the selected rendition.
void Fetching::adopt_early(double now) {
    auto* t = transfer(early_);
    if (!t) return;
    const bool ours =
        !ready_[0] &&
        t->ask.kbps >= shape().renditions[static_cast<std::size_t>(rendition_)].kbps &&
        t->got <= chunk_of(rendition_, 0).bytes;
    if (!ours) {
        came(*t, 0, false, now);
        return cancel(std::exchange(early_, -1));
    }
    const auto order = picker().adopt(0, millis(t->asked));
    t->ask.rendition = rendition_;
    t->ask.stop = t->ask.whole = chunk_of(rendition_, 0).bytes;
    t->batch = batch_.get();
    t->order = order.number;
    batch_->numbers[order.number] = t->ask.number;
    if (t->got > 0) picker().received(order.number, t->got, millis(now));
    if (t->whole) on_ended(*t, now);
}

void Fetching::look(double now) {
    pump(*batch_, now);
    deliver();
    if (complete()) return finish({});
    if (!divided_ && (wish_.index || !picker().complete())) ask_index(now);
    const bool enough = picker().useful_peers(millis(now), many_peers) >= many_peers &&
                        picker().peers_suffice(millis(now));
    refresh_peers(rendition_, enough, now);
    poll_peers(rendition_, now);
}

/// Request the index from an edge or, because its hash is known, from any peer. A chunk is
/// requested before it, because the manifest's connection is past its slow start.
void Fetching::ask_index(double now) {
    if (index_ >= 0 || now < index_not_before_ || index_tries_ >= most_index_tries) return;
    Ask wanted;
    wanted.what = Ask::What::index;
    wanted.rendition = rendition_;
    const auto edge = edges_.current(now);
    const int known = peers_ ? static_cast<int>(peers_->all().size()) : 0;
    if (known > 0 && (!edge || index_tries_ % 2 == 1)) {
        wanted.from = Ask::From::peer;
        wanted.source = index_tries_ / 2 % known;
    } else if (edge) {
        wanted.source = *edge;
    } else {
        return;  // only whole chunks can be requested
    }
    index_ = ask(wanted, now);
}

void Fetching::on_index(int, double) {
    index_ = -1;
    divided_ = true;
    std::vector<std::vector<std::uint32_t>> starts;
    for (const auto& chunk : shape().renditions[static_cast<std::size_t>(rendition_)].chunks) {
        starts.emplace_back();
        for (const auto& piece : chunk.pieces) starts.back().push_back(piece.offset);
    }
    picker().set_pieces(starts);
    retry_.given({Object::What::index, rendition_});
}

void Fetching::on_mistaken(Transfer& t, double now) {
    picker().failed(t.order, Fault::busy, millis(now));
    batch_->numbers.erase(t.order);
    came(t, 0, false, now);
    cancel(std::exchange(early_, -1));
}

void Fetching::on_peers(double) {
    if (!peers_ || !batch_) return;
    for (const int n : peers_->take_changed())
        if (peers_->at(n).retired)
            picker().drop_peer(n);
        else
            // whole chunks alone: pieces of others brought one point in a flash crowd, and made
            // twenty songs among evil peers a tenth of a second longer
            picker().set_peer(n, peers_->at(n).have[static_cast<std::size_t>(rendition_)].chunks,
                              peers_->at(n).worth());
}

void Fetching::on_received(Transfer& t, std::uint32_t bytes, double now) {
    if (t.batch) picker().received(t.order, bytes, millis(now));
}

void Fetching::on_piece(Transfer& t, int piece, double now) {
    const int chunk = t.ask.chunk;
    const auto& pieces = chunk_of(rendition_, chunk).pieces;
    const auto at = static_cast<std::size_t>(piece);
    const auto end =
        at + 1 < pieces.size() ? pieces[at + 1].offset : chunk_of(rendition_, chunk).bytes;
    const auto bytes = end - pieces[at].offset;
    const bool fresh = !picker().complete(chunk) && !picker().has_piece(chunk, piece);
    picker().piece_done(t.order, piece, millis(now));
    if (!fresh) {
        t.right -= bytes;
        return;
    }
    retry_.progress();
    if (t.ask.from == Ask::From::peer) {
        peers_->gave(t.ask.source, bytes);
        batch_->by_peer[t.ask.source] += bytes;
    }
    if (picker().complete(chunk)) step(Check{rendition_, chunk});
}

void Fetching::on_ended(Transfer& t, double now) {
    t.whole = true;
    if (!t.batch) return;  // the first chunk, before the manifest has arrived
    const auto ask = t.ask;
    if (t.got < ask.stop - ask.begin)
        return batch_failed(t, {Fault::broken, "the answer was cut short"}, now);
    if (t.ask.end_piece > t.next_piece)
        return batch_failed(t, {Fault::wrong, "its bytes do not match their hash"}, now);
    // without pieces, the bytes are compared with the chunk's hash when all have arrived
    const bool unproved = ask.end_piece == 0 && !picker().complete(ask.chunk);
    if (unproved) {
        t.right = t.got;
        picker().have_chunk(ask.chunk);
        whole_[ask.chunk] = ask.source;
        step(Check{rendition_, ask.chunk});
    }
    picker().finished(t.order, millis(now));
    batch_->numbers.erase(t.order);
    if (ask.from == Ask::From::peer)
        peers_->worked(ask.source, t.got, millis(now) - millis(t.asked));
    else
        edges_.worked(ask.source);
    came(t, 0, true, now);
    transfers_.erase(ask.number);
}

void Fetching::on_failed(Transfer& t, const Failure& failure, double now) {
    if (t.ask.what == Ask::What::index) {
        blame(t, {Object::What::index, rendition_}, failure, now);
        index_not_before_ =
            now + options_.retry.first_pause_s * (1 << std::min(index_tries_ / 2, 5));
        ++index_tries_;
        index_ = -1;
        transfers_.erase(t.ask.number);
        return;
    }
    if (t.ask.number == early_) early_ = -1;
    if (t.batch) return batch_failed(t, failure, now);
    transfers_.erase(t.ask.number);
}

void Fetching::checked(int rendition, int chunk, bool right, double now) {
    if (over() || rendition != rendition_) return;
    const auto k = static_cast<std::size_t>(chunk);
    if (right) {
        ready_[k] = true;
        whole_.erase(chunk);
        retry_.given({Object::What::chunk, rendition, chunk});
        return deliver();
    }
    picker().lost_chunk(chunk);
    const Failure wrong{Fault::wrong, "its bytes do not match their hash"};
    // each piece was correct, so the bytes match the index: another request would not help
    const auto from = whole_.find(chunk);
    if (from == whole_.end())
        return finish({EX_DATAERR, "the song's index contradicts its manifest"});
    const int source = from->second;
    whole_.erase(from);
    edges_.failed(source, now, Fault::wrong);
    retry_.failed(now, true, {Object::What::chunk, rendition, chunk}, source, wrong, sources());
    picker().pause_edge(millis(retry_.not_before()));
}

/// The chunk is no longer cached, because another program has removed it.
void Fetching::lost(int rendition, int chunk, double) {
    if (over() || rendition != rendition_) return;
    ready_[static_cast<std::size_t>(chunk)] = false;
    picker().lost_chunk(chunk);
    delivered_ = std::min(delivered_, chunk);
}

/// Deliver complete chunks in order.
void Fetching::deliver() {
    while (delivered_ < shape().chunks() && ready_[static_cast<std::size_t>(delivered_)])
        step(Deliver{rendition_, delivered_++});
}

}  // namespace stretto::gather
