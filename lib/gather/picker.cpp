#include "gather/picker.hpp"

#include <algorithm>
#include <cassert>
#include <random>

namespace stretto::gather {
namespace {

constexpr Millis silence = 2000;     // without a byte until a peer's order is cancelled
constexpr Millis least_time = 1000;  // minimum time of an order: a round trip and slow start
constexpr Millis edge_silence = 5000;
constexpr Millis grace = 2000;      // until peers must be fast enough
constexpr Millis edge_ahead = 500;  // work in advance for the edge: more than any round trip
// The same while peers send: a second transfer of the edge would take downlink capacity from them.
// In a crowd of 3000 (stretto-simulate), peers sent 77 % of the bytes with this value and 69 % with
// 500.
constexpr Millis edge_ahead_of_peers = 100;
constexpr Millis window = 2000;  // over which the peers' rate is measured
// Size of a peer's order, s: short, so that pieces held by a slow peer are soon free for others. In
// a crowd of 1000 with 0.5 Mbit/s of upload, peers sent 89 % of the maximum flow with this value,
// and 42 % when three of them shared a whole chunk.
constexpr double order_s = 2;
constexpr double slow_bytes_per_s = 5000;  // a quarter of an upload of 160 kbit/s
constexpr Millis busy_pause = 300;         // after 503 from a peer that has sent something before
constexpr Millis least_loss = 300;         // minimum loss counted for an order without a piece
constexpr int most_strikes = 4;
constexpr int most_doublings = 6;  // of a pause's length
constexpr double little_help =
    0.25;  // share of the edge's rate below which it does not wait for peers
constexpr Millis stranger_time = 500;  // for its first byte, before its announced rate is doubted
constexpr double stranger_share =
    0.8;  // limit of an unproven peer's rate, as a share of the edge's

}  // namespace

Picker::Picker(const std::vector<std::uint32_t>& bytes, const Options& options, std::uint32_t seed)
    : options_(options),
      left_(static_cast<int>(bytes.size())),
      edge_rate_(options.edge_bytes_per_s),
      chance_(seed) {
    for (const auto size : bytes) chunks_.push_back({size, {Piece{}}, 1});
}

void Picker::set_pieces(const std::vector<std::vector<std::uint32_t>>& starts) {
    assert(starts.size() == chunks_.size() && !divided_);
    divided_ = true;
    for (std::size_t k = 0; k < chunks_.size(); ++k) {
        auto& chunk = chunks_[k];
        const Piece whole = chunk.pieces[0];
        chunk.pieces.clear();
        for (const auto begin : starts[k]) chunk.pieces.push_back({begin, whole.done, whole.asked});
        chunk.left = whole.done ? 0 : static_cast<int>(chunk.pieces.size());
    }
    for (auto& [number, active] : active_)
        active.order.end =
            static_cast<int>(chunks_[static_cast<std::size_t>(active.order.chunk)].pieces.size());
}

void Picker::set_peer(int peer, Have have, double bytes_per_s) {
    auto& mine = peers_[peer];
    mine.have = std::move(have);
    mine.have.chunks.resize(chunks_.size());
    mine.gone = false;
    if (mine.speed == 0) mine.speed = std::clamp(bytes_per_s, 20e3, 2e6);
}

void Picker::set_peer(int peer, bool whole, PieceSet some, double bytes_per_s) {
    auto& mine = peers_[peer];
    mine.have.chunks.resize(1);
    mine.have.chunks[0] = whole;
    if (some != 0)
        mine.have.parts[0] = some;
    else
        mine.have.parts.erase(0);
    mine.gone = false;
    if (mine.speed == 0) mine.speed = std::clamp(bytes_per_s, 20e3, 2e6);
}

void Picker::drop_peer(int peer) {
    const auto found = peers_.find(peer);
    if (found != peers_.end()) found->second.gone = true;
}

bool Picker::banned(int peer) const {
    const auto found = peers_.find(peer);
    return found != peers_.end() && found->second.banned;
}

int Picker::useful_peers(Millis now, int most) const {
    int n = 0;
    for (const auto& [number, peer] : peers_) {
        if (n >= most) break;
        if (peer.banned || peer.gone || peer.not_before > now + 1000) continue;
        for (std::size_t k = 0; k < chunks_.size(); ++k)
            if (chunks_[k].left > 0 && peer.have.has_some(static_cast<int>(k))) {
                ++n;
                break;
            }
    }
    return n;
}

void Picker::have_chunk(int chunk) {
    auto& c = chunks_[static_cast<std::size_t>(chunk)];
    if (c.left == 0) return;
    for (auto& piece : c.pieces) piece.done = true;
    c.left = 0;
    --left_;
}

void Picker::lost_chunk(int chunk) {
    auto& c = chunks_[static_cast<std::size_t>(chunk)];
    if (c.left == 0) ++left_;
    for (auto& piece : c.pieces) piece.done = false;
    c.left = static_cast<int>(c.pieces.size());
}

std::uint32_t Picker::end_of(const Chunk& chunk, int piece) const {
    const auto next = static_cast<std::size_t>(piece) + 1;
    return next < chunk.pieces.size() ? chunk.pieces[next].begin : chunk.bytes;
}

bool Picker::can_ask(const Peer& peer, Millis now) const {
    if (peer.banned || peer.gone || now < peer.not_before) return false;
    if (peer.proven) return peer.orders < options_.orders_a_peer;
    return peer.orders == 0 && strangers_ < options_.strangers;
}

/// Number of peers that have the chunk, or receive it.
int Picker::rarity(int chunk) const {
    return static_cast<int>(std::ranges::count_if(peers_, [&](const auto& entry) {
        const Peer& peer = entry.second;
        return !peer.banned && !peer.gone && peer.have.has_some(chunk);
    }));
}

int Picker::sources_of(int chunk) const {
    return static_cast<int>(std::ranges::count_if(
        active_, [&](const auto& entry) { return entry.second.order.chunk == chunk; }));
}

/// The first run of pieces that are neither received nor requested.
std::optional<Picker::Run> Picker::open_run(int chunk) const {
    const auto& pieces = chunks_[static_cast<std::size_t>(chunk)].pieces;
    const auto first = std::ranges::find_if(pieces, &Piece::open);
    if (first == pieces.end()) return {};
    const auto end = std::ranges::find_if_not(first, pieces.end(), &Piece::open);
    return Run{static_cast<int>(first - pieces.begin()), static_cast<int>(end - pieces.begin())};
}

bool Picker::has(const Peer& peer, int chunk, int piece) const {
    if (peer.have.has(chunk)) return true;
    const auto part = peer.have.parts.find(chunk);
    return part != peer.have.parts.end() && contains(part->second, piece);
}

/// The same of the pieces that a peer has.
std::optional<Picker::Run> Picker::open_run(int chunk, const Peer& peer) const {
    if (peer.have.has(chunk)) return open_run(chunk);
    const auto part = peer.have.parts.find(chunk);
    if (part == peer.have.parts.end()) return {};
    const auto& pieces = chunks_[static_cast<std::size_t>(chunk)].pieces;
    const auto here = [&, set = part->second](int i) {
        return pieces[static_cast<std::size_t>(i)].open() && contains(set, i);
    };
    const int most = static_cast<int>(pieces.size());
    int first = 0;
    while (first < most && !here(first)) ++first;
    int end = first;
    while (end < most && here(end)) ++end;
    if (first == end) return {};
    return Run{first, end};
}

/// The same from the piece on that the fewest peers have. Listeners that receive one chunk at the
/// same time thus have different pieces for each other.
std::optional<Picker::Run> Picker::rarest_run(int chunk, const Peer& peer) {
    const auto& pieces = chunks_[static_cast<std::size_t>(chunk)].pieces;
    const int most = static_cast<int>(pieces.size());
    const auto here = [&](int i) {
        return pieces[static_cast<std::size_t>(i)].open() && has(peer, chunk, i);
    };
    int first = most;
    double best = 0;
    for (int i = 0; i < most; ++i) {
        if (!here(i)) continue;
        double key = std::uniform_real_distribution{0.0, 0.9}(chance_);
        for (const auto& [number, other] : peers_)
            key += !other.banned && !other.gone && has(other, chunk, i);
        if (first == most || key < best) first = i, best = key;
    }
    if (first == most) return {};
    int end = first + 1;
    while (end < most && here(end)) ++end;
    return Run{first, end};
}

/// Time limit of an order for this many bytes, ms: twice the time that the edge would need.
Millis Picker::time_for(double bytes) const {
    const double rate = edge_rate_ > 0 ? edge_rate_ : 20e3;
    return std::max(least_time, static_cast<Millis>(2000 * bytes / rate));
}

/// Whether peers that sent nothing have used up their time for a piece. If there is no edge, they
/// may continue.
bool Picker::overdue(const Chunk& chunk, int piece, Millis now) const {
    const auto& mine = chunk.pieces[static_cast<std::size_t>(piece)];
    if (now < edge_not_before_) return false;
    return mine.lost > time_for(end_of(chunk, piece) - mine.begin);
}

/// The pieces that a peer may be asked for now.
std::optional<Picker::Run> Picker::run_for(const Peer& peer, int chunk, Millis now) const {
    if (!can_ask(peer, now)) return {};
    const auto run = open_run(chunk, peer);
    if (!run || peer.proven || peer.gave) return run;
    if (overdue(chunks_[static_cast<std::size_t>(chunk)], run->first, now)) return {};
    return run;
}

/// A chunk for which a free peer can send pieces. Chunks already begun come before new ones.
std::optional<int> Picker::choose_for_peers(Millis now) {
    std::vector<const Peer*> free;
    for (const auto& [number, peer] : peers_)
        if (can_ask(peer, now)) free.push_back(&peer);
    if (free.empty()) return {};  // most often: all are busy
    std::vector<int> orders_of(chunks_.size());
    for (const auto& [number, active] : active_)
        ++orders_of[static_cast<std::size_t>(active.order.chunk)];
    std::optional<int> best;
    double best_key = 0;
    int open = 0;
    for (std::size_t k = 0; k < chunks_.size(); ++k)
        open += chunks_[k].left > 0 && orders_of[k] > 0;
    for (int k = 0; k < static_cast<int>(chunks_.size()); ++k) {
        const auto& chunk = chunks_[static_cast<std::size_t>(k)];
        if (chunk.left == 0) continue;
        if (!open_run(k)) continue;
        const int sources = orders_of[static_cast<std::size_t>(k)];
        if (sources >= options_.peers_a_chunk) continue;
        const bool begun = sources > 0 || chunk.left < static_cast<int>(chunk.pieces.size());
        if (!begun && open >= options_.open_chunks) continue;
        const bool reachable = std::ranges::any_of(
            free, [&](const Peer* peer) { return run_for(*peer, k, now).has_value(); });
        if (!reachable) continue;
        const double chance = std::uniform_real_distribution{0.0, 0.9}(chance_);
        const double key = (begun ? 0 : 1e6) + (options_.in_order ? k : rarity(k) + chance);
        if (!best || key < best_key) best = k, best_key = key;
    }
    return best;
}

void Picker::start(int source, int chunk, int first, int end, Millis now,
                   std::vector<Order>& orders) {
    auto& c = chunks_[static_cast<std::size_t>(chunk)];
    const Order order{next_++,
                      source,
                      chunk,
                      first,
                      end,
                      c.pieces[static_cast<std::size_t>(first)].begin,
                      end_of(c, end - 1)};
    for (int i = first; i < end; ++i) ++c.pieces[static_cast<std::size_t>(i)].asked;
    active_[order.number] = Active{order, now, now, 0, false};
    if (source == Order::edge) {
        if (edge_orders_++ == 0) edge_since_ = now, edge_bytes_ = 0;
    } else {
        auto& peer = peers_[source];
        if (!peer.proven) ++strangers_;
        ++peer.orders;
        if (!peers_since_) peers_since_ = now;
    }
    orders.push_back(order);
}

/// Divide one chunk among the free peers that have it, by their rates. @return false: there is none
bool Picker::ask_peers(Millis now, std::vector<Order>& orders) {
    const auto chunk = choose_for_peers(now);
    if (!chunk) return false;
    struct Able {
        int number;
        const Peer* peer;
        double speed;  // of one order more
    };
    std::vector<Able> able;
    int pieces = 0;  // that one of them has: at most so many peers
    for (const auto& [number, peer] : peers_)
        if (const auto run = run_for(peer, *chunk, now)) {
            able.push_back({number, &peer, peer.speed / (1 + peer.orders)});
            pieces = std::max(pieces, run->second - run->first);
        }
    std::ranges::shuffle(able, chance_);
    std::ranges::stable_sort(able, std::greater{}, &Able::speed);
    const int most_peers = std::min(options_.peers_a_chunk - sources_of(*chunk), pieces);
    int strangers = options_.strangers - strangers_;
    std::vector<Able> chosen;
    double total = 0;
    for (const auto& one : able) {
        if (static_cast<int>(chosen.size()) >= most_peers) break;
        if (!one.peer->proven && strangers-- <= 0) continue;
        chosen.push_back(one);
        total += one.speed;
    }
    if (chosen.empty()) return false;
    const auto& c = chunks_[static_cast<std::size_t>(*chunk)];
    const auto before = orders.size();
    double carry = 0;  // pieces that those before did not get
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const auto& [number, peer, speed] = chosen[i];
        const auto run = options_.rare_pieces ? rarest_run(*chunk, *peer) : open_run(*chunk, *peer);
        if (!run) continue;                               // others have got all that it has
        carry += total > 0 ? speed / total * pieces : 1;  // all unknown: one each
        const int rest = static_cast<int>(chosen.size() - i - 1);  // each gets a piece
        const int share = std::clamp(static_cast<int>(carry + 0.5), 1,
                                     std::max(1, run->second - run->first - rest));
        const int most = run->first + share;
        const auto begin = c.pieces[static_cast<std::size_t>(run->first)].begin;
        int end = run->first + 1;
        while (end < most && end_of(c, end) - begin <= speed * order_s) ++end;
        carry -= end - run->first;
        start(number, *chunk, run->first, end, now, orders);
    }
    return orders.size() > before;
}

