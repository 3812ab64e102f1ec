#pragma once
// The best possible result on a link, for a player that knows its future: the upper bound for
// policies.
#include "sim/player.hpp"

namespace stretto::sim {

/// Dynamic programming over pieces. Of states whose time and buffer level differ by less than half
/// a second, only the best is kept, so the result may be slightly below the true optimum.
/// @param splicing  change the bitrate at every piece, not only at every chunk
/// @return the score, at most 100
double optimum(const abr::Shape& song, const Link& link, const PlayerSettings& settings,
               bool splicing);

}  // namespace stretto::sim
