#pragma once
// Locations in six bytes, and a grid over the earth, to find the nearest of many locations
// quickly.
#include <array>
#include <cstdint>
#include <optional>

#include "swarm/location.hpp"

namespace stretto::swarm {

/// A location as a direction from the centre of the earth; precision 200 m.
class Point {
   public:
    Point() = default;  ///< nowhere
    explicit Point(std::optional<Location> place) noexcept;

    /// What it consists of, and back.
    std::array<std::int16_t, 3> parts() const noexcept { return {x_, y_, z_}; }
    explicit Point(const std::array<std::int16_t, 3>& parts) noexcept
        : x_(parts[0]), y_(parts[1]), z_(parts[2]) {}

    bool known() const noexcept { return x_ || y_ || z_; }
    /// Distance in km; below 0 if one of the locations is unknown.
    double km_to(const Point& other) const noexcept;
    /// Straight through the earth: sufficient for an order, and twice as fast to compute.
    float chord_km_to(const Point& other) const noexcept;
    bool operator==(const Point&) const = default;

   private:
    std::int16_t x_ = 0, y_ = 0, z_ = 0;
};

/// A field of 1.4 degrees of latitude by 2.8 of longitude, in Morton order: fields whose numbers
/// begin with the same bits lie in one rectangle. `cell_nowhere` is the cell of unknown
/// locations.
using Cell = std::uint16_t;
constexpr Cell cell_nowhere = 0x4000;
Cell cell_of(std::optional<Location> place) noexcept;

/// All cells that have the first 2 * level bits of `first`; the others of `first` are 0.
struct Region {
    Cell first = 0;
    std::uint8_t level = 0;  ///< 0: the whole earth; 8: one cell

    static constexpr std::uint8_t most_level = 8;
    std::uint32_t cells() const noexcept { return 1u << (16 - 2 * level); }
    bool has(Cell cell) const noexcept {
        return cell >= first && cell - first < static_cast<int>(cells());
    }
    /// The quarter of the region that contains the cell.
    Region quarter_of(Cell cell) const noexcept;
};

/// Approximate distance to a region in degrees of a great circle, sufficient for an order: 0 inside
/// it, 45 for unknown locations.
double degrees_to(const Region& region, Location from) noexcept;

}  // namespace stretto::swarm
