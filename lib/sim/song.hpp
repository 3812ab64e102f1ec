#pragma once
// Songs for the simulator: generated from a seed, or read from a manifest.
#include "abr/policy.hpp"
#include "base/split_mix.hpp"
#include "song/ladder.hpp"
#include "song/manifest.hpp"

namespace stretto::sim {

/// Generate a song whose renditions resemble those of libvorbis at fixed qualities. A second that
/// needs more bits than average does so in all renditions, and the average rate is near the nominal
/// one. Chunks contain headers, and pieces last a second. The same seed gives the same song on
/// every machine.
/// @param ladder  kbit/s of the renditions, ascending
abr::Shape made_song(double seconds, std::uint64_t seed,
                     std::span<const int> ladder = song::default_ladder);

/// A song with the chunk sizes of a manifest. Pieces last a second, because the manifest does not
/// contain them.
abr::Shape song_of(const song::Manifest& manifest);

/// Random numbers in [0, 1). They are the same on every machine, unlike those of the standard
/// library's distributions.
class Chance {
   public:
    explicit Chance(std::uint64_t seed) : bits_(seed) {}
    std::uint64_t next() { return bits_(); }
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// Approximately normal, with mean 0 and variance 1.
    double normal();

   private:
    SplitMix64 bits_;
};

}  // namespace stretto::sim
