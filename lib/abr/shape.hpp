#pragma once
// Sums over a song's shape that policies, the player and the simulator must do alike.
#include "abr/policy.hpp"

namespace stretto::abr {

/// The last piece that decodes from `audio_s` of the chunk or before: where another rendition
/// joins. -1 while that rendition has no index.
int joining_piece(const Shape& shape, int rendition, int chunk, double audio_s);

/// Mean of a rendition over the whole song, bytes a second, headers included.
double bytes_per_second(const Shape& shape, int rendition);

/// The highest rendition of not more than `kbps`, else the lowest; within [lowest, highest].
int rendition_of(const State& state, double kbps);

inline int clamp_rendition(const State& state, int rendition) {
    return rendition < state.lowest    ? state.lowest
           : rendition > state.highest ? state.highest
                                       : rendition;
}

}  // namespace stretto::abr
