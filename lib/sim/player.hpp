#pragma once
// The real player's rules on a virtual clock: gather::Listening decides requests, a Wire transfers
// bytes, a Playout plays them.
#include <functional>

#include "abr/policy.hpp"
#include "gather/retry.hpp"
#include "sim/playout.hpp"
#include "sim/wire.hpp"

namespace stretto::sim {

struct PlayerSettings {
    PlayoutRules rules;
    double buffer_s = 30;      ///< highest buffer level: no chunk is requested above it
    double lead_s = 15;        ///< the same, until
    double lead_until_s = 30;  ///< this much has been played
    /// The manifest shares the link with the first chunk. Compressed, it has so many bytes, and
    /// more for each chunk of a rendition: a song with 87 of these has 5059 bytes, with 116 6655.
    double manifest_bytes = 1018, manifest_row_bytes = 55;
    double head_bytes = 350;       ///< header of every response
    double connect_rtts = 1;       ///< round trips to open a connection
    double burst_bytes = 14'480;   ///< see WireRules
    double give_up_s = 1800;       ///< the song ends at the latest then
    int first_kbps = 96;           ///< bitrate of the first request, before the manifest is known
    int edges = 1;                 ///< number of known edges, the nearest first
    gather::Retry::Options retry;  ///< without its patience, which is give_up_s

    /// Bytes of a song's manifest.
    double manifest_of(const abr::Shape& song) const {
        const auto rows = song.renditions.size() * song.chunk_s.size();
        return manifest_bytes + manifest_row_bytes * static_cast<double>(rows);
    }
};

/// The failure of an edge.
struct Kill {
    double at_s = 0;
    bool silent = false;  ///< stops sending; otherwise connections are reset
};

/// The result of one song.
struct Outcome {
    abr::Score score;
    double q = 0;        ///< the score, at most 100
    double sound_s = 0;  ///< from the command to sound
    double kbps = 0;     ///< mean of the nominal bitrates played
    int switches = 0;    ///< bitrate changes heard
    double heard_s = 0;  ///< audio that was played
    double ended_s = 0;  ///< on the clock
    double bytes = 0;    ///< received over the link
    double wasted = 0;   ///< of these, not played
    int requests = 0;
    int decisions = 0;
};

/// A request for a chunk or a part of one, complete or cancelled.
struct Fetched {
    double asked_s = 0, first_s = 0, ended_s = 0;
    int chunk = 0, rendition = 0, edge = 0;
    double bytes = 0;
    double audio_s = 0;  ///< audio that it added
    bool whole = false;
};

/// Observers of a play; empty ones are not called.
struct Watch {
    std::function<void(double now)> found;  ///< the manifest is known
    std::function<void(const Fetched&)> fetched;
    std::function<void(double now, const Playout&)> second;  ///< every second or more often
    /// Sound begins, stalls or resumes.
    std::function<void(double now, const Playout&)> sounds;
    std::function<void(double now, int from, int to, const char* why)> switched;
};

/// @param kill  the failure of the edge in use; nullptr: none
Outcome play(const abr::Shape& song, const Link& link, abr::Policy& policy,
             const PlayerSettings& settings, const Watch* watch = nullptr,
             const Kill* kill = nullptr);

/// Length in seconds.
double length_of(const abr::Shape& song);

}  // namespace stretto::sim
