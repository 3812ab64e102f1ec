#pragma once
// The score of a playback: quality minus the cost of disturbances. At most 100, for a song at
// 320 kbit/s from the first sample on, without a stall.

namespace stretto::abr {

constexpr double stall_second_cost = 10;  ///< in seconds of the best quality
constexpr double stall_cost = 5;          ///< for each stall, in addition
constexpr double start_second_cost = 2;   ///< until the first second has arrived,
constexpr double start_free_s = 0.2;      ///< beyond this
constexpr double change_cost = 2;         ///< times the step in utility

/// Sound quality of a bitrate: 0.35 at 45 kbit/s, 0.60 at 96, 0.85 at 160, 1.00 from 320 on;
/// linear over the logarithm between these, and linear to 0 below.
double utility(int kbps);

/// Sums during the playback of a song.
struct Score {
    double quality_s = 0;  ///< utility times seconds
    double changes = 0;    ///< steps in utility, summed
    double stalled_s = 0;
    int stalls = 0;
    double start_s = 0;  ///< from the command to one second of audio

    /// Not clamped: a bad song can be far below 0.
    /// @param song_s  length of the music
    double of(double song_s) const;
};

}  // namespace stretto::abr
