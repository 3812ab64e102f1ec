#pragma once
// How much peers could have given at most, in the same time and over the same links: by maximum
// flow, and by rule of thumb.
#include "sim/crowd.hpp"

namespace stretto::sim {

/// Bytes that could have come from peers if they had known everything: each song's swarm is a
/// network in slots of time. In each slot those who have anything of the song, from when the way
/// down could have brought them a chunk until they left, can give what their ways up carry; each
/// who loads takes what its way down carries, until it was done in the run; nothing of itself, and
/// not its first chunk, which is an edge's. All together take each byte of the song from an edge
/// once. An upper bound: that a peer can only give what it has, and has other songs to give, is
/// left out.
std::uint64_t most_from_peers(const CrowdRun& run);

/// The share of all bytes that peers can bring at most in swarms of n whose members send `up` while
/// songs need `rate`: of each min(1 - 1/n, up / rate).
double offload_limit(const CrowdRun& run, double up, double rate);

}  // namespace stretto::sim
