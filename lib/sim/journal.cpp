#include "sim/journal.hpp"

#include <cmath>

namespace stretto::sim {
namespace {

constexpr double between_progress_s = 1;

std::int64_t ms_of(double seconds) { return std::llround(seconds * 1000); }

}  // namespace

Journal::Journal(events::Writer& writer, const abr::Shape& song, const Play& play)
    : song_(song),
      began_ms_(play.began_ms),
      session_(writer, play.session, play.listener, play.place, play.song) {
    watch_.found = [this](double now) {
        session_.tell(at(now), "start", {{"title", "Simulated"}, {"artist", "stretto-simulate"}});
    };
    watch_.fetched = [this](const Fetched& f) { fetched(f); };
    watch_.second = [this](double now, const Playout& playout) { second(now, playout); };
    watch_.sounds = [this](double now, const Playout& playout) { sounds(now, playout); };
    watch_.switched = [this](double now, int from, int to, const char* why) {
        session_.tell(at(now), "switch", {{"from", from}, {"to", to}, {"why", why}});
    };
}

std::int64_t Journal::at(double now) const { return began_ms_ + ms_of(now); }

void Journal::fetched(const Fetched& f) {
    const auto& rendition = song_.renditions[static_cast<std::size_t>(f.rendition)];
    kbps_ = rendition.kbps;
    session_.tell(at(f.ended_s), "chunk",
                  {{"index", f.chunk},
                   {"kbps", rendition.kbps},
                   {"bytes", std::llround(f.bytes)},
                   {"audio_ms", ms_of(song_.chunk_s[static_cast<std::size_t>(f.chunk)])},
                   {"ms", ms_of(f.ended_s - f.asked_s)},
                   {"first_byte_ms", ms_of(f.first_s - f.asked_s)},
                   {"used_ms", ms_of(f.audio_s)},
                   {"source", "edge"},
                   {"from", "edge " + std::to_string(f.edge + 1)},
                   {"hit", true}});
}

void Journal::sounds(double now, const Playout& playout) {
    if (!playout.playing()) {
        stalled_ = true;
        stalled_at_ = now;
        session_.tell(at(now), "stall");
    } else if (stalled_) {
        stalled_ = false;
        session_.tell(at(now), "resume", {{"ms", ms_of(now - stalled_at_)}});
    } else {
        told_ = now;
        session_.tell(at(now), "playing", {{"startup_ms", ms_of(now)}});
    }
}

void Journal::second(double now, const Playout& playout) {
    if (!playout.started() || now - told_ < between_progress_s) return;
    told_ = now;
    session_.tell(at(now), "progress",
                  {{"heard_ms", ms_of(playout.playhead())},
                   {"buffer_ms", ms_of(playout.buffer())},
                   {"kbps", kbps_}});
}

void Journal::end(const Outcome& outcome) {
    const bool finished = outcome.heard_s >= length_of(song_) - 1e-3;
    session_.tell(
        at(outcome.ended_s), "end",
        {{"heard_ms", ms_of(outcome.heard_s)}, {"why", finished ? "finished" : "failed"}});
}

}  // namespace stretto::sim
