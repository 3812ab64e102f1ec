#include "swarm/globe.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace stretto::swarm {
namespace {

constexpr double scale = 32767, earth_km = 6371;
constexpr int columns = 72, rows = 36, degrees = 5;

std::int16_t short_of(double v) noexcept {
    return static_cast<std::int16_t>(std::lround(v * scale));
}

}  // namespace

Point::Point(std::optional<Location> place) noexcept {
    if (!place) return;
    const double lat = place->lat * std::numbers::pi / 180,
                 lon = place->lon * std::numbers::pi / 180;
    x_ = short_of(std::cos(lat) * std::cos(lon));
    y_ = short_of(std::cos(lat) * std::sin(lon));
    z_ = short_of(std::sin(lat));
}

double Point::km_to(const Point& other) const noexcept {
    if (!known() || !other.known()) return -1;
    const double x = x_ - other.x_, y = y_ - other.y_, z = z_ - other.z_;
    const double chord = std::sqrt(x * x + y * y + z * z) / scale;
    return 2 * earth_km * std::asin(std::min(1.0, chord / 2));
}

Cell cell_of(std::optional<Location> place) noexcept {
    if (!place) return cell_nowhere;
    const auto index = [](float from_edge, int most) {
        return std::clamp(static_cast<int>(from_edge) / degrees, 0, most - 1);
    };
    return static_cast<Cell>(index(place->lat + 90, rows) * columns +
                             index(place->lon + 180, columns));
}

const Point& middle_of(Cell cell) noexcept {
    static const auto middles = [] {
        std::array<Point, cells_in_all> all{};
        for (int row = 0; row < rows; ++row)
            for (int column = 0; column < columns; ++column)
                all[static_cast<std::size_t>(row * columns + column)] =
                    Point{Location{static_cast<float>((row + 0.5) * degrees - 90),
                                   static_cast<float>((column + 0.5) * degrees - 180)}};
        return all;
    }();
    return middles[cell];
}

}  // namespace stretto::swarm