double Picker::peer_rate(Millis now) const {
    while (!peer_bytes_.empty() && peer_bytes_.front().at <= now - window) {
        peer_bytes_sum_ -= peer_bytes_.front().bytes;
        peer_bytes_.pop_front();
    }
    if (!peers_since_) return 0;
    return static_cast<double>(peer_bytes_sum_) * 1000 /
           static_cast<double>(std::clamp<Millis>(now - *peers_since_, 250, window));
}

bool Picker::peers_suffice(Millis now) const {
    const double rate = peer_rate(now);
    if (options_.enough <= 0) return edge_rate_ > 0 && rate >= edge_rate_;
    if (slow_since_ < 0 || rate >= options_.enough) slow_since_ = now;
    if (now - slow_since_ >= grace) return false;
    for (int k = 0; k < static_cast<int>(chunks_.size()); ++k)
        if (chunks_[static_cast<std::size_t>(k)].left > 0 && open_run(k) && rarity(k) == 0)
            return false;
    return true;
}

/// The rate of the edge, bytes/s. Until it is measured, the rate since its first request, which is
/// too low during slow start, and never more than the path carries.
double Picker::edge_pace(Millis now) const {
    if (edge_rate_ > 0 || now <= edge_since_) return edge_rate_;
    return static_cast<double>(edge_bytes_) * 1000 / static_cast<double>(now - edge_since_);
}

