#pragma once
// Where the listeners of a crowd live, what they want to hear and when: all made up by a seed.
#include <memory>
#include <vector>

#include "abr/policy.hpp"
#include "sim/song.hpp"
#include "swarm/inventory.hpp"
#include "swarm/location.hpp"

namespace stretto::sim {

/// Ranks of a catalogue: rank k is asked for with weight 1 / k^exponent.
class Zipf {
   public:
    Zipf(std::size_t n, double exponent);
    std::size_t draw(Chance& chance) const;

   private:
    std::vector<double> until_;
};

/// A song of the catalogue as the simulator needs it.
struct CrowdSong {
    std::string id;
    abr::Shape shape;
    swarm::Layout layout;
    /// By rendition: bytes of each chunk, and where its pieces begin.
    std::vector<std::vector<std::uint32_t>> bytes;
    std::vector<std::vector<std::vector<std::uint32_t>>> starts;
    std::vector<std::uint64_t> whole;  ///< bytes, by rendition
    double seconds = 0;
};

/// Songs, each made when it is wanted first.
class Catalogue {
   public:
    Catalogue(std::size_t songs, double mean_s, std::uint64_t seed);
    const CrowdSong& song(std::size_t number);
    std::size_t size() const noexcept { return songs_.size(); }

   private:
    std::vector<std::unique_ptr<CrowdSong>> songs_;
    double mean_s_;
    std::uint64_t seed_;
};

/// A place of 40 big cities, each as probable as it is big, and some way out of it.
swarm::Location draw_place(Chance& chance);
/// Where the n-th edge stands.
swarm::Location edge_place(std::size_t n);

/// Light needs 1 ms for 200 km of glass, cables are half again as long as the way is, and both
/// ends have 5 ms of access network.
double rtt_s(swarm::Location a, swarm::Location b);

}  // namespace stretto::sim
