#include "swarm/location.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace stretto::swarm {
namespace {

/// A decimal number and nothing else: no exponent, no "inf", no sign but "-".
std::optional<float> degrees(std::string_view text, float most) {
    // not by from_chars, which browsers' library lacks for these
    const bool minus = text.starts_with('-');
    if (minus) text.remove_prefix(1);
    double value = 0, unit = 0;
    bool digits = false;
    for (const char c : text) {
        if (c == '.' && unit == 0) {
            unit = 1;
            continue;
        }
        if (c < '0' || c > '9') return {};
        digits = true;
        value = 10 * value + (c - '0');
        unit *= 10;
    }
    if (unit > 0) value /= unit;
    if (!digits || !(value <= most)) return {};
    return static_cast<float>(minus ? -value : value);
}

/// A tenth nearest to it; never -0, which would print as another place than 0.
float tenth(float value) noexcept { return std::round(value * 10) / 10 + 0.0f; }

}  // namespace

Result<Location> parse_location(std::string_view text) {
    constexpr std::size_t most_bytes = 64;
    const auto comma = text.find(',');
    if (comma == std::string_view::npos || text.size() > most_bytes)
        return Malformed{"a location is LAT,LON"};
    const auto lat = degrees(text.substr(0, comma), 90);
    const auto lon = degrees(text.substr(comma + 1), 180);
    if (!lat || !lon) return Malformed{"a location is LAT,LON within 90 and 180 degrees"};
    return Location{*lat, *lon};
}

Location rounded(Location place) noexcept { return {tenth(place.lat), tenth(place.lon)}; }

std::string print_location(Location place) {
    const auto [lat, lon] = rounded(place);
    const auto print = [](float value) {
        const auto tenths = static_cast<int>(std::lround(std::abs(value) * 10));
        return text(value < 0 ? "-" : "", tenths / 10, ".", tenths % 10);
    };
    return text(print(lat), ",", print(lon));
}

double distance_km(Location a, Location b) noexcept {
    constexpr double earth_km = 6371, radians = std::numbers::pi / 180;
    const double north = std::sin((b.lat - a.lat) * radians / 2);
    const double east = std::sin((b.lon - a.lon) * radians / 2);
    const double h =
        north * north + std::cos(a.lat * radians) * std::cos(b.lat * radians) * east * east;
    return 2 * earth_km * std::asin(std::sqrt(std::min(1.0, h)));
}

}  // namespace stretto::swarm