/// Whether the edge may have another order. Not while peers are as fast as the edge. Otherwise it
/// gets enough orders to stay busy until the next one can reach it. More concurrent orders would
/// share its rate, and in a crowd all would wait longer for the first whole chunk that they can
/// upload.
bool Picker::edge_wanted(Millis now) const {
    if (now < edge_not_before_ || edge_orders_ >= options_.edge_orders) return false;
    if (until_ >= 0) return true;
    const bool helped = divided_ && useful_peers(now, 1) > 0;
    if (helped && peers_suffice(now)) return false;
    if (edge_orders_ == 0 || options_.alone) return true;
    double outstanding = 0;
    for (const auto& [number, active] : active_)
        if (active.order.source == Order::edge)
            outstanding += active.order.stop - active.order.begin - active.received;
    const bool tried = peers_since_ && now - *peers_since_ >= grace;
    const bool much = !tried || peer_rate(now) >= little_help * edge_rate_;
    const auto ahead = helped && much ? edge_ahead_of_peers : edge_ahead;
    return outstanding < edge_pace(now) * static_cast<double>(ahead) / 1000;
}

std::optional<int> Picker::choose_for_edge() {
    std::optional<int> best;
    double best_key = 0;
    for (int k = 0; k < static_cast<int>(chunks_.size()); ++k) {
        if (chunks_[static_cast<std::size_t>(k)].left == 0 || !open_run(k)) continue;
        const double chance = std::uniform_real_distribution{0.0, 0.9}(chance_);
        // random even if no peer is known yet: in a new crowd, all others send requests too
        const double key = options_.in_order ? k : rarity(k) + chance;
        if (!best || key < best_key) best = k, best_key = key;
    }
    return best;
}

