#pragma once
// Songs for the simulator: made up by a seed, or of a manifest.
#include "abr/policy.hpp"
#include "song/manifest.hpp"

namespace stretto::sim {

inline constexpr int default_ladder[] = {96, 160, 320};

/// Renditions as libvorbis makes them by quality: each second as hard or easy in all
/// of them, a song near its nominal rate; headers in each chunk, pieces of a second. The same seed
/// gives the same song on every machine.
/// @param ladder  kbit/s of the renditions, rising
abr::Shape made_song(double seconds, std::uint64_t seed,
                     std::span<const int> ladder = default_ladder);

/// Chunks as large as the manifest says; pieces of a second, for it does not say where they are.
abr::Shape song_of(const song::Manifest& manifest);

/// Numbers in [0, 1) that are the same everywhere, unlike the standard library's distributions.
class Chance {
   public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    /// Near enough to normal: mean 0, variance 1.
    double normal();

   private:
    std::uint64_t state_;
};

}  // namespace stretto::sim
