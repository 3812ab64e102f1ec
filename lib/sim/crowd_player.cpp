#include "sim/crowd_player.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/crowd_state.hpp"

namespace stretto::sim {
namespace {

using play::Session;

constexpr int rate = 44'100;
constexpr double pieces_tick_s = 0.1;
constexpr double poll_ahead_s = 1.5;  // as listen::Download, as are the next two
constexpr std::size_t at_a_time = 3;
constexpr int near = 3;
constexpr std::size_t enough_peers = 1;

/// What a listener hears of a song before going on to another, s. Lamere (Spotify, 2014): 24 % of
/// plays are skipped within 5 s, 29 % within 10 s, 35 % within 30 s, 49 % before the end.
double patience(Chance& chance, double song_s) {
    const double u = chance.real();
    const auto between = [&](double from, double to) {
        return std::min(song_s, from + (to - from) * chance.real());
    };
    if (u < 0.24) return between(1, 5);
    if (u < 0.29) return between(5, 10);
    if (u < 0.35) return between(10, 30);
    if (u < 0.49) return between(30, song_s);
    return song_s;
}

Session::Options options_of(CrowdState& crowd, int highest) {
    Session::Options options;
    options.highest = highest;
    options.seed = static_cast<std::uint32_t>(crowd.chance.next());
    return options;
}

double sum_of_best(std::vector<double> speeds) {
    std::ranges::sort(speeds, std::greater{});
    double sum = 0;
    for (std::size_t i = 0; i < std::min(speeds.size(), at_a_time); ++i) sum += speeds[i];
    return sum;
}

Millis pause_after(gather::Fault fault) {  // as listen::PeerChunk
    switch (fault) {
        case gather::Fault::busy:
            return 500;
        case gather::Fault::stalled:
            return 3000;
        case gather::Fault::broken:
            return 5000;
        default:
            return 0;
    }
}

}  // namespace

void Ears::advance(double now) {
    const double passed = now - now_;
    if (passed <= 0) return;
    now_ = now;
    if (!playing_) {
        if (started() && playhead_ < song_s_ - 1e-3) stalled_s_ += passed;
        return;
    }
    const double heard = std::min(passed, std::max(0.0, audio_ - playhead_));
    playhead_ += heard;
    if (heard >= passed) return;
    playing_ = false;
    if (playhead_ >= song_s_ - 1e-3) return;
    ++stalls_;
    stalled_s_ += passed - heard;
}

void Ears::audio(double now, double audio_s, const Session::Options& rules) {
    advance(now);
    audio_ = std::max(audio_s, playhead_);
    const double needed = started() ? rules.resume_s : rules.start_s;
    if (playing_ || buffer() < std::min(needed, song_s_ - playhead_ - 1e-6)) return;
    if (playhead_ >= song_s_ - 1e-3) return;
    playing_ = true;
    if (!started()) sound_at_ = now;
}

CrowdPlayer::CrowdPlayer(CrowdState& crowd, std::uint32_t listener, std::uint32_t song, int highest)
    : CrowdClient(crowd, listener, song),
      options_(options_of(crowd, highest)),
      policy_(abr::make_policy(crowd.settings.abr)),
      session_(song_.shape, rate, *policy_, options_),
      ears_(song_.seconds),
      until_s_(patience(crowd.chance, song_.seconds)) {
    bool kept_first = false;
    for (const auto& holding : me().holdings) {
        if (holding.song != number_) continue;
        for (std::size_t k = 0; k < holding.have.size(); ++k)
            if (holding.have[k]) session_.kept(static_cast<int>(k), holding.rendition);
        kept_first = kept_first || holding.have[0];
    }
    if (kept_first) {  // with its manifest
        found_ = true;
        later(0, &CrowdPlayer::on_time);
        if (crowd_.settings.peers) later(2 * me().tracker_rtt_s, &CrowdPlayer::on_found);
        return;
    }
    // the manifest and the first chunk, at the same time
    early_ = 0;
    Request first;
    first.stop = song_.bytes[0][0];
    ask(request_ = requests_made_++, first);
    later(2 * me().tracker_rtt_s, &CrowdPlayer::on_found);
}

CrowdPlayer::~CrowdPlayer() = default;

void CrowdPlayer::on_found() {
    found_ = true;
    if (early_ >= 0) {
        session_.adopt(std::exchange(early_, -1), 0, -1);
        want_ = *session_.under_way();
        const auto got = request_ < 0 ? want_->stop : requests().at(request_).got;
        if (got > 0) session_.came(want_->number, got, session_.audio_of(*want_, got), at(), true);
        if (request_ < 0)
            whole();  // it had come before
        else
            hear();
    }
    if (crowd_.settings.peers) meet_peers();
    crowd_.wake(listener_);
}

void CrowdPlayer::on_time() { crowd_.wake(listener_); }

void CrowdPlayer::hear() {
    ears_.audio(at(), static_cast<double>(session_.have()) / rate, options_);
}

Session::Heard CrowdPlayer::heard() const {
    Session::Heard h;
    h.position = h.settled = std::llround(ears_.playhead() * rate);
    h.heard_s = ears_.playhead();
    h.playing = ears_.playing();
    h.started = ears_.started();
    return h;
}

void CrowdPlayer::pump() {
    if (over_) return;
    ears_.advance(at());
    if (ears_.playhead() >= until_s_ - 1e-3) {
        cancel();
        outcome_.ended_s = now_s();
        outcome_.sound_s = ears_.sound_at();
        outcome_.heard_s = ears_.playhead();
        outcome_.stalls = ears_.stalls();
        outcome_.stalled_s = ears_.stalled_s();
        outcome_.bytes = outcome_.from[1] + outcome_.from[2];
        over_ = true;
        return;
    }
    if (pieces_) pump_pieces();
    if (found_) act();
    sleep();
}

/// Till there may be something to decide; a request's end wakes sooner.
void CrowdPlayer::sleep() {
    double wait = std::max(0.02, session_.pause());
    const double most = ears_.playhead() < options_.settled_s ? options_.lead_s : options_.most_s;
    if (!want_ && ears_.playing()) wait = std::max(wait, ears_.buffer() - most - poll_ahead_s);
    if (!want_ && session_.complete()) wait = 1e9;
    if (pieces_) wait = pieces_tick_s;
    if (!ears_.playing()) wait = std::min(wait, 0.1);
    if (ears_.playing()) wait = std::min(wait, std::max(0.001, until_s_ - ears_.playhead()));
    const auto when = now() + std::max<Millis>(1, static_cast<Millis>(std::ceil(wait * 1000)));
    if (due_ > now() && due_ <= when) return;
    due_ = when;
    later(static_cast<double>(when - now()) / 1000, &CrowdPlayer::on_time);
}

bool CrowdPlayer::able(const Link& link) const { return !link.banned && link.not_before <= now(); }

/// As listen::Download::offer.
Session::Offer CrowdPlayer::offer() {
    Session::Offer offer;
    if (!crowd_.settings.peers || session_.complete() || want_) return offer;
    const auto chunk = static_cast<std::size_t>(session_.chunk());
    const auto renditions = song_.layout.kbps.size();
    for (std::size_t r = 0; r < renditions; ++r) {
        std::vector<double> speeds;
        for (const auto& link : links_)
            if (able(link) && link.have[r][chunk]) speeds.push_back(link.expected());
        offer.bytes_per_s.push_back(sum_of_best(std::move(speeds)));
    }
    for (const auto& link : links_) {
        if (!able(link)) continue;
        bool here = false, close = false;
        for (std::size_t r = 0; r < renditions; ++r) {
            here = here || link.have[r][chunk];
            for (auto k = chunk - std::min<std::size_t>(chunk, near); k < chunk; ++k)
                close = close || link.have[r][k];
        }
        offer.soon = offer.soon || (close && !here);
    }
    const bool enough = std::ranges::any_of(offer.bytes_per_s, [](double b) { return b > 0; });
    const int best = options_.highest;
    refresh_peers(best, enough);
    const double most = ears_.playhead() < options_.settled_s ? options_.lead_s : options_.most_s;
    if (ears_.buffer() < most + poll_ahead_s) poll_peers((poll_best_ = !poll_best_) ? best : 0);
    for (const auto& link : links_) offer.asked = offer.asked || link.answers > now();
    return offer;
}

void CrowdPlayer::act() {
    for (;;) {
        const auto orders = session_.act(at(), heard(), offer());
        if (orders.cancel) cancel();
        if (!orders.want) return hear();
        order(*orders.want);
    }
}

void CrowdPlayer::cancel() {
    if (request_ >= 0) {
        auto& request = requests().at(request_);
        outcome_.from[2] += request.got;
        request.useful = request.got;
        end(std::exchange(request_, -1));
    }
    while (!orders_.empty()) {
        end(orders_.begin()->first);
        orders_.erase(orders_.begin());
    }
    pieces_.reset();
    want_.reset();
}

void CrowdPlayer::order(const Session::Want& want) {
    if (from_kept(want)) return;
    want_ = want;
    if (want.peers) {
        gather::Picker::Options how;
        how.in_order = true;
        how.edge_bytes_per_s = session_.edge_rate();
        pieces_ = std::make_unique<gather::Picker>(std::vector{want.stop}, how,
                                                   static_cast<std::uint32_t>(want.chunk));
        pieces_->set_pieces({song_.starts[static_cast<std::size_t>(want.rendition)]
                                         [static_cast<std::size_t>(want.chunk)]});
        pieces_->pause_edge(std::numeric_limits<Millis>::max());
        passed_ = 0;
        return pump_pieces();
    }
    Request request;
    request.rendition = want.rendition;
    request.chunk = want.chunk;
    request.begin = want.begin;
    request.stop = want.stop;
    ask(request_ = requests_made_++, request);
}

/// @return false: it is not kept
bool CrowdPlayer::from_kept(const Session::Want& want) {
    const auto* holding = me().holding(number_, want.rendition);
    if (!holding || !holding->have[static_cast<std::size_t>(want.chunk)]) return false;
    const auto bytes = want.stop - want.begin;
    session_.came(want.number, bytes, session_.audio_of(want, bytes), at(), false);
    session_.ended(want.number);
    outcome_.from[0] += bytes;
    hear();
    return true;
}

/// All of what is wanted is here.
void CrowdPlayer::whole() {
    const auto& want = *want_;
    session_.ended(want.number);
    if (want.begin == 0) keep(want.rendition, want.chunk);
    want_.reset();
    hear();
}

void CrowdPlayer::on_bytes(int number, Request& request, std::uint32_t bytes) {
    if (request.link != edge) {
        const auto order = orders_.at(number);
        pieces_->received(order.first, bytes, now());
        return take_pieces(number, request);
    }
    if (number == request_ && want_) {
        session_.came(want_->number, bytes, session_.audio_of(*want_, request.got), at(), true);
        hear();
        if (!ears_.started()) crowd_.wake(listener_);
    }
}

void CrowdPlayer::on_end(int number, Request& request) {
    if (request.link != edge) {
        const auto order = orders_.at(number).first;
        orders_.erase(number);
        pieces_->finished(order, now());
        if (!pieces_->complete()) return;
        pieces_.reset();
        return whole();
    }
    request.useful = request.got;
    outcome_.from[2] += request.got;
    if (request.chunk == 0 && request.begin == 0) outcome_.first_bytes = request.got;
    request_ = -1;
    if (want_) whole();  // else the first chunk, of a song of which nothing is known yet
}

void CrowdPlayer::on_fault(int number, Request& request, gather::Fault fault) {
    if (request.link == edge) return;
    auto& link = links_[static_cast<std::size_t>(request.link)];
    link.not_before = now() + pause_after(fault);
    if (fault == gather::Fault::stalled) link.speed = link.expected() / 2;
    pieces_->failed(orders_.at(number).first, fault, now());
    orders_.erase(number);
}

/// As listen::PeerChunk::pump.
void CrowdPlayer::pump_pieces() {
    for (const int late : pieces_->late(now())) {
        const auto found = std::ranges::find_if(
            orders_, [&](const auto& order) { return order.second.first == late; });
        if (found != orders_.end()) fault(found->first, gather::Fault::stalled);
    }
    const auto r = static_cast<std::size_t>(want_->rendition);
    const auto k = static_cast<std::size_t>(want_->chunk);
    bool somebody = false;
    for (std::size_t i = 0; i < links_.size(); ++i) {
        const auto& link = links_[i];
        if (link.banned || !link.have[r][k]) continue;
        somebody = somebody || link.not_before < now() + 1000;
        if (able(link)) pieces_->set_peer(static_cast<int>(i), {true}, link.expected());
    }
    for (const auto& wanted : pieces_->pick(now())) {
        Request request;
        request.link = wanted.source;
        request.rendition = want_->rendition;
        request.chunk = want_->chunk;
        request.begin = wanted.begin;
        request.stop = wanted.stop;
        orders_[requests_made_] = {wanted.number, wanted.first};
        ask(requests_made_++, request);
    }
    if (!orders_.empty() || somebody) return;
    session_.failed(want_->number);  // nobody gives what is missing
    cancel();
}

void CrowdPlayer::take_pieces(int number, Request& request) {
    auto& [order_number, piece] = orders_.at(number);
    const auto order = *pieces_->order(order_number);
    const auto& starts = song_.starts[static_cast<std::size_t>(request.rendition)]
                                     [static_cast<std::size_t>(request.chunk)];
    const auto end_of = [&](int n) {
        const auto next = static_cast<std::size_t>(n) + 1;
        return next < starts.size() ? starts[next] : want_->stop;
    };
    for (; piece < order.end && end_of(piece) - order.begin <= request.got; ++piece) {
        if (gives_wrong_bytes(request)) return fault(number, gather::Fault::wrong);
        pieces_->piece_done(order_number, piece, now());
        const auto bytes = end_of(piece) - starts[static_cast<std::size_t>(piece)];
        request.useful += bytes;
        outcome_.from[1] += bytes;
        links_[static_cast<std::size_t>(request.link)].bytes += bytes;
    }
    const int from = passed_;
    while (passed_ < static_cast<int>(starts.size()) && pieces_->has_piece(0, passed_)) ++passed_;
    if (passed_ == from) return;
    const auto begin = starts[static_cast<std::size_t>(from)], stop = end_of(passed_ - 1);
    session_.came(want_->number, stop - begin, session_.audio_of(*want_, stop), at(), true);
    hear();
}

}  // namespace stretto::sim