/// The number of pieces for the edge, of a chunk that peers have too: enough to keep the edge busy
/// for a moment. The rest is left for peers, in case they become faster.
int Picker::edge_share(int chunk, Run run) const {
    const auto& c = chunks_[static_cast<std::size_t>(chunk)];
    const auto begin = c.pieces[static_cast<std::size_t>(run.first)].begin;
    int end = run.first + 1;
    while (end < run.second && end_of(c, end - 1) - begin < edge_rate_ * edge_ahead / 1000) ++end;
    return end;
}

bool Picker::ask_edge(Millis now, std::vector<Order>& orders) {
    if (!edge_wanted(now)) return false;
    const auto chunk = choose_for_edge();
    if (!chunk) return ask_edge_again(now, orders);
    auto run = *open_run(*chunk);
    if (divided_ && rarity(*chunk) > 0) run.second = edge_share(*chunk, run);
    start(Order::edge, *chunk, run.first, run.second, now, orders);
    return true;
}

/// The expected rate of a peer's order, bytes/s.
double Picker::speed_of(const Active& active, Millis now) const {
    const double took = static_cast<double>(std::max<Millis>(1, now - active.started)) / 1000;
    const auto& peer = peers_.at(active.order.source);
    double speed = active.received > 0 ? active.received / took : peer.speed / (1 + took);
    // an announced rate is not trusted
    if (active.received == 0 && !peer.proven && edge_rate_ > 0 &&
        now - active.started >= stranger_time)
        speed = std::min(speed, stranger_share * edge_rate_ / (1 + took));
    return speed;
}

