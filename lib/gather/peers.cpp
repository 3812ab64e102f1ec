#include "gather/peers.hpp"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <functional>
#include <utility>

#include "swarm/reach.hpp"

namespace stretto::gather {
namespace {

constexpr Millis between_refreshes = 5000;  // of the tracker's list, while a song loads
constexpr Millis first_refresh = 1000;      // the pause then doubles
constexpr Millis between_polls = 700;       // polls of the chunks of one peer
constexpr Millis between_rare_polls = 2000;
constexpr Millis silent_pause = 5000;  // before a peer that did not respond is polled again;
constexpr int most_doublings = 5;      // it doubles each time
constexpr std::size_t most_peers = 24, most_leaving = most_peers / 3;
constexpr std::size_t most_known = 512;  // including retired peers
constexpr Millis between_reviews = 60'000;
constexpr Millis busy_pause = 500, broken_pause = 5000, stalled_pause = 3000;
constexpr Millis missing_pause = 500;  // of a peer that has sent nothing yet
constexpr Millis soon = 1000;
constexpr std::size_t at_a_time = 6;  // peers per chunk
constexpr int near = 3;  // a peer with one of this many previous chunks is at our position

Millis pause_after(Fault fault) {
    switch (fault) {
        case Fault::busy:
            return busy_pause;
        case Fault::stalled:
            return stalled_pause;
        case Fault::broken:
        case Fault::denied:
        case Fault::untrusted:
            return broken_pause;
        case Fault::missing:
        case Fault::wrong:
            break;
    }
    return 0;
}

std::vector<bool> chunks_of(const swarm::Ranges& ranges, int chunks) {
    std::vector<bool> have(static_cast<std::size_t>(chunks));
    for (const auto& range : ranges)
        for (int k = range.first; k <= range.last && k < chunks; ++k)
            have[static_cast<std::size_t>(k)] = true;
    return have;
}

/// What a peer has goes to Peer::have. A tenth of a player's memory would be copies of it.
swarm::PeerInfo without_have(const swarm::PeerInfo& info) {
    return {info.peer_id, info.url, info.km, info.health, info.upload_kbps, {}, info.ticket};
}

/// The sum of the rates of the fastest peers.
double sum_of_best(boost::container::small_vector<double, most_peers>& speeds) {
    std::ranges::sort(speeds, std::greater{});
    double sum = 0;
    for (std::size_t i = 0; i < std::min(speeds.size(), at_a_time); ++i) sum += speeds[i];
    return sum;
}

}  // namespace

Peers::Peers(Options options, Millis now)
    : options_(std::move(options)), refreshed_(now), reviewed_(now) {}

/// nullopt: the peer must not be connected to, or there are too many.
std::optional<int> Peers::find_or_add(const swarm::PeerInfo& info, Millis now) {
    if (info.url.starts_with("rtc:")) {
        if (!options_.rtc) return {};
    } else {
        const auto endpoint = swarm::parse_peer_url(info.url);
        if (!endpoint || !swarm::may_connect(*endpoint, swarm::Role::peer, options_.local))
            return {};
    }
    if (info.peer_id == options_.self) return {};
    const auto found =
        std::ranges::find_if(peers_, [&](const Peer& peer) { return peer.info.url == info.url; });
    if (found != peers_.end()) {
        if (found->retired && (found->banned || !make_room(now))) return {};
        found->retired = false;
        return static_cast<int>(found - peers_.begin());
    }
    if (peers_.size() >= most_known || !make_room(now)) return {};
    auto& peer = peers_.emplace_back();
    peer.have.assign(options_.kbps.size(),
                     Have{std::vector<bool>(static_cast<std::size_t>(options_.chunks))});
    peer.heard.assign(options_.kbps.size(), 0);
    peer.whole.assign(options_.kbps.size(), false);
    return static_cast<int>(peers_.size()) - 1;
}

/// Make room for new peers. Once a minute, retire peers that sent nothing since the last review, so
/// that an attacker with a thousand addresses cannot keep others out.
bool Peers::make_room(Millis now) {
    const auto used = std::ranges::count(peers_, false, &Peer::retired);
    if (used < static_cast<long>(most_peers)) return true;
    if (now - reviewed_ >= between_reviews) {
        reviewed_ = now;
        leaving_.clear();
        for (const bool banned : {true, false})
            for (std::size_t i = 0; i < peers_.size() && leaving_.size() < most_leaving; ++i) {
                const auto& peer = peers_[i];
                if (!peer.retired && peer.banned == banned && peer.bytes == peer.noted)
                    leaving_.push_back(static_cast<int>(i));
            }
        for (auto& peer : peers_) peer.noted = peer.bytes;
    }
    while (!leaving_.empty()) {
        auto& peer = at(leaving_.back());
        changed_.push_back(leaving_.back());
        leaving_.pop_back();
        if (peer.bytes > peer.noted || peer.asking) continue;  // it has sent something
        peer.retired = true;
        return true;
    }
    return false;
}

void Peers::add(const std::vector<swarm::PeerInfo>& peers, Millis now) {
    for (const auto& info : peers) {
        const auto number = find_or_add(info, now);
        if (!number) continue;
        auto& peer = at(*number);
        peer.info = without_have(info);
        for (std::size_t r = 0; r < options_.kbps.size(); ++r) {
            const auto have = info.have.find(options_.kbps[r]);
            // its own response is newer than the tracker's list
            if (peer.heard[r] != 0 || have == info.have.end()) continue;
            peer.have[r] = {chunks_of(have->second, options_.chunks)};
        }
        ++peer.revision;
        changed_.push_back(*number);
    }
}

bool Peers::refresh(Millis now, bool enough) {
    const auto wait = std::min(between_refreshes, first_refresh << std::min(refreshes_, 8));
    if (now - refreshed_ < wait) return false;
    if (enough && now - refreshed_ < 6 * between_refreshes) return false;
    refreshed_ = now;
    ++refreshes_;
    return true;
}

std::vector<int> Peers::polls(Millis now, int rendition, bool rarely) {
    const auto pause = rarely ? between_rare_polls : between_polls;
    const auto r = static_cast<std::size_t>(rendition);
    std::vector<int> due;
    for (std::size_t i = 0; i < peers_.size(); ++i) {
        auto& peer = peers_[i];
        const auto last = std::max(peer.polled, peer.heard[r]);
        if (peer.asking || peer.banned || peer.retired || (last > 0 && now - last < pause))
            continue;
        if (peer.whole[r]) continue;
        peer.asking = true;
        due.push_back(static_cast<int>(i));
    }
    return due;
}

void Peers::said(int number, int rendition, Have have, Millis now) {
    auto& peer = at(number);
    const auto r = static_cast<std::size_t>(rendition);
    peer.heard[r] = std::max<Millis>(now, 1);
    have.chunks.resize(static_cast<std::size_t>(options_.chunks));
    if (peer.have[r] != have) {
        peer.have[r] = std::move(have);
        ++peer.revision;
    }
    peer.whole[r] = std::ranges::all_of(peer.have[r].chunks, std::identity{});
    changed_.push_back(number);
}

void Peers::polled(int number, bool answered, Millis now) {
    auto& peer = at(number);
    peer.asking = false;
    peer.polled = now;
    if (answered)
        peer.unanswered = 0;
    else
        peer.polled += silent_pause << std::min(peer.unanswered++, most_doublings);
}

void Peers::gave(int number, std::uint32_t bytes) { at(number).bytes += bytes; }

void Peers::worked(int number, std::uint32_t bytes, Millis took) {
    auto& peer = at(number);
    const double speed = bytes * 1000.0 / static_cast<double>(std::max<Millis>(1, took));
    peer.speed = peer.speed > 0 ? 0.6 * peer.speed + 0.4 * speed : speed;
    peer.ms += took;
    report(peer, true, "");
}

void Peers::failed(int number, Fault fault, int rendition, int chunk, Millis now) {
    auto& peer = at(number);
    // a missing chunk is a failure only of a peer that never sent anything
    const auto pause = std::max(pause_after(fault), peer.bytes > 0 ? 0 : missing_pause);
    if (pause > 0) peer.not_before = now + pause;
    switch (fault) {
        case Fault::missing:
            peer.have[static_cast<std::size_t>(rendition)].lacks(chunk);
            ++peer.revision;
            peer.whole[static_cast<std::size_t>(rendition)] = false;
            changed_.push_back(number);
            break;
        case Fault::wrong:
            peer.banned = true;
            peer.reported = false;
            report(peer, false, word(fault));
            break;
        case Fault::stalled:
            peer.speed = peer.expected() / 2;
            [[fallthrough]];
        case Fault::broken:
            report(peer, false, word(fault));
            break;
        case Fault::busy:
        case Fault::denied:
        case Fault::untrusted:
            break;
    }
}

bool Peers::able(int number, Millis now) const {
    return !at(number).banned && !at(number).retired && at(number).not_before <= now;
}

bool Peers::may_give(int rendition, int chunk, Millis now) const {
    return std::ranges::any_of(peers_, [&](const Peer& peer) {
        return !peer.banned && !peer.retired && peer.not_before < now + soon &&
               peer.has(rendition, chunk);
    });
}

play::Session::Offer Peers::offer(int chunk, Millis now) const {
    play::Session::Offer offer;
    const auto renditions = options_.kbps.size();
    std::vector<boost::container::small_vector<double, most_peers>> speeds(renditions);
    for (const auto& peer : peers_) {
        offer.asked = offer.asked || peer.asking;
        if (peer.banned || peer.retired || peer.not_before > now) continue;
        bool here = false, close = false;
        for (std::size_t r = 0; r < renditions; ++r)
            if (peer.have[r].has_some(chunk)) {
                here = true;
                speeds[r].push_back(peer.expected());
            }
        if (here || offer.soon) continue;
        for (std::size_t r = 0; r < renditions && !close; ++r)
            for (int k = std::max(0, chunk - near); k < chunk && !close; ++k)
                close = peer.have[r].has_some(k);
        offer.soon = close;
    }
    for (auto& of_rendition : speeds) offer.bytes_per_s.push_back(sum_of_best(of_rendition));
    return offer;
}

void Peers::report(Peer& peer, bool ok, const char* why) {
    if (peer.reported || peer.info.ticket.empty()) return;
    peer.reported = true;
    reports_.push_back({peer.info.ticket, ok, why, peer.ms, static_cast<std::int64_t>(peer.bytes)});
}

std::vector<swarm::Report> Peers::take_reports() { return std::exchange(reports_, {}); }

std::vector<int> Peers::take_changed() { return std::exchange(changed_, {}); }

bool Peers::asking() const { return std::ranges::any_of(peers_, &Peer::asking); }

int Peers::count() const {
    return static_cast<int>(std::ranges::count_if(
        peers_, [](const Peer& peer) { return !peer.banned && !peer.retired; }));
}

}  // namespace stretto::gather
