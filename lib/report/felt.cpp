#include "report/felt.hpp"

#include <algorithm>
#include <set>

namespace stretto::report {
namespace {

// a song that starts this soon after the previous one was not started by a person
constexpr std::int64_t gapless_ms = 1000;

/// The previous sessions of the current listener.
struct Before {
    std::uint64_t listener = 0;
    bool any = false;
    std::int64_t finished_ms = -1;         // when the last song that was played to its end ended
    std::int64_t listened_ms = -1;         // end of the time counted as listening
    std::set<std::pair<Name, Name>> told;  // songs and tags
};

/// Whether the song was requested before the previous one ended, and heard after it.
bool follows(const Visit& visit, const Before& before) {
    return before.finished_ms >= 0 && visit.first_ms <= before.finished_ms + gapless_ms &&
           visit.sound_ms >= before.finished_ms - gapless_ms;
}

}  // namespace

Felt feel(Summary& s, const Zone& zone) {
    Felt felt{{}, {}, {}, {}, Series{s.dates.from_ms(), s.dates.to_ms(), zone}, {}, 0, 0};
    Sorted<Turn> turns;
    Before before;
    s.visits.each([&](const Visit& stored) {
        Visit visit = stored;
        if (!before.any || visit.listener != before.listener) {
            before = {};
            before.any = true;
            before.listener = visit.listener;
        }
        if (follows(visit, before)) visit.flags |= Visit::followed, ++felt.followed;
        if (visit.has(Visit::finished))
            before.finished_ms = std::max(before.finished_ms, visit.last_ms);
        const bool played = visit.heard_ms >= play_ms || visit.has(Visit::short_song);
        if (visit.tags != no_name && before.told.emplace(visit.song, visit.tags).second)
            felt.votes.add(visit.song, visit.tags, played);

        felt.all.add(visit);
        felt.places[visit.place].add(visit);
        if (visit.edge != no_name) felt.edges[visit.edge].add(visit);
        if (visit.kbps > 0) felt.bitrates[visit.kbps].add(visit);
        if (!s.dates.known(visit.first_ms, visit.has(Visit::by_server))) {
            ++felt.undated;
            return;
        }
        felt.series.add(visit);
        if (!visit.has(Visit::sounded) && visit.heard_ms == 0) return;
        // two songs of one listener at the same time count as one listener
        const auto from = std::max(visit.sound_ms, before.listened_ms);
        if (from >= visit.last_ms) return;
        turns.add({from, 1});
        turns.add({visit.last_ms, -1});
        before.listened_ms = visit.last_ms;
    });
    felt.all.kept_ms = s.kept_ms;
    for (auto& [place, of] : felt.places) of.kept_ms = s.place_kept[place];
    for (auto& [edge, of] : felt.edges) of.kept_ms = s.edge_kept[edge];
    for (auto& [kbps, of] : felt.bitrates) of.kept_ms = s.bitrate_kept[kbps];
    s.chunks.each([&](const Came& came) { felt.series.add(came); });
    felt.series.add(turns);
    return felt;
}

}  // namespace stretto::report
