#include "gather/conductor.hpp"

#include <sysexits.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "song/ladder.hpp"

namespace stretto::gather {
namespace {

// If another edge is known, an edge below this rate counts as silent. A 2G link carries five times
// as much.
constexpr double least_bytes_per_s = 1000;
constexpr double first_margin = 1.2;   // times the bitrate of the first chunk
constexpr double small_silence_s = 4;  // for small responses, which are needed before all others

}  // namespace

Conductor::Conductor(Edges& edges, const Options& options)
    : edges_(edges), options_(options), retry_(options.retry) {}

const abr::Shape::Chunk& Conductor::chunk_of(int rendition, int chunk) const {
    return found_->shape.renditions[static_cast<std::size_t>(rendition)]
        .chunks[static_cast<std::size_t>(chunk)];
}

std::vector<Step> Conductor::take() {
    if (peers_)
        for (auto& report : peers_->take_reports()) step(Tell{std::move(report)});
    return std::exchange(steps_, {});
}

int Conductor::ask(Ask ask, double now) {
    ask.number = numbers_++;
    Transfer transfer;
    transfer.ask = ask;
    transfer.asked = transfer.last = now;
    transfer.next_piece = ask.first_piece;
    transfers_.emplace(ask.number, std::move(transfer));
    step(ask);
    return ask.number;
}

void Conductor::cancel(int number) {
    if (transfers_.erase(number) > 0) step(Cancel{number});
}

Conductor::Transfer* Conductor::transfer(int number) {
    const auto found = transfers_.find(number);
    return found == transfers_.end() ? nullptr : &found->second;
}

const Ask* Conductor::asked(int number) const {
    const auto found = transfers_.find(number);
    return found == transfers_.end() ? nullptr : &found->second.ask;
}

void Conductor::finish(const End& end) {
    if (over_) return;
    over_ = true;
    while (!transfers_.empty()) cancel(transfers_.begin()->first);
    step(end);
}

// ---- song lookup

void Conductor::start(double now, std::optional<Found> kept) {
    if (!kept) return look_for_song(now);
    take_song(std::move(*kept), now);
    if (const auto edge = edges_.current(now); edge && options_.check_name)
        ask_manifest(*edge, now);
}

/// Ask known edges at once, and at the same time the tracker, which may know nearer ones.
void Conductor::look_for_song(double now) {
    if (now < retry_.not_before()) return;
    if (options_.tracker && !tracker_asked_) ask_song(now);
    const auto edge = edges_.current(now);
    if (!edge) {
        if (song_ >= 0) return;
        if (!options_.tracker) return finish({EX_UNAVAILABLE, "no edge is known"});
        return ask_song(now);
    }
    if (manifest_ >= 0) return;
    ask_manifest(*edge, now);
    if (early_ >= 0 || options_.first_kbps <= 0 || retry_.failures() > 0) return;
    if (options_.tracker && !options_.first_beside_tracker) return;
    // its path is known before the manifest, and the initial bitrate is nearly certain
    Ask wanted;
    wanted.what = Ask::What::first;
    wanted.source = *edge;
    wanted.kbps = first_kbps();
    early_ = ask(wanted, now);
}

int Conductor::first_kbps() const {
    if (options_.first_least_kbps <= 0 || edges_.rate() <= 0) return options_.first_kbps;
    // a usual one, because caches keep the response of each requested bitrate
    int carried = song::default_ladder[0];
    for (const int kbps : song::default_ladder)
        if (kbps * 125 * first_margin <= edges_.rate()) carried = kbps;
    return std::min(options_.first_kbps, std::max(options_.first_least_kbps, carried));
}

void Conductor::ask_manifest(int edge, double now) {
    Ask wanted;
    wanted.what = Ask::What::manifest;
    wanted.source = edge;
    wanted.fresh = edges_.at(edge).wrong;
    manifest_ = ask(wanted, now);
}

void Conductor::ask_song(double now) {
    tracker_asked_ = true;
    Ask wanted;
    wanted.what = Ask::What::song;
    wanted.from = Ask::From::tracker;
    song_ = ask(wanted, now);
}

void Conductor::take_song(Found song, double now) {
    found_ = std::move(song);
    retry_.given({Object::What::manifest});
    if (options_.peers) meet_peers(now);
    on_found(now);
}

void Conductor::found(int number, Found song, double now) {
    if (!transfer(number)) return;
    if (const auto from = transfer(number)->ask; from.from == Ask::From::edge)
        edges_.worked(from.source);
    transfers_.erase(number);
    manifest_ = -1;
    if (!found_) take_song(std::move(song), now);
}

void Conductor::song_said(int number, std::vector<swarm::PeerInfo> peers,
                          std::optional<Found> found, const std::string& no_edge, double now) {
    if (!transfer(number)) return;
    transfers_.erase(number);
    song_ = -1;
    if (peers_) {
        peers_->add(peers, millis(now));
        on_peers(now);
    } else {
        named_ = std::move(peers);
    }
    if (found_) return;
    if (edges_.empty()) return finish({EX_UNAVAILABLE, no_edge});
    if (found) return take_song(std::move(*found), now);
    look_for_song(now);
}

void Conductor::meet_peers(double now) {
    Peers::Options how;
    for (const auto& r : found_->shape.renditions) how.kbps.push_back(r.kbps);
    how.chunks = found_->shape.chunks();
    how.self = options_.self;
    how.local = options_.local_peers;
    how.rtc = options_.rtc_peers;
    peers_.emplace(std::move(how), millis(now));
    peers_->add(std::exchange(named_, {}));
}

// ---- responses

void Conductor::peers_said(int number, const std::vector<swarm::PeerInfo>& peers, double now) {
    if (!transfer(number)) return;
    transfers_.erase(number);
    peers_->add(peers, millis(now));
    on_peers(now);
}

void Conductor::have_said(int number, Have have, double now) {
    const auto* t = transfer(number);
    if (!t || t->ask.from != Ask::From::peer) return;
    peers_->said(t->ask.source, t->ask.rendition, std::move(have), millis(now));
    on_peers(now);
}

void Conductor::index_said(int number, Pieces pieces, double now) {
    const auto* t = transfer(number);
    if (!t) return;
    const int rendition = t->ask.rendition;
    if (t->ask.from == Ask::From::edge) edges_.worked(t->ask.source);
    transfers_.erase(number);
    auto& chunks = found_->shape.renditions[static_cast<std::size_t>(rendition)].chunks;
    assert(pieces.size() == chunks.size());
    for (std::size_t k = 0; k < chunks.size(); ++k) chunks[k].pieces = std::move(pieces[k]);
    on_index(rendition, now);
}

void Conductor::began(int number, int kbps, double now) {
    auto* t = transfer(number);
    if (!t || number != early_) return;
    t->ask.kbps = kbps;
    if (!found_) return;
    const auto& known = found_->shape.renditions;
    if (kbps == 0 || kbps == known[static_cast<std::size_t>(t->ask.rendition)].kbps) return;
    // not the edge's fault: we guessed the rendition that it would send
    on_mistaken(*t, now);
}

void Conductor::received(int number, std::uint32_t bytes, double now) {
    auto* t = transfer(number);
    if (!t || bytes == 0) return;
    if (t->first < 0) t->first = now;
    t->last = std::min(now, t->last + bytes / least_bytes_per_s);
    t->got += bytes;
    if (t->ask.what == Ask::What::part || t->ask.what == Ask::What::first)
        on_received(*t, bytes, now);
}

void Conductor::piece(int number, double now) {
    auto* t = transfer(number);
    if (!t || t->next_piece >= t->ask.end_piece) return;
    const int piece = t->next_piece++;
    const auto& chunk = chunk_of(t->ask.rendition, t->ask.chunk);
    const auto at = static_cast<std::size_t>(piece);
    const auto end = at + 1 < chunk.pieces.size() ? chunk.pieces[at + 1].offset : chunk.bytes;
    const auto bytes = std::min(end, t->ask.stop) - chunk.pieces[at].offset;
    t->right += bytes;
    on_piece(*t, piece, now);
}

void Conductor::ended(int number, double now) {
    auto* t = transfer(number);
    if (!t) return;
    switch (t->ask.what) {
        case Ask::What::poll:
            peers_->polled(t->ask.source, true, millis(now));
            transfers_.erase(number);
            on_peers(now);
            break;
        case Ask::What::part:
        case Ask::What::first:
        case Ask::What::headers:
            on_ended(*t, now);
            break;
        case Ask::What::song:
        case Ask::What::peers:
        case Ask::What::manifest:
        case Ask::What::index:
            assert(false);  // these requests end with their responses
    }
}

void Conductor::failed(int number, const Failure& failure, double now) {
    auto* t = transfer(number);
    if (!t) return;
    const auto ask = t->ask;
    switch (ask.what) {
        case Ask::What::song:
            transfers_.erase(number);
            song_ = -1;
            if (found_ || manifest_ >= 0) break;
            if (!edges_.empty()) break;  // they are asked later
            if (failure.fault == Fault::missing) return finish({EX_UNAVAILABLE, failure.why});
            retry_.failed(now, needed(), {Object::What::manifest}, tracker_source, failure, 1);
            break;
        case Ask::What::peers:
            transfers_.erase(number);
            break;
        case Ask::What::poll:
            peers_->polled(ask.source, false, millis(now));
            transfers_.erase(number);
            break;
        case Ask::What::manifest:
            if (!found_) blame(*t, {Object::What::manifest}, failure, now);
            transfers_.erase(number);
            manifest_ = -1;
            break;
        case Ask::What::first:
            if (!found_) {  // the manifest will list the renditions
                early_ = -1;
                transfers_.erase(number);
                break;
            }
            // a server need not support that path; it may have the chunk under another one
            if (failure.fault == Fault::missing) return on_mistaken(*t, now);
            [[fallthrough]];
        case Ask::What::index:
        case Ask::What::headers:
        case Ask::What::part:
            on_failed(*t, failure, now);
            break;
    }
}

void Conductor::blame(const Transfer& transfer, const Object& object, const Failure& failure,
                      double now) {
    if (transfer.ask.from != Ask::From::edge) return;
    edges_.failed(transfer.ask.source, now, failure.fault);
    retry_.failed(now, needed(), object, transfer.ask.source, failure, sources());
}

void Conductor::came(const Transfer& transfer, std::int64_t used, bool whole, double now) {
    Came came;
    came.ask = transfer.ask;
    came.bytes = transfer.got;
    came.right = transfer.right;
    came.asked = transfer.asked;
    came.first = transfer.first;
    came.ended = now;
    came.used = used;
    came.whole = whole;
    step(came);
}

void Conductor::act(double now, const Heard& heard) {
    heard_ = heard;
    if (over_) return;
    drop_slow(now);
    if (over_) return;
    if (found_)
        look(now);
    else
        look_for_song(now);
    if (over_) return;
    if (const auto end = retry_.end(now, needed())) finish(*end);
}

/// Cancel small responses of a silent or very slow edge if another edge is known. The session and
/// the picker do this for chunks.
void Conductor::drop_slow(double now) {
    if (sources() < 2) return;
    std::vector<int> slow;
    for (const auto& [number, t] : transfers_) {
        const bool small = t.ask.what == Ask::What::manifest || t.ask.what == Ask::What::index ||
                           t.ask.what == Ask::What::headers ||
                           (t.ask.what == Ask::What::first && !found_);
        if (small && t.ask.from == Ask::From::edge && now - t.last >= small_silence_s)
            slow.push_back(number);
    }
    for (const int number : slow) {
        if (!transfer(number) || over_) continue;
        step(Cancel{number});
        failed(number, {Fault::stalled, "it is too slow"}, now);
    }
}

// ---- peers and their pieces

void Conductor::refresh_peers(int rendition, bool enough, double now) {
    if (!peers_ || !options_.tracker || !peers_->refresh(millis(now), enough)) return;
    Ask wanted;
    wanted.what = Ask::What::peers;
    wanted.from = Ask::From::tracker;
    wanted.rendition = rendition;
    ask(wanted, now);
}

void Conductor::poll_peers(int rendition, double now, bool rarely) {
    if (!peers_) return;
    for (const int peer : peers_->polls(millis(now), rendition, rarely)) {
        Ask wanted;
        wanted.what = Ask::What::poll;
        wanted.from = Ask::From::peer;
        wanted.source = peer;
        wanted.rendition = rendition;
        ask(wanted, now);
    }
}

/// Cancel late orders and those that other sources completed, and send new ones.
void Conductor::pump(Batch& batch, double now) {
    const auto time = millis(now);
    batch.picker.least_of_edge(sources() > 1 ? least_bytes_per_s : 0);
    for (const int order : batch.picker.late(time))
        if (const auto found = batch.numbers.find(order); found != batch.numbers.end()) {
            auto& late = transfers_.at(found->second);
            step(Cancel{late.ask.number});
            batch_failed(late, {Fault::stalled, "nothing comes"}, now);
        }
    for (const int order : batch.picker.superfluous())
        if (const auto found = batch.numbers.find(order); found != batch.numbers.end()) {
            auto& late = transfers_.at(found->second);
            if (late.got == late.ask.stop - late.ask.begin) continue;  // all bytes have arrived
            batch.picker.failed(order, Fault::busy, time - 1000);
            if (batch.each) came(late, 0, false, now);
            const int number = late.ask.number;
            batch.numbers.erase(found);
            cancel(number);
        }
    for (const auto& order : batch.picker.pick(time)) {
        Ask wanted;
        wanted.rendition = batch.rendition;
        wanted.chunk = batch.chunk + order.chunk;
        wanted.begin = order.begin;
        wanted.stop = order.stop;
        wanted.whole = chunk_of(wanted.rendition, wanted.chunk).bytes;
        if (!chunk_of(wanted.rendition, wanted.chunk).pieces.empty()) {
            wanted.first_piece = order.first;
            wanted.end_piece = order.end;
        }
        if (order.source == Order::edge) {
            const auto edge = edges_.current(now);
            if (!edge) {
                batch.picker.failed(order.number, Fault::broken, time);
                retry_.failed(now, needed(), {Object::What::chunk, wanted.rendition, wanted.chunk},
                              tracker_source, {Fault::broken, "no edge is known"}, 1);
                batch.picker.pause_edge(millis(retry_.not_before()));
                continue;
            }
            wanted.source = *edge;
            wanted.fresh = edges_.at(*edge).wrong;
        } else {
            wanted.from = Ask::From::peer;
            wanted.source = order.source;
        }
        const int number = ask(wanted, now);
        auto& t = transfers_.at(number);
        t.batch = &batch;
        t.order = order.number;
        batch.numbers[order.number] = number;
    }
}

/// The picker already knows that late orders have failed.
void Conductor::batch_failed(Transfer& transfer, const Failure& failure, double now) {
    const auto fault = failure.fault;
    auto& batch = *transfer.batch;
    const auto& ask = transfer.ask;
    batch.picker.failed(transfer.order, fault, millis(now));
    batch.numbers.erase(transfer.order);
    if (ask.from == Ask::From::peer) {
        peers_->failed(ask.source, fault, ask.rendition, ask.chunk, millis(now));
        if (const auto n = static_cast<std::size_t>(ask.source); n < batch.told.size())
            batch.told[n] = 0;  // the picker may have changed what it knows of it
        if (fault == Fault::wrong) reject(ask, word(fault));
    } else {
        blame(transfer, {Object::What::chunk, ask.rendition, ask.chunk}, failure, now);
        batch.picker.pause_edge(millis(retry_.not_before()));
        if (fault == Fault::wrong) reject(ask, word(fault));
    }
    if (batch.each) came(transfer, 0, false, now);
    transfers_.erase(ask.number);
}

}  // namespace stretto::gather
