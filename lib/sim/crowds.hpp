#pragma once
// Several independent crowds instead of a big one: each has its part of the listeners, of the songs
// and of every edge, and none knows of another. Memory is that of the crowds that run at a time,
// and CPU time grows with their number.
#include <functional>

#include "sim/crowd_report.hpp"

namespace stretto::sim {

/// The settings of one of `crowds` crowds: as many listeners for a song and as much of an edge for
/// a listener as in all. The first has the seed of all.
/// @param number  below `crowds`
CrowdSettings part_of(const CrowdSettings& settings, std::size_t crowds, std::size_t number);

/// What all have together. The same for any number of threads.
/// @param crowds  1 to settings.listeners
/// @param done    called in turn by threads, with the number of crowds that have ended
CrowdFigures run_crowds(const CrowdSettings& settings, std::size_t crowds, unsigned threads,
                        const std::function<void(std::size_t)>& done = {});

}  // namespace stretto::sim
