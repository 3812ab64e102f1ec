#pragma once
// Sums up the results of many songs: means, percentiles, and significance of the difference between
// policies.
#include <string>
#include <vector>

#include "sim/player.hpp"

namespace stretto::sim {

/// All plays of a policy, in the same order for all policies.
struct Plays {
    std::string policy;
    std::vector<Outcome> outcomes;
    double cpu_s = 0;
};

struct Summary {
    std::string policy;
    std::size_t songs = 0;
    double q = 0;
    double of_optimum = 0;       ///< %; 0 when there is no optimum
    double no_stall = 0;         ///< % of songs
    std::size_t stalled = 0;     ///< songs
    double stalled_at_most = 0;  ///< upper bound of their share, %, 95 % confidence
    double stalled_s = 0;        ///< a song
    double kbps = 0;
    double switches = 0;
    double start_p50_s = 0, start_p95_s = 0;
    double wasted = 0;  ///< % of bytes
    double songs_per_s = 0;
    double ahead = 0, ahead_error = 0;  ///< of the first policy over this: mean, standard error
};

/// @param optimum  best possible score of each song; empty if it was not computed
/// @param first    the policy with which the others are compared
/// @param chosen   indexes of the songs to sum up
Summary summarize(const Plays& plays, const std::vector<double>& optimum, const Plays& first,
                  const std::vector<std::size_t>& chosen);

/// The smallest value v such that at least `share` of all values are <= v.
double percentile(std::vector<double> values, double share);

}  // namespace stretto::sim