/// If all pieces are requested: also request from the edge those that peers would send later than
/// it.
bool Picker::ask_edge_again(Millis now, std::vector<Order>& orders) {
    const Active* latest = nullptr;
    double longest = 0;
    for (const auto& [number, active] : active_) {
        const auto& order = active.order;
        if (order.source == Order::edge) continue;
        const auto& pieces = chunks_[static_cast<std::size_t>(order.chunk)].pieces;
        const bool alone =
            std::all_of(pieces.begin() + order.first, pieces.begin() + order.end,
                        [](const Piece& piece) { return piece.done || piece.asked == 1; });
        const double rest = order.stop - order.begin - active.received;
        if (!alone || rest <= 0) continue;
        const double speed = speed_of(active, now);
        // a fast order that has become silent is expected to stay silent for as long again
        const double quiet =
            active.received > 0 ? static_cast<double>(now - active.last_byte) / 1000 : 0;
        const double wait = std::max(rest / std::max(speed, 1.0), quiet);
        const double edge = edge_rate_ > 0 ? (order.stop - order.begin) / edge_rate_ + 0.1 : 1;
        if (wait > edge && wait > longest) latest = &active, longest = wait;
    }
    if (!latest) return false;
    const Order late = latest->order;
    const auto& pieces = chunks_[static_cast<std::size_t>(late.chunk)].pieces;
    int first = late.first;
    while (first < late.end && pieces[static_cast<std::size_t>(first)].done) ++first;
    if (first == late.end) return false;
    if (until_ >= 0) {
        // the pieces that it will have sent by then remain its own
        const auto& c = chunks_[static_cast<std::size_t>(late.chunk)];
        const auto& active = active_.at(late.number);
        const double left_s = static_cast<double>(until_ - now) / 1000;
        const double theirs = active.received + left_s * speed_of(active, now);
        while (first + 1 < late.end && end_of(c, first) - late.begin <= theirs) ++first;
    }
    start(Order::edge, late.chunk, first, late.end, now, orders);
    return true;
}

