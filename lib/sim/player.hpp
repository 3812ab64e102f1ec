#pragma once
// The player that people hear, on a virtual clock: gather::Listening asks, a Wire brings, a Playout
// hears.
#include <functional>

#include "abr/policy.hpp"
#include "gather/retry.hpp"
#include "sim/playout.hpp"
#include "sim/wire.hpp"

namespace stretto::sim {

struct PlayerSettings {
    PlayoutRules rules;
    double buffer_s = 30;          ///< above so much ahead no chunk is asked for;
    double lead_s = 15;            ///< above so much, while less than
    double lead_until_s = 30;      ///< so much was heard
    double manifest_bytes = 4483;  ///< that share the link with the beginning of the first chunk
    double head_bytes = 350;       ///< before every answer
    double connect_rtts = 1;       ///< before the first request on a connection
    double burst_bytes = 14'480;   ///< see WireRules
    double give_up_s = 1800;       ///< a song that is not over by then is over
    int first_kbps = 96;           ///< of the chunk that is asked for before anything is known
    int edges = 1;                 ///< that are known, the nearest first
    gather::Retry::Options retry;  ///< its patience aside: give_up_s is meant
};

/// An edge that dies.
struct Kill {
    double at_s = 0;
    bool silent = false;  ///< it just says nothing any more; else connections are reset
};

/// One song, played.
struct Outcome {
    abr::Score score;
    double q = 0;        ///< the score, at most 100
    double sound_s = 0;  ///< from the command to sound
    double kbps = 0;     ///< mean of the nominal rates heard
    int switches = 0;    ///< of the rendition, as heard
    double heard_s = 0;  ///< audio that was played
    double ended_s = 0;  ///< on the clock
    double bytes = 0;    ///< that came over the link
    double wasted = 0;   ///< of these, brought nothing to hear
    int requests = 0;
    int decisions = 0;
};

/// A request for a chunk, or a part of one, that came to its end or was broken off.
struct Fetched {
    double asked_s = 0, first_s = 0, ended_s = 0;
    int chunk = 0, rendition = 0, edge = 0;
    double bytes = 0;
    double audio_s = 0;  ///< that it added
    bool whole = false;
};

/// Is told as it happens; whatever is empty is not told.
struct Watch {
    std::function<void(double now)> found;  ///< what the song is
    std::function<void(const Fetched&)> fetched;
    std::function<void(double now, const Playout&)> second;  ///< every second or more often
    /// Sound begins, stops for want of more, goes on.
    std::function<void(double now, const Playout&)> sounds;
    std::function<void(double now, int from, int to, const char* why)> switched;
};

/// @param kill  at that time the edge in use dies; nullptr: none does
Outcome play(const abr::Shape& song, const Link& link, abr::Policy& policy,
             const PlayerSettings& settings, const Watch* watch = nullptr,
             const Kill* kill = nullptr);

/// s of music.
double length_of(const abr::Shape& song);

}  // namespace stretto::sim
