#include "play/session.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

namespace stretto::play {
namespace {

constexpr double edge_memory_s = 4;
constexpr double edge_latency_s = 0.5;  // of a request: round trips, and a queue
constexpr double wait_least_s = 1;
constexpr double least_for_help_s = 1.5;  // in hand; below it the edge is asked for all of the rest
constexpr double least_share = 0.25;      // of the lowest bitrate: no network that plays is slower

// TCP pauses for some 0.3 s when it has lost a packet, more often than once while it finds out how
// slow a link is: 0.3 s and 8 kB of patience made real songs stall on links of 200 kbit/s. An
// answer takes longer than the last one when its way has a queue.
constexpr double pause_least_s = 1, pause_bytes = 16'000;
constexpr double answer_least_s = 1, answer_latencies = 4;

const abr::Shape::Chunk& chunk_of(const abr::Shape& shape, int rendition, int chunk) {
    return shape.renditions[static_cast<std::size_t>(rendition)]
        .chunks[static_cast<std::size_t>(chunk)];
}

/// The last piece that decodes from `at` or before.
const abr::Shape::Piece* piece_at(const abr::Shape::Chunk& chunk, double at) {
    auto after = std::ranges::upper_bound(chunk.pieces, at + 1e-9, {}, &abr::Shape::Piece::at);
    return after == chunk.pieces.begin() ? nullptr : &*std::prev(after);
}

// When an index is worth its 5 kB, seen over 426 recordings: beside the first seconds they would
// cost slow links a second of sound and one stall in fifty songs, and fast ones 1.6 of Q when they
// come too late for the first chunk.
constexpr double index_up_s = 1, index_calm_s = 15;  // in hand
constexpr double index_margin = 3;                   // times what the bitrate needs
// A link that is slower than what comes: without the index, the rest of the chunk comes as it is.
// With it, 72 instead of 67 of 100 songs have no stall, on recordings of 50 kbit/s and more.
constexpr double index_down_s = 2, index_down_margin = 1.2;
constexpr double index_fast_bytes = 250'000;  // a second: 5 kB are not felt
constexpr std::uint32_t rate_from_bytes = 5'000;

constexpr double spare_from_s = 0.05;  // that headers take, so as not to be requested again

constexpr double ample_ratio = 1.5;  // of the rate that comes to the rate that is heard

}  // namespace

Session::Session(const abr::Shape& shape, int rate, abr::Policy& policy, const Options& options)
    : shape_(shape),
      rate_(rate),
      policy_(policy),
      options_(options),
      kept_(shape.renditions.size(), std::vector<bool>(shape.chunk_s.size())),
      missing_(shape.renditions.size()),
      headers_(shape.renditions.size()),
      equal_(shape.renditions.size()),
      spared_(shape.renditions.size()) {
    begins_.push_back(0);
    for (const double s : shape.chunk_s) begins_.push_back(begins_.back() + std::llround(s * rate));
}

Session::Part Session::adopt(int rendition, double asked, double first, std::uint32_t bytes,
                             double now) {
    Orders orders;
    adopted_ = first;
    // they are decoded at once: without a rate, a slow link would be taken for a fast one
    if (first >= 0 && first < now && bytes >= rate_from_bytes) rate_seen_ = bytes / (now - first);
    ask(rendition, asked, orders, true);
    return *orders.part;
}

void Session::kept(int chunk, int rendition) {
    kept_[static_cast<std::size_t>(rendition)][static_cast<std::size_t>(chunk)] = true;
}

void Session::unkept(int chunk, int rendition) {
    kept_[static_cast<std::size_t>(rendition)][static_cast<std::size_t>(chunk)] = false;
}

/// The best cached copy of the chunk that is not worse than the bitrate of a request.
std::optional<int> Session::kept_rendition(int rendition) const {
    for (int r = options_.highest; r >= rendition; --r)
        if (kept_[static_cast<std::size_t>(r)][static_cast<std::size_t>(chunk_)]) return r;
    return {};
}

bool Session::kept_whole(int rendition) const {
    return std::ranges::all_of(kept_[static_cast<std::size_t>(rendition)],
                               [](bool k) { return k; });
}

/// s, above which nothing more is asked for.
double Session::most(const Heard& heard) const {
    return heard.heard_s < options_.settled_s ? std::min(options_.lead_s, options_.most_s)
                                              : options_.most_s;
}

abr::State Session::state(double now, const Heard& heard) {
    abr::State s;
    s.shape = &shape_;
    s.now = now;
    // what is asked for anew may still sound as it was
    s.buffer = static_cast<double>(std::max<std::int64_t>(0, have_ - heard.position)) / rate_;
    s.most = most(heard);
    s.playing = heard.playing;
    s.started = heard.started;
    s.stall_resume = options_.resume_s;
    s.chunk = chunk_;
    s.last = last_;
    s.lowest = options_.lowest;
    s.highest = options_.highest;
    s.first = options_.first;
    for (std::size_t r = 0; r < spared_.size(); ++r) spared_[r] = spared(static_cast<int>(r));
    s.headers = &headers_;
    s.spared = &spared_;
    if (want_) {
        under_way_.audio_s = static_cast<double>(have_ - begin_of(chunk_)) / rate_;
        s.under_way = &under_way_;
    }
    return s;
}

/// What is kept costs nothing, so no policy is asked. @return whether that is all to be done now
bool Session::ask_kept(const abr::State& state, Orders& orders) {
    const auto here = kept_rendition(options_.lowest);
    if (!here) return false;
    if (!kept_whole(*here) && *here < last_) return false;
    if (state.buffer >= std::max(state.most, options_.resume_s)) return true;
    orders.why = last_ < 0 ? "start" : "next";
    ask(*here, state.now, orders, false);
    return true;
}

/// The rendition, or the one nearest to it that is somewhere; lower ones first.
int Session::there(int rendition) const {
    const auto gone = [&](int r) { return missing_[static_cast<std::size_t>(r)]; };
    for (int r = rendition; r >= 0; --r)
        if (!gone(r)) return r;
    for (int r = rendition; r < static_cast<int>(missing_.size()); ++r)
        if (!gone(r)) return r;
    return rendition;
}

void Session::missing(int rendition) { missing_[static_cast<std::size_t>(rendition)] = true; }

/// Bytes that came from an edge, and the time they took, both forgotten by and by.
void Session::note_rate(double from, double to, std::uint32_t bytes) {
    const double took = std::max(to - from, 1e-3);
    const double left = std::exp(-took / edge_memory_s);
    edge_bytes_ = edge_bytes_ * left + bytes;
    edge_took_ = edge_took_ * left + took;
}

/// s that an edge would take for so many bytes. Who knows nothing of it takes it to be as fast as
/// the lowest rendition.
double Session::edge_needs(double bytes) const {
    const double lowest = shape_.renditions.front().kbps * 125.0;
    return edge_latency_s + bytes / (edge_took_ > 0 ? edge_rate() : lowest);
}

/// The rendition to ask of peers: as good as asked of an edge, or better where they are fast.
std::optional<int> Session::from_peers(int rendition, const abr::State& state,
                                       const Offer& offer) const {
    if (chunk_ == 0 || have_ != begin_of(chunk_)) return {};
    std::optional<int> best;
    for (int r = rendition; r <= options_.highest; ++r) {
        const auto i = static_cast<std::size_t>(r);
        if (i >= offer.bytes_per_s.size() || offer.bytes_per_s[i] <= 0) continue;
        const auto& chunk = chunk_of(shape_, r, chunk_);
        if (chunk.pieces.empty()) continue;  // nothing to hold their bytes against
        const double theirs = chunk.bytes / offer.bytes_per_s[i];
        const double length = shape_.chunk_s[static_cast<std::size_t>(chunk_)];
        if (r > rendition && theirs > length / 2) continue;
        if (state.buffer - options_.emergency_s < std::max(theirs, edge_needs(chunk.bytes)))
            continue;
        best = r;
    }
    return best;
}

/// Rather than to ask an edge now: until their answers are here; then, as long as this chunk's
/// chance says.
bool Session::wait_for_peers(int rendition, const abr::State& state, const Offer& offer) const {
    if (!(offer.soon || offer.asked) || chunk_ == 0 || have_ != begin_of(chunk_)) return false;
    const auto bytes = chunk_of(shape_, rendition, chunk_).bytes;
    const double last = options_.emergency_s + wait_least_s + 2 * edge_needs(bytes);
    if (offer.asked) return state.buffer > last;
    std::minstd_rand chance{options_.seed * 7919u + static_cast<std::uint32_t>(chunk_) + 1};
    chance.discard(3);
    const double span = std::max(0.0, std::min(state.most, options_.lead_s) - last);
    return state.buffer > last + span * std::uniform_real_distribution{0.0, 0.8}(chance);
}

/// The edge would just be in time with the rest.
bool Session::peers_late(const abr::State& state, const Offer& offer) const {
    const double rest =
        offer.missing >= 0 ? offer.missing : under_way_.stop - under_way_.begin - under_way_.got;
    return state.buffer - options_.emergency_s < edge_needs(rest);
}

/// Half of what is in hand, so that as much is left to go on elsewhere; no less than the network
/// may pause, as far as it was seen, and twice that after each time that it was in vain.
double Session::patience(double buffer) const {
    if (!elsewhere_)
        return buffer < options_.emergency_s ? options_.silence_emergency_s : options_.silence_s;
    double least = options_.silence_emergency_s;  // nothing is known
    if (under_way_.got > 0 && rate_seen_ > 0)
        least = std::max(pause_least_s, pause_bytes / rate_seen_);
    else if (under_way_.got == 0 && latency_ >= 0)
        least = std::max(answer_least_s, answer_latencies * latency_);
    least = std::min(least * (1 << std::min(silences_, 4)), options_.silence_s);
    return std::clamp(buffer / 2, least, options_.silence_s);
}

/// Peers that send nothing cost time, which has a budget, and an edge helps when they are late.
bool Session::silent(double now, double buffer) const {
    return want_ && !want_->peers && now - last_byte_ > patience(buffer);
}

Session::Orders Session::act(double now, const Heard& heard, const Offer& offer) {
    Orders orders;
    if (complete()) return orders;
    auto s = state(now, heard);
    if (silent(now, s.buffer)) {
        orders.cancel = want_->number;
        orders.silent = true;
        ++silences_;
        failed(want_->number);
        return orders;  // its source goes out of favour first
    }
    room_in_ = !want_ && s.playing && s.buffer > s.most ? s.buffer - s.most + 0.001 : 1;
    if (!want_ && ask_kept(s, orders)) return orders;
    if (want_ && want_->peers) {  // no policy knows how fast they are
        if (!peers_late(s, offer)) return orders;
        if (s.buffer > least_for_help_s) {
            orders.help_s = s.buffer - least_for_help_s;
            return orders;
        }
        orders.cancel = want_->number;
        want_.reset();
        s.under_way = nullptr;
        const auto decision = policy_.decide(s);
        const bool take = decision.what == abr::Decision::Do::take;
        orders.why = "late";
        ask(there(take ? decision.rendition : options_.lowest), now, orders, false);
        return orders;
    }
    auto decision = policy_.decide(s);
    using Do = abr::Decision::Do;
    // the next edge needs two round trips and slow start, and nobody knows its rate
    if (decision.what == Do::take && failed_ && failed_at_ >= 0 && s.buffer < options_.resume_s)
        decision.rendition = std::min(decision.rendition, failed_at_);
    switch (decision.what) {
        case Do::wait:
        case Do::go_on:
            break;
        case Do::take:
            if (want_) break;
            orders.why = failed_ ? "retry" : last_ < 0 ? "start" : "next";
            if (const auto here = kept_rendition(decision.rendition)) {
                ask(*here, now, orders, false);
            } else if (const auto theirs = from_peers(decision.rendition, s, offer)) {
                ask(*theirs, now, orders, false);
                want_->peers = orders.want->peers = true;
            } else if (!wait_for_peers(decision.rendition, s, offer)) {
                ask(there(decision.rendition), now, orders, false);
            }
            break;
        case Do::splice:
        case Do::abandon: {
            if (!want_ || there(decision.rendition) == want_->rendition) break;
            // up and down again without a sample in between would never end
            if (have_ == left_at_ && there(decision.rendition) > want_->rendition) break;
            const bool drop = decision.what == Do::abandon;
            // what is heard already cannot be dropped
            const bool from_start = drop && heard.settled <= begin_of(chunk_);
            orders.cancel = want_->number;
            orders.why = drop ? "abandon" : "splice";
            ask(there(decision.rendition), now, orders, from_start);
            left_at_ = have_;
            break;
        }
    }
    return orders;
}

/// The rest of the chunk from what is in hand on, or all of it.
void Session::ask(int rendition, double now, Orders& orders, bool from_start) {
    const auto begin = begin_of(chunk_);
    if (from_start) have_ = begin;
    const auto& chunk = chunk_of(shape_, rendition, chunk_);
    Want want{numbers_++, chunk_, rendition, 0, chunk.bytes};
    Part part{want.number, chunk_, rendition, begin, have_};
    if (have_ > begin)
        if (const auto* piece = piece_at(chunk, static_cast<double>(have_ - begin) / rate_)) {
            want.begin = piece->offset;
            part.decodes = begin + std::llround(piece->at * rate_);
        }
    under_way_ = {rendition, want.begin, want.stop, 0, 0, now};
    last_byte_ = now;
    failed_ = false;
    want_ = want;
    orders.want = want;
    orders.part = part;
}

double Session::start_s() const {
    if (rate_seen_ <= 0 || !want_) return options_.start_s;
    const double length = shape_.chunk_s[static_cast<std::size_t>(chunk_)];
    const double ratio = rate_seen_ * length / chunk_of(shape_, want_->rendition, chunk_).bytes;
    const double slow = std::clamp((ample_ratio - ratio) / (ample_ratio - 1), 0.0, 1.0);
    const double least =
        rate_seen_ * length / chunk_of(shape_, options_.lowest, want_->chunk).bytes;
    return options_.start_s + slow * std::max(0.0, options_.slow_start_s - options_.start_s) +
           options_.too_slow_start_s * std::max(0.0, 1 - least);
}

/// How fast bytes come; the waiting for the first is not in it.
void Session::measure(std::uint32_t bytes, double now) {
    if (under_way_.got == 0) {
        const double first = std::exchange(adopted_, -1);
        first_byte_ = sample_from_ = first < 0 ? now : first;
        first_bytes_ = sample_from_ < now ? 0 : bytes;
        pending_ = 0;
        sampled_ = false;
        latency_ = first_byte_ - under_way_.asked;
        policy_.latency(latency_);
        if (sample_from_ == now) return;
    }
    pending_ += bytes;
    if (now <= sample_from_) return;  // clocks tick in ms, and much may come within one
    note_rate(sample_from_, now, pending_);
    policy_.sample({sample_from_, now, std::exchange(pending_, 0)});
    sample_from_ = now;
    sampled_ = true;
    const auto since = under_way_.got + bytes - first_bytes_;
    if (since >= rate_from_bytes) rate_seen_ = since / (now - first_byte_);
}

void Session::headers(int rendition, bool here, bool equal) {
    headers_[static_cast<std::size_t>(rendition)] = here;
    equal_[static_cast<std::size_t>(rendition)] = here && equal;
}

std::uint32_t Session::spared(int rendition) const {
    const auto r = static_cast<std::size_t>(rendition);
    const auto bytes = shape_.renditions[r].header_bytes;
    const bool slow = edge_took_ > 0 && bytes >= spare_from_s * edge_rate();
    return equal_[r] && slow ? bytes : 0;
}

void Session::spare(std::uint32_t bytes) { want_->begin = under_way_.begin = bytes; }

void Session::came(int want, std::uint32_t bytes, std::int64_t audio, double now, bool network) {
    if (!want_ || want_->number != want || bytes == 0) return;
    if (network) {
        measure(bytes, now);
        silences_ = 0;
    }
    network_ = network;
    // where another edge is known, a byte now and then is as good as none
    const double least = shape_.renditions.front().kbps * 125.0 * least_share;
    last_byte_ = elsewhere_ && !want_->peers ? std::min(now, last_byte_ + bytes / least) : now;
    under_way_.got += bytes;
    if (audio > have_) last_ = want_->rendition;
    have_ = std::max(have_, std::min(audio, begin_of(chunk_ + 1)));
}

void Session::ended(int want) {
    if (!want_ || want_->number != want) return;
    // all of it came at once: no slower than from the asking on
    if (network_ && !sampled_ && under_way_.got > 0) {
        const double to = std::max(last_byte_, under_way_.asked + 0.001);
        note_rate(under_way_.asked, to, under_way_.got);
        policy_.sample({under_way_.asked, to, under_way_.got});
    }
    last_ = want_->rendition;
    have_ = begin_of(++chunk_);
    want_.reset();
}

void Session::failed(int want) {
    if (!want_ || want_->number != want) return;
    failed_at_ = want_->peers ? -1 : want_->rendition;
    want_.reset();
    failed_ = true;
}

/// Upwards at once, as the first seconds are what it can better; downwards when the link is too
/// slow; the others when there is time.
std::optional<int> Session::index_wanted(const std::vector<bool>& known, const Heard& heard,
                                         bool peers) const {
    const int now = want_ ? want_->rendition : last_;
    if (now >= 0 && kept_whole(now)) return {};
    const double in_hand = static_cast<double>(have_ - heard.position) / rate_;
    const auto carried_with = [this](double margin) {
        int r = options_.lowest;
        while (r < options_.highest &&
               shape_.renditions[static_cast<std::size_t>(r + 1)].kbps * 125 * margin <= rate_seen_)
            ++r;
        return r;
    };
    const int carried = carried_with(index_margin);
    const auto missing = [&](int r) { return !known[static_cast<std::size_t>(r)]; };
    if (carried > now && missing(carried) &&
        (in_hand >= index_up_s || rate_seen_ >= index_fast_bytes))
        return carried;
    const int lower = carried_with(index_down_margin);
    if (rate_seen_ > 0 && lower < now && missing(lower) && in_hand >= index_down_s) return lower;
    if (in_hand < (peers ? index_up_s : std::min(index_calm_s, most(heard)))) return {};
    for (int r = options_.lowest; r <= options_.highest; ++r)
        if (missing(r)) return r;
    return {};
}

void Session::redo(const Heard& heard) {
    const int last = chunk_ - 1;
    if (want_ || last < 0 || heard.settled >= begin_of(chunk_)) return;
    chunk_ = last;
    have_ = std::max(heard.settled, begin_of(last));
}

void Session::seek(std::int64_t sample) {
    sample = std::clamp<std::int64_t>(sample, 0, begins_.back() - 1);
    const auto after = std::ranges::upper_bound(begins_, sample);
    chunk_ = static_cast<int>(after - begins_.begin()) - 1;
    have_ = sample;
    want_.reset();
}

std::int64_t Session::audio_of(const Want& want, std::uint32_t bytes) const {
    const auto& chunk = chunk_of(shape_, want.rendition, want.chunk);
    const double length = shape_.chunk_s[static_cast<std::size_t>(want.chunk)];
    const auto end = want.begin + bytes;
    if (end >= want.stop) return begin_of(want.chunk + 1);
    double at = 0;
    const auto header = shape_.renditions[static_cast<std::size_t>(want.rendition)].header_bytes;
    if (chunk.pieces.empty()) {
        if (end > header) at = length * (end - header) / (chunk.bytes - header);
    } else {
        auto after = std::ranges::upper_bound(chunk.pieces, end, {}, &abr::Shape::Piece::offset);
        const auto& piece = *std::prev(after);
        const double stop = after == chunk.pieces.end() ? length : after->at;
        const double first = piece.offset == 0 ? header : piece.offset;
        const double last = after == chunk.pieces.end() ? chunk.bytes : after->offset;
        at = piece.at;
        if (end > first) at += (stop - piece.at) * (end - first) / (last - first);
    }
    return begin_of(want.chunk) + static_cast<std::int64_t>(at * rate_);
}

}  // namespace stretto::play
