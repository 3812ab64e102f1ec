#pragma once
// Locations, songs and times of a crowd's listeners, generated from a seed.
#include <memory>
#include <vector>

#include "abr/policy.hpp"
#include "sim/song.hpp"
#include "swarm/inventory.hpp"
#include "swarm/location.hpp"

namespace stretto::sim {

/// Popularity in a catalogue: rank k has the weight 1 / k^exponent.
class Zipf {
   public:
    Zipf(std::size_t n, double exponent);
    std::size_t draw(Chance& chance) const;

   private:
    std::vector<double> until_;
};

/// The sizes of a song of the catalogue.
struct CrowdSong {
    std::string id;
    abr::Shape shape;
    swarm::Layout layout;
    /// Per rendition: bytes of each chunk, and the offsets of its pieces.
    std::vector<std::vector<std::uint32_t>> bytes;
    std::vector<std::vector<std::vector<std::uint32_t>>> starts;
    std::vector<std::uint64_t> whole;  ///< bytes per rendition
    double seconds = 0;
};

/// Songs, each generated at its first use.
class Catalogue {
   public:
    /// @param ladder  as of made_song
    Catalogue(std::size_t songs, double mean_s, std::span<const int> ladder, std::uint64_t seed);
    const CrowdSong& song(std::size_t number);
    std::size_t size() const noexcept { return songs_.size(); }

   private:
    std::vector<std::unique_ptr<CrowdSong>> songs_;
    double mean_s_;
    std::vector<int> ladder_;
    std::uint64_t seed_;
};

/// A random location near one of 40 big cities; a city's probability follows its population.
swarm::Location draw_place(Chance& chance);
/// The location of the n-th edge.
swarm::Location edge_place(std::size_t n);

/// Light needs 1 ms for 200 km of glass fibre, cables are 1.5 times as long as the distance, and
/// the access network adds 5 ms at each end.
double rtt_s(swarm::Location a, swarm::Location b);

}  // namespace stretto::sim
