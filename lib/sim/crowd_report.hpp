#pragma once
// The results of a crowd: offload and its bounds, bytes by source, fairness, quality of experience.
#include <iosfwd>

#include "sim/crowd.hpp"

namespace stretto::sim {

/// What the results of a crowd add up to, and the values of which figures need percentiles.
struct CrowdSums {
    std::size_t listeners = 0, plays = 0;
    std::array<std::uint64_t, 3> bytes{};  ///< from own caches, peers, edges
    std::uint64_t edge_bytes = 0, message_bytes = 0, edge_misses = 0;
    std::uint64_t bound_bytes = 0;      ///< peers could have sent by maximum flow
    double limit_bytes = 0, loads = 0;  ///< peers could have sent by rule of thumb; of all
    std::uint64_t links_tried = 0, links_open = 0;
    std::uint64_t wasted = 0;
    int bans = 0;
    std::size_t stalled_plays = 0, unheard = 0;
    double stalled_s = 0, heard_s = 0, came_s = 0, kbps_s = 0;
    std::vector<double> given;         ///< bytes, by each honest listener that uploads
    std::vector<double> starts, took;  ///< s, of each song

    void add(const CrowdSums& other);
};
/// Takes as long as the maximum flow.
CrowdSums sums_of(const CrowdRun& run, const CrowdSettings& settings);

struct CrowdFigures {
    std::size_t listeners = 0, plays = 0;
    std::size_t crowds = 1;                ///< that know nothing of each other
    std::array<std::uint64_t, 3> bytes{};  ///< from own caches, peers, edges
    std::uint64_t edge_bytes = 0;          ///< that left edges
    double wasted = 0;                     ///< % of what came
    /// Percentage of the received bytes that did not come from an edge, and two upper bounds of it:
    /// min(1 - 1/n, u/r), and the maximum flow in the same time.
    double offload = 0, limit = 0, bound = 0;
    /// Fairness of the uploads of honest listeners: the index of Jain, Chiu and Hawe (DEC TR-301,
    /// 1984), and the percentage of bytes that the tenth with the most uploads sent.
    double jain = 0, top_tenth = 0;
    int bans = 0;
    std::uint64_t edge_misses = 0;
    double messages = 0;                    ///< bytes of polls, announces and lists; % of what came
    std::uint64_t links = 0;                ///< tried over WebRTC
    double links_open = 0, link_cpu_s = 0;  ///< %, and seconds of CPU of both ends, bytes included
    double took_p50_s = 0, took_p95_s = 0;  ///< until a fetched song was complete
    double start_p50_s = 0, start_p75_s = 0, start_p90_s = 0, start_p95_s = 0;
    double stutter = 0;                 ///< % of plays with a stall
    double stalled_s = 0, heard_s = 0;  ///< total
    double kbps = 0;                    ///< mean of the received audio
    double unheard = 0;                 ///< plays that ended before the first sound
    std::size_t stalled_plays = 0;
    double stutter_at_most = 0;  ///< upper bound of the share of heard plays, %, 95 % confidence
};

CrowdFigures figures_of(const CrowdSums& sums);
CrowdFigures figures_of(const CrowdRun& run, const CrowdSettings& settings);

/// Text for people. If songs were played, it includes Spotify's figures of 2010.
void print_crowd(std::ostream& out, const CrowdFigures& figures, const CrowdSettings& settings);
/// A line of JSON.
void print_crowd_json(std::ostream& out, const CrowdFigures& figures,
                      const CrowdSettings& settings);

}  // namespace stretto::sim