std::vector<Order> Picker::pick(Millis now) {
    std::vector<Order> orders;
    if (divided_)
        while (ask_peers(now, orders)) {
        }
    while (ask_edge(now, orders)) {
    }
    return orders;
}

Order Picker::adopt(int chunk, Millis asked) {
    std::vector<Order> orders;
    const auto pieces = static_cast<int>(chunks_[static_cast<std::size_t>(chunk)].pieces.size());
    start(Order::edge, chunk, 0, pieces, asked, orders);
    return orders.front();
}

/// The time limit of a peer's order: twice the time that the edge would need.
Millis Picker::allowed(const Active& active) const {
    return time_for(active.order.stop - active.order.begin);
}

std::vector<int> Picker::late(Millis now) {
    std::vector<int> found;
    const auto of_peers = static_cast<double>(active_.size()) - edge_orders_;
    for (const auto& [number, active] : active_) {
        const bool edge = active.order.source == Order::edge;
        const bool silent = now - active.last_byte >= (edge ? edge_silence : silence);
        // If there are eight peers, an eighth of the edge's rate is fast enough. So is any peer
        // that uses its link, because the edge continues in parallel.
        const auto took = static_cast<double>(now - active.started) / 1000;
        const double least = std::min(edge_rate_ / of_peers, slow_bytes_per_s);
        const bool slow = active.received < least * took || edge_rate_ == 0;
        if (silent || (!edge && slow && now - active.started > allowed(active)))
            found.push_back(number);
    }
    for (const int number : found) failed(number, Fault::stalled, now);
    return found;
}

void Picker::received(int order, std::uint32_t bytes, Millis now) {
    const auto found = active_.find(order);
    if (found == active_.end()) return;
    auto& active = found->second;
    active.received += bytes;
    const bool of_edge = active.order.source == Order::edge;
    active.last_byte =
        of_edge && edge_least_ > 0
            ? std::min(now,
                       active.last_byte + static_cast<Millis>(1000 * bytes / edge_least_ + 0.5))
            : now;
    if (of_edge) {
        edge_bytes_ += bytes;
        // over all its orders while it is busy; the first second is not representative
        if (now - edge_since_ >= 500) learn_edge(now, 1);
    }
}

void Picker::piece_done(int order, int piece, Millis now) {
    const auto found = active_.find(order);
    if (found == active_.end()) return;
    const auto& o = found->second.order;
    auto& chunk = chunks_[static_cast<std::size_t>(o.chunk)];
    auto& mine = chunk.pieces[static_cast<std::size_t>(piece)];
    found->second.progressed = true;
    if (o.source != Order::edge) {
        peers_[o.source].gave = true;
        peer_bytes_.push_back({now, end_of(chunk, piece) - mine.begin});
        peer_bytes_sum_ += peer_bytes_.back().bytes;
    }
    if (mine.done) return;
    mine.done = true;
    if (--chunk.left == 0) --left_;
}

void Picker::release(const Active& active) {
    auto& pieces = chunks_[static_cast<std::size_t>(active.order.chunk)].pieces;
    for (int i = active.order.first; i < active.order.end; ++i)
        --pieces[static_cast<std::size_t>(i)].asked;
    if (active.order.source == Order::edge) {
        --edge_orders_;
    } else {
        auto& peer = peers_[active.order.source];
        --peer.orders;
        if (!peer.proven) --strangers_;
    }
}

/// Learn the edge's rate from a short transfer too.
void Picker::note_edge(const Active& active, Millis now) {
    if (active.order.source != Order::edge || active.received == 0) return;
    learn_edge(now, 0.9);
}

