#pragma once
// What was seen beside what Spotify published of itself in 2010: for reports, simulations, crowds.
#include "report/experience.hpp"
#include "report/table.hpp"

namespace stretto::report {

/// Startup, plays with a stall, and where the bytes came from.
///
/// Their figures: Kreitz and Niemela, "Spotify - Large Scale, Low Latency, P2P Music-on-Demand
/// Streaming", IEEE P2P 2010.
Table published_table(const Experience& experience, const Traffic& traffic);

}  // namespace stretto::report
