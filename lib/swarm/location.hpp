#pragma once
// Locations on earth with the precision of a city, from clients; and distances between
// locations.
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace stretto::swarm {

/// Degrees; north and east are positive.
struct Location {
    float lat = 0, lon = 0;
    bool operator==(const Location&) const = default;
};

/// "LAT,LON" in decimal degrees, such as "52.52,13.40"; not rounded. Malformed for anything else
/// and outside -90..90, -180..180.
Result<Location> parse_location(std::string_view text);

/// To a tenth of a degree, about 10 km: no program reveals more of a location.
Location rounded(Location place) noexcept;

/// rounded() as "52.5,13.4".
std::string print_location(Location place);

/// Along a great circle of a sphere of 6371 km, by the haversine formula.
double distance_km(Location a, Location b) noexcept;

}  // namespace stretto::swarm
