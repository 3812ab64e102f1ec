#pragma once
// Computations over a song's shape that policies, the player and the simulator share.
#include "abr/policy.hpp"

namespace stretto::abr {

/// The last piece that decodes from `audio_s` of the chunk or earlier. Another rendition joins
/// there. -1 if that rendition has no index.
int joining_piece(const Shape& shape, int rendition, int chunk, double audio_s);

/// Mean rate of a rendition over the whole song in bytes/s, headers included.
double bytes_per_second(const Shape& shape, int rendition);

/// The highest rendition of at most `kbps`, or else the lowest; within [lowest, highest].
int rendition_of(const State& state, double kbps);

/// Bytes to request for State::chunk, from its start.
double bytes_of(const State& state, int rendition);

/// Bytes to request before the middle of a chunk decodes.
double headers_of(const State& state, int rendition);

inline int clamp_rendition(const State& state, int rendition) {
    return rendition < state.lowest    ? state.lowest
           : rendition > state.highest ? state.highest
                                       : rendition;
}

}  // namespace stretto::abr
