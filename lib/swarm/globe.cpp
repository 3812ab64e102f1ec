#include "swarm/globe.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stretto::swarm {
namespace {

constexpr double scale = 32767, earth_km = 6371, radians = std::numbers::pi / 180;
constexpr int bits = 7;  // of latitude, and of longitude
constexpr float rows = 1 << bits, height = 180 / rows, width = 360 / rows;
constexpr double nowhere_degrees = 45;

std::int16_t short_of(double v) noexcept {
    return static_cast<std::int16_t>(std::lround(v * scale));
}

/// A zero before each bit of a number of 7.
unsigned spread(unsigned n) noexcept {
    n = (n | n << 4) & 0x0f0f;
    n = (n | n << 2) & 0x3333;
    return (n | n << 1) & 0x5555;
}
/// Every other bit of a number of 14.
unsigned gathered(unsigned n) noexcept {
    n &= 0x5555;
    n = (n | n >> 1) & 0x3333;
    n = (n | n >> 2) & 0x0f0f;
    return (n | n >> 4) & 0x00ff;
}

unsigned index(float from_edge, float size) noexcept {
    return static_cast<unsigned>(std::clamp(from_edge / size, 0.0f, rows - 1));
}

}  // namespace

Point::Point(std::optional<Location> place) noexcept {
    if (!place) return;
    const double lat = place->lat * radians, lon = place->lon * radians;
    x_ = short_of(std::cos(lat) * std::cos(lon));
    y_ = short_of(std::cos(lat) * std::sin(lon));
    z_ = short_of(std::sin(lat));
}

float Point::chord_km_to(const Point& other) const noexcept {
    if (!known() || !other.known()) return -1;
    const auto x = static_cast<float>(x_ - other.x_), y = static_cast<float>(y_ - other.y_),
               z = static_cast<float>(z_ - other.z_);
    return static_cast<float>(earth_km / scale) * std::sqrt(x * x + y * y + z * z);
}

double Point::km_to(const Point& other) const noexcept {
    constexpr auto across_km = static_cast<float>(2 * earth_km);
    const float chord = chord_km_to(other);
    // a float is right to a metre, and takes a third of the time
    return chord < 0 ? chord : across_km * std::asin(std::min(1.0f, chord / across_km));
}

Cell cell_of(std::optional<Location> place) noexcept {
    if (!place) return cell_nowhere;
    return static_cast<Cell>(spread(index(place->lat + 90, height)) << 1 |
                             spread(index(place->lon + 180, width)));
}

Region Region::quarter_of(Cell cell) const noexcept {
    Region quarter{0, static_cast<std::uint8_t>(level + 1)};
    quarter.first = static_cast<Cell>(cell & ~(quarter.cells() - 1));
    return quarter;
}

double degrees_to(const Region& region, Location from) noexcept {
    if (region.first >= cell_nowhere) return nowhere_degrees;
    if (region.level == 0) return 0;
    // of a region within the grid, this many rows and columns
    const int across = 1 << (Region::most_level - region.level);
    const float south = static_cast<float>(gathered(region.first >> 1)) * height - 90;
    const float west = static_cast<float>(gathered(region.first)) * width - 180;
    const float north = south + static_cast<float>(across) * height;
    const float east = west + static_cast<float>(across) * width;
    const double up = std::max({0.0f, south - from.lat, from.lat - north});
    double aside = 0;
    if (from.lon < west || from.lon > east) {
        const auto around = [](double d) { return std::min(std::abs(d), 360 - std::abs(d)); };
        aside = std::min(around(west - from.lon), around(east - from.lon));
        const double lat = (from.lat + std::clamp(from.lat, south, north)) / 2;
        aside *= std::cos(lat * radians);
    }
    return std::sqrt(up * up + aside * aside);
}

}  // namespace stretto::swarm
