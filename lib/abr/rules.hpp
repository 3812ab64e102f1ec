#pragma once
// The rules of make_policy(), each in its own file.
#include "abr/policy.hpp"

namespace stretto::abr {

/// Constant bitrate: the highest not above `kbps`, or else the lowest.
std::unique_ptr<Policy> make_fixed(int kbps);

/// The exact rule of the article that this project started from: begin at 160 kbit/s; decide every
/// second; below a buffer level of 2 s one step down, above 10 s and 1.5 Mbit/s one step up; a step
/// takes effect with the next chunk.
std::unique_ptr<Policy> make_seed();

/// The highest bitrate below 0.9 times the harmonic mean of the last five requests' throughput,
/// after FESTIVE (Jiang et al., CoNEXT 2012), without its randomness and its gradual steps.
std::unique_ptr<Policy> make_throughput();

/// BOLA-E with abandonment: Spiteri, Sitaraman, Sparacio, "From Theory to Practice: Improving
/// Bitrate Adaptation in the DASH Reference Player", ACM TOMM 2019; constants as in its authors'
/// simulator Sabre.
std::unique_ptr<Policy> make_bola();

/// DYNAMIC: Spiteri, Sitaraman, Sparacio (as above), the rule that dash.js plays by: throughput
/// while less than 10 s are in hand, BOLA-E from then on, until it wants less than throughput does.
std::unique_ptr<Policy> make_dynamic();

/// RobustMPC: Yin et al., "A Control-Theoretic Approach for Dynamic Adaptive Video Streaming over
/// HTTP", SIGCOMM 2015, with our score as its objective; and a chunk that will be late is
/// abandoned, which the paper does not do.
std::unique_ptr<Policy> make_mpc();

/// Ours: see stretto.cpp.
std::unique_ptr<Policy> make_stretto();

}  // namespace stretto::abr
