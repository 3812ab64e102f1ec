#pragma once
// Compares results with figures that Spotify published in 2010. Used for reports and simulations.
#include "report/experience.hpp"
#include "report/table.hpp"

namespace stretto::report {

/// Startup, plays with a stall, and the sources of the bytes.
///
/// Figures from Kreitz and Niemela, "Spotify - Large Scale, Low Latency, P2P Music-on-Demand
/// Streaming", IEEE P2P 2010.
Table published_table(const Experience& experience, const Traffic& traffic);

}  // namespace stretto::report
