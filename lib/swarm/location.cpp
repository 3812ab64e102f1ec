#include "swarm/location.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <optional>

namespace stretto::swarm {
namespace {

/// A decimal number and nothing else: no exponent, no "inf", no sign but "-".
std::optional<float> degrees(std::string_view text, float most) {
    float value = 0;
    const char* last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, value, std::chars_format::fixed);
    if (code != std::errc{} || end != last || !(std::abs(value) <= most)) return {};
    return value;
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
    char out[32];
    char* end = std::to_chars(out, out + 8, lat, std::chars_format::fixed, 1).ptr;
    *end++ = ',';
    end = std::to_chars(end, out + sizeof out, lon, std::chars_format::fixed, 1).ptr;
    return {out, end};
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
