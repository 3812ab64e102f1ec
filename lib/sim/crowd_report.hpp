#pragma once
// What came of a crowd: offload and its bounds, bytes by source, fairness, and how it felt.
#include <iosfwd>

#include "sim/crowd.hpp"

namespace stretto::sim {

struct CrowdFigures {
    std::size_t listeners = 0, plays = 0;
    std::array<std::uint64_t, 3> bytes{};  ///< from own caches, peers, edges
    std::uint64_t edge_bytes = 0;          ///< that left edges
    double wasted = 0;                     ///< % of what came
    /// % of what came over the network that no edge had to send; and the most that it could have
    /// been: by min(1 - 1/n, u/r), and by maximum flow in the same time.
    double offload = 0, limit = 0, bound = 0;
    /// Of bytes given by honest listeners: Jain, Chiu and Hawe's index (DEC TR-301, 1984), and the
    /// % that the tenth gave that gave most.
    double jain = 0, top_tenth = 0;
    int bans = 0;
    double took_p50_s = 0, took_p95_s = 0;  ///< till a song that is fetched was whole
    double start_p50_s = 0, start_p75_s = 0, start_p90_s = 0;
    double stutter = 0;                 ///< % of plays with a stall
    double stalled_s = 0, heard_s = 0;  ///< all together
    double kbps = 0;                    ///< mean of what came
    double unheard = 0;                 ///< plays that were left before sound
};

CrowdFigures figures_of(const CrowdRun& run, const CrowdSettings& settings);

/// For people; where songs were played, beside what Spotify saw in 2010.
void print_crowd(std::ostream& out, const CrowdFigures& figures, const CrowdSettings& settings);
/// A line of JSON.
void print_crowd_json(std::ostream& out, const CrowdFigures& figures,
                      const CrowdSettings& settings);

}  // namespace stretto::sim
