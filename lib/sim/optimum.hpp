#pragma once
// The best that any player could have made of a link, knowing all of it beforehand: the bound that
// policies are measured by.
#include "sim/player.hpp"

namespace stretto::sim {

/// Dynamic programming over pieces. Of states whose time and buffer differ by less than half a
/// second only the best is followed, so it may miss the true best by a little.
/// @param splicing  change the bitrate at every piece, not only at every chunk
/// @return the score, at most 100
double optimum(const abr::Shape& song, const Link& link, const PlayerSettings& settings,
               bool splicing);

}  // namespace stretto::sim