/// While peers send, the edge shares the downlink with them, and may be faster than measured. With
/// the measured rate, it would get no more requests once peers use half of the downlink.
/// @param kept  share of the known rate that remains after such a measurement
void Picker::learn_edge(Millis now, double kept) {
    const double took = static_cast<double>(std::max<Millis>(1, now - edge_since_));
    const double seen = static_cast<double>(edge_bytes_) * 1000 / took;
    const bool alone = static_cast<int>(active_.size()) == edge_orders_;
    edge_rate_ = alone ? seen : std::max(seen, kept * edge_rate_);
}

void Picker::finished(int order, Millis now) {
    const auto found = active_.find(order);
    if (found == active_.end()) return;
    const Active active = found->second;
    note_edge(active, now);
    release(active);
    active_.erase(found);
    if (active.order.source == Order::edge) return;
    auto& peer = peers_[active.order.source];
    const double took = static_cast<double>(std::max<Millis>(1, now - active.started)) / 1000;
    const double speed = active.received / took;
    peer.speed = peer.proven ? 0.6 * peer.speed + 0.4 * speed : speed;
    peer.proven = true;
    peer.strikes = peer.empty = 0;
}

/// Add the time lost to a peer that sent nothing to each requested piece: at least that of a new
/// request.
void Picker::note_lost(const Active& active, Millis now) {
    if (active.progressed) return;
    auto& pieces = chunks_[static_cast<std::size_t>(active.order.chunk)].pieces;
    const auto took = std::max(least_loss, now - active.started);
    for (int i = active.order.first; i < active.order.end; ++i)
        pieces[static_cast<std::size_t>(i)].lost += took;
}

void Picker::strike(Peer& peer, Millis now, Millis pause) {
    ++peer.strikes;
    peer.speed = std::max(5e3, peer.speed / 2);
    peer.not_before = now + (pause << std::min(peer.strikes, most_doublings));
    if (peer.strikes >= most_strikes) peer.gone = true;
}

void Picker::failed(int order, Fault fault, Millis now) {
    const auto found = active_.find(order);
    if (found == active_.end()) return;
    const Active active = found->second;
    release(active);
    active_.erase(found);
    if (active.order.source == Order::edge) return;
    note_lost(active, now);
    auto& peer = peers_[active.order.source];
    const auto jitter = std::uniform_int_distribution<Millis>{0, 300}(chance_);
    switch (fault) {
        case Fault::wrong:
            peer.banned = true;
            break;
        case Fault::missing:
            peer.have.lacks(active.order.chunk);
            if (!peer.proven) strike(peer, now, 100);
            break;
        case Fault::busy:
            peer.not_before = now + (busy_pause << std::min(peer.empty++, most_doublings)) + jitter;
            break;
        case Fault::broken:
        case Fault::stalled:
        case Fault::denied:
        case Fault::untrusted:
            strike(peer, now, active.progressed ? 250 : 1000);
            break;
    }
}

bool Picker::complete(int chunk) const {
    return chunks_[static_cast<std::size_t>(chunk)].left == 0;
}

bool Picker::has_piece(int chunk, int piece) const {
    return chunks_[static_cast<std::size_t>(chunk)].pieces[static_cast<std::size_t>(piece)].done;
}

double Picker::missing_bytes(int chunk) const {
    const auto& c = chunks_[static_cast<std::size_t>(chunk)];
    double bytes = 0;
    for (int i = 0; i < static_cast<int>(c.pieces.size()); ++i)
        if (const auto& piece = c.pieces[static_cast<std::size_t>(i)]; !piece.done)
            bytes += end_of(c, i) - piece.begin;
    return bytes;
}

void Picker::hurry(Millis until) {
    if (until_ < 0) edge_not_before_ = 0;
    until_ = until;
}

const Order* Picker::order(int number) const {
    const auto found = active_.find(number);
    return found == active_.end() ? nullptr : &found->second.order;
}

std::vector<int> Picker::superfluous() const {
    std::vector<int> found;
    for (const auto& [number, active] : active_) {
        const auto& pieces = chunks_[static_cast<std::size_t>(active.order.chunk)].pieces;
        if (std::all_of(pieces.begin() + active.order.first, pieces.begin() + active.order.end,
                        [](const Piece& piece) { return piece.done; }))
            found.push_back(number);
    }
    return found;
}

}  // namespace stretto::gather
