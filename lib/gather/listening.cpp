#include "gather/listening.hpp"

#include <algorithm>
#include <limits>
#include <ranges>
#include <tuple>
#include <utility>

#include "abr/shape.hpp"
#include "gather/headers.hpp"

namespace stretto::gather {
namespace {

using play::Session;

constexpr double tick_s = 0.02;
constexpr double pieces_tick_s = 0.1;
constexpr double poll_ahead_s = 1.5;  // peers are polled this long before a chunk is requested
constexpr int peers_a_chunk = 6;
constexpr int most_tail_tries = 3;  // tails are needed only for later plays
constexpr std::uint32_t least_tail_bytes = 16'000;
constexpr double tail_share = 0.7;               // of the time until playback needs the link again
constexpr std::size_t most_chunks_in_parts = 8;  // incomplete chunks whose bytes are held in memory
constexpr int nobody = -1, several = -2;
constexpr std::uint32_t least_page_bytes = 28;  // that follow the headers

/// Another one for each listener: those who receive a chunk at the same time choose other pieces.
std::uint32_t seed_of(std::uint32_t listener, int chunk) {
    return listener ^ static_cast<std::uint32_t>(chunk) * 0x9e3779b9u;
}

}  // namespace

Listening::Listening(Edges& edges, const Options& options, abr::Policy& policy, const Wish& wish)
    : Conductor(edges, options), policy_(policy), wish_(wish) {
    edge_from_ = 0.1 + 0.8 * wish_.session.seed / 4294967296.0;
}

double Listening::in_hand() const {
    return session_ ? static_cast<double>(session_->have() - heard_.position) / found_->rate : 0;
}

bool Listening::needed() const {
    if (heard_.paused) return false;
    return !session_ || (!session_->complete() && in_hand() <= 0);
}

double Listening::due(double now) const {
    if (!session_) return std::max(now + tick_s, retry_.not_before() + 0.001);
    if (peers_want_ || peers_tail_) return now + pieces_tick_s;
    if (session_->complete() && index_ < 0 && tails_.empty())
        return std::numeric_limits<double>::infinity();
    return std::max(now + std::max(session_->pause(), tick_s), retry_.not_before());
}

// ---- after the song lookup

void Listening::on_found(double now) {
    const auto& all = shape().renditions;
    auto& how = wish_.session;
    how.highest = 0;
    while (how.highest + 1 < static_cast<int>(all.size()) &&
           all[static_cast<std::size_t>(how.highest + 1)].kbps <= wish_.most_kbps)
        ++how.highest;
    how.lowest = 0;
    while (how.lowest < how.highest &&
           all[static_cast<std::size_t>(how.lowest)].kbps < wish_.least_kbps)
        ++how.lowest;
    how.first = how.lowest;
    while (how.first < how.highest &&
           all[static_cast<std::size_t>(how.first + 1)].kbps <= first_kbps())
        ++how.first;
    needs_ = abr::bytes_per_second(shape(), how.highest);
    headers_.assign(all.size(), false);
    indexed_.assign(all.size(), false);
    odd_.assign(all.size(), false);
    session_.emplace(found_->shape, found_->rate, policy_, how);
    for (std::size_t r = 0; r < found_->kept.size() && r < all.size(); ++r)
        for (std::size_t k = 0; k < found_->kept[r].size(); ++k)
            if (found_->kept[r][k] && static_cast<int>(k) < shape().chunks())
                session_->kept(static_cast<int>(k), static_cast<int>(r));
    adopt_early(now);
}

/// A server sends the highest rendition up to the requested bitrate, unless its response says
/// otherwise.
void Listening::adopt_early(double now) {
    auto* t = transfer(early_);
    if (!t) return;
    int r = 0;
    while (r + 1 < static_cast<int>(shape().renditions.size()) &&
           shape().renditions[static_cast<std::size_t>(r + 1)].kbps <= t->ask.kbps)
        ++r;
    const bool longer = t->got > chunk_of(r, 0).bytes;  // it is another rendition, or not a chunk
    if (r < wish_.session.lowest || r > wish_.session.highest || longer) {
        came(*t, 0, false, now);
        return cancel(std::exchange(early_, -1));
    }
    part_ = session_->adopt(r, t->asked, t->first, t->got, now);
    const auto& want = *session_->under_way();
    t->ask.rendition = r;
    t->ask.begin = want.begin;
    t->ask.stop = want.stop;
    t->ask.whole = want.stop;
    want_ = t->ask.number;
    passed_ = 0;
    begun_ = false;
    last_rendition_ = r;
    pass(*t);
    if (t->whole) on_ended(*t, now);
}

// ---- what to do next

void Listening::look(double now) {
    session_->elsewhere(sources() > 1);
    if (session_->edge_rate() > 0) edges_.saw(session_->edge_rate());
    budget_.pass(now);
    if (peers_want_) pump_peers(*peers_want_, now);
    if (peers_tail_) pump_peers(*peers_tail_, now);
    while (!over() && now >= retry_.not_before()) {
        const auto offered = offer(now);
        const auto orders = session_->act(now, heard_, offered);
        if (orders.help_s >= 0 && peers_want_) {
            peers_want_->picker.hurry(millis(now + orders.help_s));
            helped_ = true;
            pump_peers(*peers_want_, now);
        }
        if (orders.cancel) {
            if (auto* t = transfer(want_); t && orders.silent) {
                Failure silent{Fault::stalled, "nothing comes"};
                blame(*t, {Object::What::chunk, t->ask.rendition, t->ask.chunk}, silent, now);
            }
            drop_want(now);
            if (orders.silent) continue;
        }
        if (orders.want) order(orders, now);
        const bool waits = !session_->under_way() && !session_->complete() &&
                           (offered.soon || offered.asked) && in_hand() < most();
        if (!waits || waiting_since_ < 0) settle_waiting(waits, now);
        break;
    }
    next_index(now);
    complete_tail(now);
}

/// The buffer level, s, above which nothing is requested.
double Listening::most() const {
    const auto& how = wish_.session;
    return heard_.heard_s < how.settled_s ? std::min(how.lead_s, how.most_s) : how.most_s;
}

/// The budget spent so far on the current request to peers, or on waiting for peers.
double Listening::lost_to_peers(double now) const {
    const double load = session_->edge_rate() > 0 ? needs_ / session_->edge_rate() : 1;
    if (peers_want_) {
        const double audio_s = static_cast<double>(used()) / found_->rate;
        return Budget::loss(now - peers_want_->asked, audio_s, load);
    }
    return waiting_since_ < 0 ? 0 : Budget::loss(now - waiting_since_, 0, load);
}

void Listening::settle_waiting(bool waits, double now) {
    if (waiting_since_ >= 0 && !peers_want_) budget_.spend(lost_to_peers(now));
    waiting_since_ = waits ? now : -1;
}

/// Find the peers that have the next chunk. Shortly before it is requested, poll them again.
Session::Offer Listening::offer(double now) {
    if (peers_want_) {
        // other listeners receive the same chunk, and have more and more of its pieces
        poll_peers(peers_want_->rendition, now, true);
        Session::Offer under_way;
        under_way.missing = peers_want_->picker.missing_bytes(0);
        return under_way;
    }
    if (!peers_ || session_->complete() || session_->under_way()) return {};
    const int best = static_cast<int>(shape().renditions.size()) - 1;
    const int last = last_rendition_ < 0 ? best : last_rendition_;
    auto offer = peers_->offer(session_->chunk(), millis(now));
    const bool enough =
        !helped_ && std::ranges::any_of(offer.bytes_per_s, [](double b) { return b > 0; });
    refresh_peers(last, enough, now);
    if (in_hand() < most() + poll_ahead_s)
        poll_peers((poll_best_ = !poll_best_) ? best : last, now);
    offer.asked = offer.asked || peers_->asking();
    // without an index, peers get no requests
    const auto top = static_cast<std::size_t>(wish_.session.highest);
    offer.asked = offer.asked || (!peers_->all().empty() && !indexed_[top]);
    if (budget_.left_s() <= lost_to_peers(now)) return {};
    return offer;
}

void Listening::order(const Session::Orders& orders, double now) {
    const auto& want = *orders.want;
    if (last_rendition_ >= 0 && last_rendition_ != want.rendition)
        step(Switched{last_rendition_, want.rendition, orders.why});
    last_rendition_ = want.rendition;
    part_ = *orders.part;
    begun_ = false;
    passed_ = 0;
    if (session_->is_kept(want.chunk, want.rendition)) {
        Ask wanted;
        wanted.from = Ask::From::cache;
        wanted.rendition = want.rendition;
        wanted.chunk = want.chunk;
        wanted.begin = want.begin;
        wanted.stop = want.stop;
        wanted.whole = chunk_of(want.rendition, want.chunk).bytes;
        want_ = ask(wanted, now);
        return;
    }
    pause_tail(now);
    if (want.peers) return of_peers(want, now);
    const auto edge = edges_.current(now);
    if (edge) return of_edge(want, *edge, now);
    session_->failed(want.number);
    retry_.failed(now, needed(), {Object::What::chunk, want.rendition, want.chunk}, tracker_source,
                  {Fault::broken, "no edge is known"}, 1);
}

void Listening::of_edge(const Session::Want& want, int edge, double now) {
    Ask wanted;
    wanted.source = edge;
    wanted.rendition = want.rendition;
    wanted.chunk = want.chunk;
    wanted.begin = want.begin;
    wanted.stop = want.stop;
    wanted.whole = chunk_of(want.rendition, want.chunk).bytes;
    wanted.fresh = edges_.at(edge).wrong;
    const auto spared = session_->spared(want.rendition);
    if (want.begin == 0 && spared > 0 && spared + least_page_bytes <= want.stop) {
        session_->spare(spared);
        wanted.begin = spared;
        wanted.makes_headers = true;
        want_ = ask(wanted, now);
        return;
    }
    if (want.begin > 0 && !headers_[static_cast<std::size_t>(want.rendition)]) {
        auto first = wanted;
        first.what = Ask::What::headers;
        first.begin = 0;
        first.stop = shape().renditions[static_cast<std::size_t>(want.rendition)].header_bytes;
        header_ = ask(first, now);
    }
    want_ = ask(wanted, now);
}

void Listening::of_peers(const Session::Want& want, double now) {
    Picker::Options how;
    how.in_order = how.rare_pieces = true;
    how.strangers = how.peers_a_chunk = peers_a_chunk;
    how.edge_bytes_per_s = session_->edge_rate();
    peers_want_ = std::make_unique<Batch>(
        Batch{Picker{{want.stop}, how, seed_of(wish_.session.seed, want.chunk)},
              want.rendition,
              want.chunk,
              {},
              {}});
    peers_want_->asked = now;
    helped_ = false;
    std::vector<std::uint32_t> starts;
    for (const auto& piece : chunk_of(want.rendition, want.chunk).pieces)
        if (piece.offset < want.stop) starts.push_back(piece.offset);
    peers_want_->picker.set_pieces({starts});
    peers_want_->picker.pause_edge(std::numeric_limits<Millis>::max());
    peers_passed_ = 0;
    pump_peers(*peers_want_, now);
}

/// What peers have of the chunk, as far as that has changed.
void Listening::tell_picker(Batch& batch, double now) {
    const auto& all = peers_->all();
    batch.told.resize(all.size());
    for (std::size_t n = 0; n < all.size(); ++n) {
        const auto& peer = all[n];
        if (batch.told[n] == peer.revision + 1 || !peers_->able(static_cast<int>(n), millis(now)))
            continue;
        const auto& have = peer.have[static_cast<std::size_t>(batch.rendition)];
        if (!have.has_some(batch.chunk)) continue;
        const auto part = have.parts.find(batch.chunk);
        batch.picker.set_peer(static_cast<int>(n), have.has(batch.chunk),
                              part != have.parts.end() ? part->second : 0, peer.worth());
        batch.told[n] = peer.revision + 1;
    }
}

void Listening::pump_peers(Batch& batch, double now) {
    const bool tail = &batch == peers_tail_.get();
    if (tail && session_->under_way()) return;  // see pause_tail()
    tell_picker(batch, now);
    pump(batch, now);
    if (batch.picker.complete()) return;
    if (!tail && budget_.left_s() <= lost_to_peers(now)) {
        // the edge brings what lacks, and the pieces that are here stay of use
        batch.picker.hurry(millis(now));
        helped_ = true;
        pump(batch, now);
    }
    if (!batch.numbers.empty() || peers_->may_give(batch.rendition, batch.chunk, millis(now)))
        return;
    // no peer has the missing parts, or can send them in time
    if (tail) return tail_failed(now);
    session_->failed(session_->under_way()->number);
    drop_batch(peers_want_, now);
}

// ---- received bytes

void Listening::on_received(Transfer& t, std::uint32_t bytes, double now) {
    if (t.batch) {
        if (t.batch->first < 0) t.batch->first = now;
        t.batch->picker.received(t.order, bytes, millis(now));
        return;
    }
    if (current(t)) pass(t);
}

/// Pass the received bytes of the current request to the decoder.
void Listening::pass(Transfer& t) {
    const auto r = static_cast<std::size_t>(t.ask.rendition);
    if (t.ask.begin > 0 && !headers_[r] && t.ask.from != Ask::From::cache) return;
    if (t.got == passed_) return;
    if (t.ask.makes_headers && t.got < serial_bytes) return;
    if (!begun_) {
        begun_ = true;
        step(Begin{part_, begin_of(t.ask) > 0});
        if (t.ask.makes_headers) made_.insert({t.ask.rendition, t.ask.chunk});
    }
    const auto from = std::exchange(passed_, t.got);
    step(Pass{session_->under_way()->number, t.ask.rendition, t.ask.chunk,
              from == 0 ? begin_of(t.ask) : t.ask.begin + from, t.ask.begin + t.got,
              t.ask.from != Ask::From::cache});
}

void Listening::on_piece(Transfer& t, int piece, double now) {
    if (!t.batch) return;
    auto& batch = *t.batch;
    const bool fresh = !batch.picker.has_piece(0, piece);
    batch.picker.piece_done(t.order, piece, millis(now));
    const auto& chunk = chunk_of(batch.rendition, batch.chunk);
    const auto at = static_cast<std::size_t>(piece);
    const auto begin = chunk.pieces[at].offset;
    const auto end = std::min(
        t.ask.stop, at + 1 < chunk.pieces.size() ? chunk.pieces[at + 1].offset : chunk.bytes);
    if (fresh && t.ask.from == Ask::From::edge) {
        batch.of_edge += end - begin;
        batch.edge = t.ask.source;
    } else if (fresh) {
        batch.by_peer[t.ask.source] += end - begin;
        peers_->gave(t.ask.source, end - begin);
    }
    if (&batch == peers_want_.get()) pass_pieces(batch);
    // last, because a complete chunk is verified and its bytes are then moved
    giver_[{batch.rendition, batch.chunk}] = several;
    note_bytes(batch.rendition, batch.chunk, begin, end);
}

/// The bytes received without a gap, from the beginning.
void Listening::pass_pieces(Batch& batch) {
    const auto& want = *session_->under_way();
    const auto& chunk = chunk_of(batch.rendition, batch.chunk);
    auto stop = peers_passed_;
    for (std::size_t i = 0; i < chunk.pieces.size() && chunk.pieces[i].offset < want.stop; ++i) {
        if (chunk.pieces[i].offset < peers_passed_) continue;
        if (!batch.picker.has_piece(0, static_cast<int>(i))) break;
        stop = i + 1 < chunk.pieces.size() ? std::min(chunk.pieces[i + 1].offset, want.stop)
                                           : want.stop;
    }
    if (stop == peers_passed_) return;
    if (!begun_) {
        begun_ = true;
        step(Begin{part_, false});
    }
    // policies need the rates of edges, not of peers
    step(Pass{want.number, batch.rendition, batch.chunk, std::exchange(peers_passed_, stop), stop,
              false});
}

void Listening::decoded(const Pass& pass, std::optional<std::int64_t> audio, double now) {
    if (!session_ || !session_->under_way() || session_->under_way()->number != pass.want) return;
    if (!audio) {
        const Failure damaged{Fault::wrong, "it sends damaged audio"};
        if (auto* t = transfer(want_)) return want_failed(*t, damaged, now);
        session_->failed(pass.want);  // from peers; the index matches damaged audio
        retry_.failed(now, needed(), {Object::What::chunk, pass.rendition, pass.chunk}, nobody,
                      damaged, sources());
        return drop_batch(peers_want_, now);
    }
    const auto before = session_->have();
    const auto& want = *session_->under_way();
    session_->came(pass.want, pass.stop - std::max(pass.begin, want.begin), *audio, now,
                   pass.network);
    const auto headers = shape().renditions[static_cast<std::size_t>(pass.rendition)].header_bytes;
    // from the first bytes of a chunk, even if playback leaves it before its end
    if (pass.begin < headers && pass.stop >= headers) know_headers(pass.rendition, true);
    if (session_->have() > before) retry_.progress();
}

void Listening::know_headers(int rendition, bool here) {
    const auto r = static_cast<std::size_t>(rendition);
    headers_[r] = here;
    session_->headers(rendition, here, !odd_[r]);
}

void Listening::on_ended(Transfer& t, double now) {
    const auto ask = t.ask;
    if (ask.what == Ask::What::headers) {
        if (t.got < ask.stop - ask.begin)
            return on_failed(t, {Fault::broken, "the headers were cut short"}, now);
        know_headers(ask.rendition, true);
        transfers_.erase(std::exchange(header_, -1));
        if (auto* waiting = transfer(want_)) {
            pass(*waiting);
            // handle its consequences first
            if (waiting->whole) ended(want_, now);
        }
        return;
    }
    t.whole = true;
    if (t.batch) {
        if (t.got < ask.stop - ask.begin || t.ask.end_piece > t.next_piece)
            return on_failed(t, {Fault::broken, "the answer was cut short"}, now);
        auto& batch = *t.batch;
        batch.picker.finished(t.order, millis(now));
        batch.numbers.erase(t.order);
        if (ask.from == Ask::From::edge)
            edges_.worked(ask.source);
        else
            peers_->worked(ask.source, t.got, millis(now) - millis(t.asked));
        transfers_.erase(ask.number);
        if (!batch.picker.complete()) return pump_peers(batch, now);
        if (&batch == peers_want_.get()) {
            drop_batch(peers_want_, now);
            return want_ended(now);
        }
        drop_batch(peers_tail_, now);
        tail_.reset();
        return;
    }
    if (ask.number == tail_request_) {
        if (t.got < ask.stop - ask.begin)
            return on_failed(t, {Fault::broken, "the answer was cut short"}, now);
        edges_.worked(ask.source);
        giver_[{ask.rendition, ask.chunk}] = several;
        came(t, 0, true, now);
        transfers_.erase(std::exchange(tail_request_, -1));
        tails_.push_back(*std::exchange(tail_, std::nullopt));  // its rest, if that was a part
        note_bytes(ask.rendition, ask.chunk, ask.begin, ask.stop);
        return;
    }
    if (!current(t)) return;      // the manifest has not arrived yet
    if (passed_ < t.got) return;  // it waits for headers
    if (t.got < ask.stop - ask.begin)
        return want_failed(t, {Fault::broken, "the answer was cut short"}, now);
    if (ask.from == Ask::From::edge) {
        edges_.worked(ask.source);
        auto& giver = giver_.try_emplace({ask.rendition, ask.chunk}, ask.source).first->second;
        if (giver != ask.source) giver = several;
        note_bytes(ask.rendition, ask.chunk, begin_of(ask), ask.stop);
    }
    came(t, session_->begin_of(ask.chunk + 1) - part_.from, true, now);
    transfers_.erase(std::exchange(want_, -1));
    if (ask.number == early_) early_ = -1;
    want_ended(now);
}

/// The current request is complete.
void Listening::want_ended(double) {
    const auto want = *session_->under_way();
    session_->ended(want.number);
    const auto bytes = chunk_of(want.rendition, want.chunk).bytes;
    const auto here = spans_.find({want.rendition, want.chunk});
    if (here == spans_.end() || here->second.covers(0, bytes)) return;
    // later plays need each chunk whole in one rendition, but playback usually leaves the first
    // rendition in the middle of the first chunk
    if (!options_.keeps) return;
    for (int r = 0; r < static_cast<int>(shape().renditions.size()); ++r)
        if (session_->is_kept(want.chunk, r)) return;
    tails_.push_back({want.rendition, want.chunk});
}

/// Bytes of a chunk have arrived; the chunk may be complete.
void Listening::note_bytes(int rendition, int chunk, std::uint32_t begin, std::uint32_t stop) {
    const std::pair key{rendition, chunk};
    auto [here, fresh] = spans_.try_emplace(key);
    if (fresh) {
        spans_age_.push_back(key);
        if (spans_age_.size() > most_chunks_in_parts) {
            const auto oldest = spans_age_.front();
            step(Forget{oldest.first, oldest.second});
            forget(oldest);
        }
    }
    here->second.add(begin, stop);
    if (here->second.covers(0, chunk_of(rendition, chunk).bytes)) step(Check{rendition, chunk});
}

void Listening::forget(std::pair<int, int> key) {
    spans_.erase(key);
    giver_.erase(key);
    made_.erase(key);
    std::erase(spans_age_, key);
    std::erase_if(tails_, [&](const Tail& tail) {
        return std::pair{tail.rendition, tail.chunk} == key;
    });
}

void Listening::checked(int rendition, int chunk, bool right, double now) {
    const std::pair key{rendition, chunk};
    const bool made = made_.contains(key);
    const auto giver = giver_.contains(key) && !made ? giver_[key] : nobody;
    forget(key);
    if (right) {
        retry_.given({Object::What::chunk, rendition, chunk});
        if (options_.keeps) session_->kept(chunk, rendition);
        return;
    }
    // the fault may be our headers': never again, and no source is to blame
    if (made) odd_[static_cast<std::size_t>(rendition)] = true;
    know_headers(rendition, false);
    const Failure wrong{Fault::wrong, "its bytes do not match their hash"};
    if (giver >= 0) {  // otherwise the source of the wrong bytes is unknown
        Ask of;
        of.source = giver;
        of.rendition = rendition;
        of.chunk = chunk;
        reject(of, word(Fault::wrong));
        edges_.failed(giver, now, Fault::wrong);
    }
    if (session_->chunk() - 1 == chunk && !session_->under_way()) {
        session_->redo(heard_);
        if (made) return;
        retry_.failed(now, needed(), {Object::What::chunk, rendition, chunk},
                      giver >= 0 ? giver : 0, wrong, sources());
    }
}

void Listening::lost(int rendition, int chunk, double) { session_->unkept(chunk, rendition); }

// ---- failures

void Listening::on_failed(Transfer& t, const Failure& failure, double now) {
    const auto ask = t.ask;
    if (ask.what == Ask::What::index) {
        // only one attempt, because playback does not need it
        edges_.failed(ask.source, now, failure.fault);
        indexed_[static_cast<std::size_t>(ask.rendition)] = true;
        index_ = -1;
        transfers_.erase(ask.number);
        return;
    }
    if (ask.what == Ask::What::headers) {
        header_ = -1;
        transfers_.erase(ask.number);
        if (auto* waiting = transfer(want_)) want_failed(*waiting, failure, now);
        return;
    }
    if (t.batch) {
        auto& batch = *t.batch;
        batch_failed(t, failure, now);
        return pump_peers(batch, now);
    }
    if (ask.number == tail_request_) {
        edges_.failed(ask.source, now, failure.fault);
        return tail_failed(now);
    }
    if (current(t)) want_failed(t, failure, now);
}

void Listening::want_failed(Transfer& t, const Failure& failure, double now) {
    const auto ask = t.ask;
    const int number = session_->under_way()->number;
    const Object object{Object::What::chunk, ask.rendition, ask.chunk};
    if (failure.fault == Fault::wrong && ask.from == Ask::From::edge) reject(ask, "damaged");
    if (ask.from == Ask::From::cache) {
        session_->unkept(ask.chunk, ask.rendition);
    } else if (failure.fault == Fault::missing) {
        // another rendition may exist; the song is missing only if none does
        auto& edges = missing_[ask.rendition];
        if (std::ranges::find(edges, ask.source) == edges.end()) edges.push_back(ask.source);
        if (static_cast<int>(edges.size()) >= sources()) session_->missing(ask.rendition);
        const bool somewhere =
            std::ranges::any_of(std::views::iota(0, static_cast<int>(shape().renditions.size())),
                                [&](int r) { return !session_->is_missing(r); });
        edges_.failed(ask.source, now, failure.fault);
        retry_.failed(now, needed(), object, ask.source,
                      somewhere ? Failure{Fault::broken, failure.why} : failure, sources());
    } else {
        blame(t, object, failure, now);
    }
    if (ask.number == early_) early_ = -1;
    session_->failed(number);
    drop_want(now);
}

void Listening::on_mistaken(Transfer&, double now) {
    session_->failed(session_->under_way()->number);
    early_ = -1;
    drop_want(now);
}

/// End the current request, and account for its bytes.
void Listening::drop_want(double now) {
    if (header_ >= 0) cancel(std::exchange(header_, -1));
    drop_batch(peers_want_, now);
    auto* t = transfer(want_);
    if (!t) return;
    if (t->got > 0) came(*t, used(), false, now);
    if (t->ask.from == Ask::From::edge && passed_ > 0) {
        const auto& ask = t->ask;
        auto& giver = giver_.try_emplace({ask.rendition, ask.chunk}, ask.source).first->second;
        if (giver != ask.source) giver = several;
        // the pages that the decoder accepted are correct
        note_bytes(ask.rendition, ask.chunk, begin_of(ask), ask.begin + passed_);
    }
    cancel(std::exchange(want_, -1));
}

/// Samples of the current part that will be played.
std::int64_t Listening::used() const {
    return std::max<std::int64_t>(0, session_->have() - part_.from);
}

/// Report each peer, with audio in proportion to its bytes.
void Listening::drop_batch(std::unique_ptr<Batch>& batch, double now) {
    if (!batch) return;
    while (!batch->numbers.empty()) {
        const int number = batch->numbers.begin()->second;
        batch->numbers.erase(batch->numbers.begin());
        cancel(number);
    }
    const bool heard = &batch == &peers_want_;
    if (heard) budget_.spend(lost_to_peers(now));
    std::uint64_t all = 0;
    for (const auto& [peer, bytes] : batch->by_peer) all += bytes;
    all += batch->of_edge;
    const auto samples =
        heard ? (batch->picker.complete() ? session_->begin_of(batch->chunk + 1) - part_.from
                                          : used())
              : 0;
    std::vector<std::tuple<Ask::From, int, std::uint64_t>> of_all;
    for (const auto& [peer, bytes] : batch->by_peer)
        of_all.emplace_back(Ask::From::peer, peer, bytes);
    if (batch->of_edge > 0) of_all.emplace_back(Ask::From::edge, batch->edge, batch->of_edge);
    for (const auto& [from, source, bytes] : of_all) {
        Came came;
        came.ask.from = from;
        came.ask.source = source;
        came.ask.rendition = batch->rendition;
        came.ask.chunk = batch->chunk;
        came.bytes = came.right = bytes;
        came.asked = batch->asked;
        came.first = batch->first;
        came.ended = now;
        came.used = samples * static_cast<std::int64_t>(bytes) / static_cast<std::int64_t>(all);
        came.whole = batch->picker.complete();
        step(came);
    }
    batch.reset();
}

// ---- requests that playback does not wait for

/// Request indexes and headers one after the other. Without them, the bitrate cannot change within
/// a chunk.
void Listening::next_index(double now) {
    if (index_ >= 0 || session_->complete() || now < retry_.not_before()) return;
    const auto wanted = session_->index_wanted(indexed_, heard_, peers_ && !peers_->all().empty());
    const auto edge = edges_.current(now);
    if (!wanted || !edge) return;
    Ask index;
    index.what = Ask::What::index;
    index.source = *edge;
    index.rendition = *wanted;
    index_ = ask(index, now);
}

void Listening::on_index(int rendition, double now) {
    index_ = -1;
    indexed_[static_cast<std::size_t>(rendition)] = true;
    next_index(now);
}

/// While nothing else is requested, complete chunks of which only a part was played. Ask peers
/// first. Each listener asks an edge at a different time of the song, so that others can get the
/// chunk from the first one.
void Listening::complete_tail(double now) {
    if (tails_.empty() || tail_ || index_ >= 0 || session_->under_way() ||
        now < retry_.not_before())
        return;
    const auto tail = tails_.back();
    const auto& chunk = chunk_of(tail.rendition, tail.chunk);
    const auto [begin, stop] = spans_[{tail.rendition, tail.chunk}].gap(chunk.bytes);
    if (begin == stop) {
        tails_.pop_back();
        return;
    }
    if (peers_ && !peers_->all().empty() && begin == 0) {
        const bool has =
            !chunk.pieces.empty() && peers_->may_give(tail.rendition, tail.chunk, millis(now));
        if (has) {
            tails_.pop_back();
            tail_ = tail;
            Picker::Options how;
            how.in_order = how.rare_pieces = true;
            how.strangers = how.peers_a_chunk = peers_a_chunk;
            how.edge_bytes_per_s = session_->edge_rate();
            peers_tail_ = std::make_unique<Batch>(
                Batch{Picker{{stop}, how, seed_of(wish_.session.seed, tail.chunk)},
                      tail.rendition,
                      tail.chunk,
                      {},
                      {}});
            peers_tail_->asked = now;
            std::vector<std::uint32_t> starts;
            for (const auto& piece : chunk.pieces)
                if (piece.offset < stop) starts.push_back(piece.offset);
            peers_tail_->picker.set_pieces({starts});
            peers_tail_->picker.pause_edge(std::numeric_limits<Millis>::max());
            return pump_peers(*peers_tail_, now);
        }
        const auto song = static_cast<double>(session_->begin_of(shape().chunks()));
        if (static_cast<double>(heard_.position) < edge_from_ * song) return;
    }
    const auto edge = edges_.current(now);
    const auto bytes = std::min(stop - begin, spare_bytes());
    if (!edge || bytes < std::min(stop - begin, least_tail_bytes)) return;
    tails_.pop_back();
    tail_ = tail;
    Ask wanted;
    wanted.source = *edge;
    wanted.rendition = tail.rendition;
    wanted.chunk = tail.chunk;
    wanted.begin = begin;
    wanted.stop = begin + bytes;
    wanted.whole = chunk.bytes;
    tail_request_ = ask(wanted, now);
}

/// What an edge can send until playback needs the link again. What is cancelled then still waits
/// in the queue of a slow link, before the bytes that are needed.
std::uint32_t Listening::spare_bytes() const {
    constexpr auto all = std::numeric_limits<std::uint32_t>::max();
    if (session_->complete() || !heard_.playing) return all;
    const double rate =
        session_->edge_rate() > 0 ? session_->edge_rate() : abr::bytes_per_second(shape(), 0);
    return static_cast<std::uint32_t>(
        std::min<double>(all, rate * tail_share * session_->room_in()));
}

/// Two responses that share a link look like one of a link that became slow, so the policy would
/// choose a lower bitrate. What has arrived is kept.
void Listening::pause_tail(double now) {
    if (peers_tail_) {
        for (const auto& [order, number] : peers_tail_->numbers) {
            peers_tail_->picker.failed(order, Fault::busy, millis(now) - 1000);  // nobody's fault
            cancel(number);
        }
        peers_tail_->numbers.clear();
    }
    const auto* t = transfer(tail_request_);
    if (!t) return;
    const auto ask = t->ask;
    const auto got = t->got;
    if (got > 0) came(*t, 0, false, now);
    cancel(std::exchange(tail_request_, -1));
    tails_.push_back(*std::exchange(tail_, std::nullopt));
    if (got == 0) return;
    giver_[{ask.rendition, ask.chunk}] = several;
    note_bytes(ask.rendition, ask.chunk, ask.begin, ask.begin + got);
}

void Listening::tail_failed(double now) {
    drop_batch(peers_tail_, now);
    if (tail_request_ >= 0) cancel(std::exchange(tail_request_, -1));
    auto tail = *std::exchange(tail_, std::nullopt);
    if (++tail.tries < most_tail_tries) tails_.push_front(tail);
}

void Listening::seek(std::int64_t sample) {
    if (!session_) return;
    drop_want(0);
    session_->seek(sample);
}

}  // namespace stretto::gather
