#pragma once
// Upper bounds of the bytes that peers can send in the same time over the same links: by maximum
// flow, and by a rule of thumb.
#include "sim/crowd.hpp"

namespace stretto::sim {

/// Bytes that peers with complete knowledge could have sent. The swarm of a song is a flow network
/// in time slots of a second, or of 2, 4, 8... where its loads are longer than `edges` seconds in
/// all. A longer slot can only raise the bound: with 2,000 players of 1,000 songs, from 52.710 %
/// of the bytes to 52.711 with 10,000 edges, and to 52.804 with 1,000. An edge takes 66 bytes.
/// - A peer can upload in each slot from the time when its downlink could have carried one chunk
///   until it leaves, at most what its uplink carries.
/// - A peer downloads in each slot until it completed the song in the run, at most what its
/// downlink
///   carries, and nothing from itself.
/// - The first chunk of each peer, and the first copy of every byte, come from an edge.
/// This is an upper bound: it ignores that a peer can upload only what it has, and that its uplink
/// serves other songs too.
std::uint64_t most_from_peers(const CrowdRun& run, std::size_t edges = 100'000);

/// The highest share of all bytes that peers can send: min(1 - 1/n, up / rate) for a swarm of n
/// peers that upload at `up` while the song needs `rate`.
double offload_limit(const CrowdRun& run, double up, double rate);

}  // namespace stretto::sim
