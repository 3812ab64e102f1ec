#include "report/summary.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

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

}  // namespace

bool Summary::wants(const Session& session) const {
    return session.first_ms >= since_.value_or(0) &&
           session.first_ms < until_.value_or(std::numeric_limits<std::int64_t>::max());
}

void Summary::add(const Session& session, const Dictionary& names) {
    first_ms = first_ms < 0 ? session.first_ms : std::min(first_ms, session.first_ms);
    last_ms = std::max(last_ms, session.last_ms);
    wasted += session.wasted();
    uploaded += session.uploaded;
    experience.add(session);
    series.add(session);

    std::map<std::string_view, std::int64_t> by_edge;
    std::map<std::int64_t, std::int64_t> by_kbps;
    for (const auto& got : session.got) {
        traffic.add(got);
        by_kbps[got.kbps] += got.kept_ms;
        if (!is_edge(got)) continue;
        edges[got.server].traffic.add(got);
        by_edge[names.servers[got.server]] += got.bytes;
    }
    places[session.place].add(session);
    if (const auto edge = most(by_edge))
        for (const auto& got : session.got)
            if (is_edge(got) && names.servers[got.server] == *edge) {
                edges[got.server].experience.add(session);
                break;
            }
    if (const auto kbps = most(by_kbps)) bitrates[*kbps].add(session);
    for (const auto& [server, times] : session.rejects) rejected[server] += times;

    if (tags.size() <= session.song) tags.resize(session.song + 1);
    auto& known = tags[session.song];
    if (!(session.title.empty() && session.artist.empty()) &&
        std::tie(session.first_ms, session.title, session.artist) >
            std::tie(known.time_ms, known.title, known.artist))
        known = {session.title, session.artist, session.first_ms};

    const auto heard = session.heard();
    const bool skipped = session.ending == Ending::skipped;
    if (heard == 0 && !skipped) return;
    plays.add({session.listener, session.first_ms,
               static_cast<std::uint32_t>(
                   std::min<std::int64_t>(heard, std::numeric_limits<std::uint32_t>::max())),
               session.song, heard < play_ms && session.is_play(heard), skipped});
}

}  // namespace stretto::report
