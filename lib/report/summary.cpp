#include "report/summary.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/text.hpp"

namespace stretto::report {
namespace {

bool is_edge(const Got& got) {
    return got.source == Source::edge_hit || got.source == Source::edge_miss;
}

/// The key with the largest sum; among equals the smallest.
template <class Key>
std::optional<Key> most(const std::map<Key, std::int64_t>& sums) {
    const auto found = std::max_element(
        sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    return found == sums.end() ? std::nullopt : std::optional{found->first};
}

std::uint32_t narrow(std::int64_t number) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(number, 0, std::numeric_limits<std::uint32_t>::max()));
}

void add(std::map<std::int64_t, std::int64_t>& to, const Session& session) {
    for (const auto& got : session.got) to[got.kbps] += got.kept_ms;
}

}  // namespace

bool Summary::wants(const Session& session) const {
    const auto placed = session.clock.place(now_ms_);
    return placed.first_ms >= since_.value_or(0) &&
           placed.first_ms < until_.value_or(std::numeric_limits<std::int64_t>::max());
}

std::int64_t Summary::end_ms() const {
    if (until_) return *until_;
    return (received_ms_ >= 0 ? received_ms_ : dates.to_ms()) + 1;
}

void Summary::add(const Session& session, Dictionary& names) {
    const auto placed = session.clock.place(now_ms_);
    dates.add(placed.first_ms, placed.last_ms, placed.by_server);
    received_ms_ = std::max(received_ms_, session.clock.received_ms());
    wasted += session.wasted();
    uploaded += session.uploaded;
    report::add(kept_ms, session);
    report::add(place_kept[session.place], session);

    Visit visit;
    std::map<std::string_view, std::int64_t> by_edge;
    std::map<std::int64_t, std::int64_t> by_kbps;
    for (const auto& got : session.got) {
        traffic.add(got);
        by_kbps[got.kbps] += got.kept_ms;
        if (!is_edge(got)) continue;
        edges[got.server].add(got);
        by_edge[names.servers[got.server]] += got.bytes;
    }
    if (const auto edge = most(by_edge)) {
        visit.edge = names.servers(*edge);
        report::add(edge_kept[visit.edge], session);
    }
    if (const auto kbps = most(by_kbps)) {
        visit.kbps = narrow(*kbps);
        report::add(bitrate_kept[visit.kbps], session);
    }
    for (const auto& piece : session.pieces) {
        const auto& got = session.got[piece.got];
        chunks.add({placed(piece.time_ms), piece.bytes, narrow(piece.kept_ms), narrow(got.kbps),
                    got.source});
        if (piece.first_byte == Piece::no_bucket) continue;
        traffic.first_byte.add(piece.first_byte, 1);
        edges[got.server].first_byte.add(piece.first_byte, 1);
    }
    for (const auto& [server, times] : session.rejects) rejected[server] += times;

    const auto heard = session.heard();
    const bool sound = session.startup_ms >= 0;
    visit.listener = session.listener;
    visit.first_ms = placed.first_ms;
    visit.last_ms = placed.last_ms;
    visit.sound_ms = session.sound_ms < 0 ? placed.first_ms : placed(session.sound_ms);
    visit.heard_ms = narrow(heard);
    visit.startup_ms = narrow(session.startup_ms);
    visit.stalled_ms = narrow(session.stalled());
    visit.stalls = narrow(session.stalls);
    visit.switches = narrow(session.switches);
    visit.song = session.song;
    visit.place = session.place;
    visit.address = session.address;
    if (!(session.title.empty() && session.artist.empty()))
        visit.tags = names.tags(join_tags(session.title, session.artist));
    visit.flags = (heard < play_ms && session.is_play(heard) ? Visit::short_song : 0) |
                  (session.ending == Ending::skipped ? Visit::skipped : 0) |
                  (session.ending == Ending::finished ? Visit::finished : 0) |
                  (session.ending == Ending::failed ? Visit::failed : 0) |
                  (sound ? Visit::sounded : 0) | (placed.by_server ? Visit::by_server : 0) |
                  (session.token ? Visit::token : 0);
    visits.add(visit);
}

}  // namespace stretto::report
