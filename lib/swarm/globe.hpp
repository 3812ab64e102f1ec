#pragma once
// Places in six bytes, and a grid over the earth: what it takes to find the nearest of many
// quickly.
#include <cstdint>
#include <optional>

#include "swarm/location.hpp"

namespace stretto::swarm {

/// A place as a direction from the middle of the earth; to 200 m.
class Point {
   public:
    Point() = default;  ///< nowhere
    explicit Point(std::optional<Location> place) noexcept;

    bool known() const noexcept { return x_ || y_ || z_; }
    /// Below 0 when one of them is not known.
    double km_to(const Point& other) const noexcept;
    bool operator==(const Point&) const = default;

   private:
    std::int16_t x_ = 0, y_ = 0, z_ = 0;
};

/// A square of 5 degrees, 550 km or less; or `cell_nowhere`, for whom nothing is known of.
using Cell = std::uint16_t;
constexpr Cell cell_nowhere = 36 * 72, cells_in_all = cell_nowhere + 1;
Cell cell_of(std::optional<Location> place) noexcept;
/// Its middle; unknown for cell_nowhere.
const Point& middle_of(Cell cell) noexcept;

}  // namespace stretto::swarm
