#include "sim/crowd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/crowd_state.hpp"

namespace stretto::sim {
namespace {

constexpr Millis least_between_ms = 3000;  // announces, as in stream/tracker.cpp
constexpr int interval_s = 120;            // of announces, as stretto-track asks for
constexpr Millis head_start_ms = 10000;
constexpr double rush_ms = 60'000;
constexpr double late_s = 1.9;       // before each byte of a peer that is Evil::late
constexpr double least_away_s = 10;  // others notice that it left
constexpr double look_up_s = 0.05;   // the tracker asks the origin how a song is cut

swarm::PeersLimits limits(const CrowdSettings& settings) {
    swarm::PeersLimits limits;
    limits.peers = settings.listeners + settings.attackers.size() + settings.seeders + 1;
    return limits;
}

Millis head_start(const CrowdSettings& settings) {
    return settings.seeders > 0 ? 2 * head_start_ms : head_start_ms;
}

/// One network per listener; the tracker's tests cover shared networks.
swarm::Endpoint address(std::uint32_t n) {
    swarm::Endpoint at;
    at.ip.bytes[10] = at.ip.bytes[11] = 0xff;
    const std::uint32_t v4 = 0x14000000u + (n << 8) + 1;
    for (unsigned i = 0; i < 4; ++i)
        at.ip.bytes[12 + i] = static_cast<std::uint8_t>(v4 >> (24 - 8 * i));
    at.port = 8500;
    return at;
}

std::vector<swarm::EdgeInfo> edge_list(std::size_t n) {
    std::vector<swarm::EdgeInfo> all;
    for (std::size_t i = 0; i < n; ++i) {
        const auto name = std::to_string(i);
        all.push_back({name, "http://edge" + name + ".example", edge_place(i), {}});
    }
    return all;
}

int rendition_of(const swarm::Layout& layout, int kbps) {
    int best = 0;
    for (std::size_t i = 0; i < layout.kbps.size(); ++i)
        if (layout.kbps[i] <= kbps) best = static_cast<int>(i);
    return best;
}

}  // namespace

std::optional<Evil> parse_evil(std::string_view name) {
    constexpr std::string_view names[] = {"silent", "slow", "wrong",   "half",  "missing",
                                          "busy",   "late", "claimed", "forged"};
    const auto found = std::ranges::find(names, name);
    if (found == std::end(names)) return {};
    return static_cast<Evil>(1 + (found - std::begin(names)));
}

Holding* Listener::holding(std::uint32_t song, int rendition) {
    const auto found = std::ranges::find_if(
        holdings, [&](const Holding& h) { return h.song == song && h.rendition == rendition; });
    return found == holdings.end() ? nullptr : &*found;
}

CrowdState::CrowdState(const CrowdSettings& s)
    : settings(s),
      chance(s.seed),
      catalogue(s.songs, s.song_s, s.ladder, s.seed),
      zipf(s.songs, s.zipf),
      tracker(limits(s), s.seed, std::make_unique<swarm::PlainSeal>(s.seed), 1000),
      edges(edge_list(s.edges)),
      listeners(s.listeners + s.attackers.size() + s.seeders),
      is_awake_(listeners.size()) {
    for (std::size_t i = 0; i < s.edges; ++i)
        edge_pipes.push_back(flows.add_pipe(s.edge_kbps * 125));
    result.members.resize(listeners.size());
    for (std::uint32_t i = 0; i < listeners.size(); ++i) add_listener(i);
    if (s.failing_edges > 0)
        after(static_cast<double>(head_start(s)) / 1000 + s.arrivals_s / 2,
              [this] { fail_edges(); });
}

/// Geometric, as of a session that ends after each song with the same chance.
int CrowdState::draw_count(double mean) {
    return 1 +
           static_cast<int>(std::log(1 - chance.real()) / std::log(1 - 1 / std::max(1.001, mean)));
}

bool CrowdState::connect(std::uint32_t a, std::uint32_t b) const {
    if (!settings.nat) return true;
    const std::uint64_t pair = std::uint64_t{std::min(a, b)} << 32 | std::max(a, b);
    return connects(listeners[a].nat, listeners[b].nat, Chance{settings.seed ^ pair}.real(),
                    *settings.nat);
}

double CrowdState::origin_s(std::size_t edge, std::uint32_t song, const gather::Ask& ask) {
    if (!settings.edge_misses) return 0;
    using What = gather::Ask::What;
    // chunk 0 has one name in a rendition, however it is asked for; a manifest has none
    const auto rendition = ask.what == What::manifest ? 0xff
                           : ask.what == What::first
                               ? rendition_of(catalogue.song(song).layout, ask.kbps)
                               : ask.rendition;
    const auto chunk = ask.what == What::index      ? 0xffff
                       : ask.what == What::manifest ? 0
                                                    : ask.chunk;
    const auto key = std::uint64_t{song} << 32 | static_cast<std::uint64_t>(edge) << 26 |
                     static_cast<std::uint64_t>(rendition & 0xff) << 16 |
                     static_cast<std::uint64_t>(chunk & 0xffff);
    const auto [here, fresh] = at_edges_.try_emplace(key, 0);
    if (fresh) {
        ++result.edge_misses;
        here->second =
            now + static_cast<Millis>(1000 * rtt_s(edge_place(edge), edge_place(0)) + 0.5);
    }
    return static_cast<double>(std::max<Millis>(0, here->second - now)) / 1000;
}

void CrowdState::count_announce(const swarm::Announce& said) {
    if (settings.messages) result.message_bytes += swarm::print_announce(said).size() + heads_bytes;
}

/// After the evil peers and the seeders.
Millis CrowdState::arrival() {
    const double all_ms = settings.arrivals_s * 1000;
    auto when = all_ms * chance.real();
    // no draw without a rush, so that a seed means the same crowd as ever
    if (settings.rush > 0 && chance.real() < settings.rush)
        when = std::clamp(all_ms / 2 + rush_ms * (chance.real() - 0.5), 0.0, all_ms);
    return static_cast<Millis>(when);
}

void CrowdState::fail_edges() {
    edges_failed = true;
    for (auto& l : listeners)
        if (l.client) l.client->edges_failed();
}

void CrowdState::add_listener(std::uint32_t i) {
    auto& l = listeners[i];
    auto& member = result.members[i];
    l.at = address(i);
    l.place = swarm::rounded(draw_place(chance));
    member.down = settings.down_kbps * 125 * (0.5 + chance.real());
    member.up = settings.up_kbps * 125 * (0.5 + chance.real());
    if (chance.real() < settings.evil) l.evil = static_cast<Evil>(1 + chance.next() % 4);
    const bool seeds = i >= settings.listeners + settings.attackers.size();
    if (seeds)
        l.evil = Evil::no;
    else if (i >= settings.listeners)
        l.evil = settings.attackers[i - settings.listeners];
    member.evil = l.evil != Evil::no;
    l.down = flows.add_pipe(member.down);
    l.up = flows.add_pipe(l.evil == Evil::slow ? 1 : l.evil == Evil::late ? 1 / late_s : member.up);
    // no draw without these shares, so that a seed means the same crowd as ever
    if (!member.evil && settings.unreachable > 0)
        l.reachable = chance.real() >= settings.unreachable;
    if (!member.evil && settings.no_upload > 0) l.gives = chance.real() >= settings.no_upload;
    if (!l.reachable || !l.gives) member.up = 0;
    if (settings.play) l.songs_left = draw_count(settings.songs_each);
    if (settings.play && settings.visits > 1) l.visits_left = draw_count(settings.visits) - 1;
    // a generator of its own, so that a seed means the same listeners with NATs and without
    if (settings.nat) l.nat = nat_of(Chance{settings.seed * 0x9e3779b9 + i}.real(), *settings.nat);
    const auto when = arrival();
    // evil peers arrive before all others
    const Millis attack = head_start(settings) - head_start_ms;
    agenda.at(now + (seeds         ? 0
                     : member.evil ? attack
                                   : head_start(settings) + when),
              [this, i] { arrive(i); });
    if (!member.evil && !seeds) ++left_;
}

void CrowdState::arrive(std::uint32_t number) {
    auto& l = listeners[number];
    l.here = true;
    const auto nearest = edges.nearest(l.place, number);
    l.edge = static_cast<std::size_t>(std::stoul(nearest.front().name));
    l.edge_rtt_s = rtt_s(l.place, edge_place(l.edge));
    l.tracker_rtt_s = rtt_s(l.place, edge_place(0));
    if (settings.failing_edges > 0) {
        l.edges = std::make_shared<gather::Edges>();
        for (const auto& edge : nearest) l.edges->add_trusted(edge.name, edge.url);
    }
    result.members[number].came_s = static_cast<double>(now) / 1000;
    begin_song(number);
}

/// With what it has kept.
void CrowdState::come_again(std::uint32_t number) {
    auto& l = listeners[number];
    --l.visits_left;
    l.songs_left = draw_count(settings.songs_each);
    l.here = true;
    flows.report_all(l.up, false);
    l.edge_idle = {};
    l.announced = -1;
    l.changed = l.announcing = false;
    if (!l.holdings.empty()) changed(number);
    begin_song(number);
}

void CrowdState::make_room(Listener& l, std::uint32_t song) {
    const auto bytes_of = [&](const Holding& holding) {
        const auto& sizes =
            catalogue.song(holding.song).bytes[static_cast<std::size_t>(holding.rendition)];
        double sum = 0;
        for (std::size_t k = 0; k < sizes.size(); ++k)
            if (holding.have.chunks[k]) sum += sizes[k];
        return sum;
    };
    double all = 0;
    for (const auto& holding : l.holdings) all += bytes_of(holding);
    for (std::size_t i = 0; i < l.holdings.size() && all > settings.cache_mb * 1e6;) {
        if (l.holdings[i].song == song) {
            ++i;
            continue;
        }
        all -= bytes_of(l.holdings[i]);
        l.holdings.erase(l.holdings.begin() + static_cast<long>(i));
    }
}

void CrowdState::begin_song(std::uint32_t number) {
    auto& l = listeners[number];
    auto song = number < settings.listeners ? static_cast<std::uint32_t>(zipf.draw(chance)) : 0;
    if (!l.played.empty() && chance.real() < settings.replays)
        song = l.played[chance.next() % l.played.size()];
    const auto& layout = catalogue.song(song).layout;
    const int rendition = rendition_of(layout, settings.kbps);
    if (l.evil != Evil::no || number >= settings.listeners) {
        l.holdings.push_back(
            {song, rendition, {std::vector<bool>(static_cast<std::size_t>(layout.chunks), true)}});
        return changed(number);
    }
    if (settings.cache_mb > 0) make_room(l, song);
    l.client = std::make_unique<CrowdClient>(*this, number, song, rendition);
    if (!settings.play) return;
    --l.songs_left;
    if (std::ranges::find(l.played, song) == l.played.end()) l.played.push_back(song);
}

void CrowdState::leave(std::uint32_t number) {
    auto& l = listeners[number];
    l.here = false;
    flows.report_all(l.up, true);  // its transfers break
    if (l.visits_left > 0) {
        after(-std::log(1 - chance.real()) * settings.away_s + least_away_s,
              [this, number] { come_again(number); });
    } else {
        l.holdings = {};
        l.edges.reset();
        --left_;
    }
    result.members[number].left_s = static_cast<double>(now) / 1000;
    swarm::Announce said;
    said.peer_id = std::to_string(number);
    said.port = l.at.port;
    count_announce(said);
    after(l.tracker_rtt_s / 2,
          [this, &l, said] { tracker.announce(l.at, said, static_cast<std::uint64_t>(now)); });
}

void CrowdState::wake(std::uint32_t number) {
    if (std::exchange(is_awake_[number], 1)) return;
    awake_.push_back(number);
}

// Announces, as peer::Tracker times them

void CrowdState::announce_at(std::uint32_t number, Millis when) {
    listeners[number].due = when;
    agenda.at(when, [this, number, when] {
        if (listeners[number].due == when) announce(number);
    });
}

void CrowdState::changed(std::uint32_t number) {
    auto& l = listeners[number];
    if (!settings.peers || !l.gives || l.changed) return;
    l.changed = true;
    if (l.announcing) return;  // its answer sets the clock
    announce_at(number, l.announced < 0 ? now : std::max(now, l.announced + least_between_ms));
}

swarm::Announce CrowdState::inventory(std::uint32_t number) {
    auto& l = listeners[number];
    swarm::Announce said;
    said.peer_id = std::to_string(number);
    said.port = l.at.port;
    said.location = l.place;
    said.upload_kbps = std::llround(result.members[number].up / 125);
    if (l.evil != Evil::no && number >= settings.listeners)
        said.upload_kbps = 50'000;  // promises cost nothing
    for (const auto& holding : l.holdings) {
        const auto& song = catalogue.song(holding.song);
        auto& ranges =
            said.songs[song.id][song.layout.kbps[static_cast<std::size_t>(holding.rendition)]];
        for (int k = 0; k < static_cast<int>(holding.have.chunks.size()); ++k) {
            if (!holding.have.has(k)) continue;
            if (!ranges.empty() && ranges.back().last == k - 1)
                ranges.back().last = k;
            else
                ranges.push_back({k, k});
        }
    }
    return said;
}

void CrowdState::announce(std::uint32_t number) {
    auto& l = listeners[number];
    if (l.announcing || !l.here) return;
    l.changed = false;
    l.announcing = true;
    l.announced = now;
    auto said = inventory(number);
    count_announce(said);
    after(l.tracker_rtt_s / 2, [this, number, said = std::move(said)] { heard(number, said); });
}

/// By the tracker; what follows is its Site's part.
void CrowdState::heard(std::uint32_t number, const swarm::Announce& said) {
    auto& l = listeners[number];
    const auto ms = [this] { return static_cast<std::uint64_t>(now); };
    if (!l.here) return;
    const auto result = tracker.announce(l.at, said, ms());
    if (result.unproven)
        after(l.tracker_rtt_s,
              [this, &l, ms] { tracker.proved(l.at, l.here && l.reachable, ms()); });
    if (!result.unknown.empty())
        after(look_up_s, [this, &l, said, result] {
            for (const auto& holding : l.holdings) {
                const auto& song = catalogue.song(holding.song);
                if (std::ranges::find(result.unknown, song.id) == result.unknown.end()) continue;
                if (const auto have = said.songs.find(song.id); have != said.songs.end())
                    tracker.has(l.at, result.stamp, song.id, song.layout, have->second);
            }
        });
    const double jitter = 0.75 + 0.5 * chance.real();
    after(l.tracker_rtt_s / 2, [this, number, jitter] {
        auto& me = listeners[number];
        me.announcing = false;
        auto next = static_cast<Millis>(1000 * std::round(interval_s * jitter));
        if (me.changed) next = std::min(next, least_between_ms);
        announce_at(number, now + next);
    });
}

void CrowdState::expire() {
    while (tracker.expire(static_cast<std::uint64_t>(now))) {
    }
    after(1, [this] { expire(); });
}

// Time

/// A song is over: the next, or the end of the listener.
void CrowdState::settle(std::uint32_t number) {
    auto& l = listeners[number];
    if (!l.client || !l.client->over()) return;
    result.plays.push_back(l.client->outcome());
    l.client.reset();
    if (l.songs_left > 0) return after(0, [this, number] { begin_song(number); });
    if (settings.play)
        leave(number);
    else
        --left_;
}

void CrowdState::pump_all() {
    for (std::size_t i = 0; i < awake_.size(); ++i) {  // grows while walked
        const auto number = awake_[i];
        is_awake_[number] = 0;
        if (auto& client = listeners[number].client) client->pump();
        settle(number);
    }
    awake_.clear();
}

void CrowdState::step(std::vector<Flows::Came>& came) {
    came.clear();
    flows.step(static_cast<double>(step_ms) / 1000, came);
    flowed_ = now;
    handled = 0;
    for (const auto& one : came) {
        ++handled;
        if (auto& client = listeners[one.user >> 32].client)
            client->came(static_cast<int>(one.user & 0xffffffff), one.bytes);
    }
    handled = std::numeric_limits<std::size_t>::max();
}

void CrowdState::happen(const Agenda::Event& event) {
    if (event.what == Timer::call) return agenda.call(event)();
    if (const auto& client = listeners[event.listener].client)
        client->timer(event.what, event.serial, event.number);
}

/// Events by the millisecond, flows by the step.
void CrowdState::run() {
    expire();
    std::vector<Flows::Came> came;
    for (Millis end = now + step_ms; left_ > 0; end += step_ms) {
        if (flows.idle() && !agenda.empty())
            end = std::max(end, (agenda.next() + step_ms - 1) / step_ms * step_ms);
        stepped = end - step_ms;
        while (!agenda.empty() && agenda.next() <= end) {
            now = std::max(now, agenda.next());
            happen(agenda.take());
            pump_all();
        }
        now = end;
        if (!flows.idle()) step(came);
        pump_all();
    }
    result.ended_s = static_cast<double>(now) / 1000;
    for (std::size_t i = 0; i < listeners.size(); ++i)
        if (listeners[i].here) result.members[i].left_s = result.ended_s;
}

CrowdRun run_crowd(const CrowdSettings& settings) {
    CrowdState crowd{settings};
    crowd.run();
    return std::move(crowd.result);
}

}  // namespace stretto::sim
