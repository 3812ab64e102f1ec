#include "swarm/globe.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

BOOST_AUTO_TEST_SUITE(swarm_globe)

BOOST_AUTO_TEST_CASE(points_are_as_far_apart_as_places) {
    for (float lat = -90; lat <= 90; lat += 9.3f)
        for (float lon = -180; lon <= 180; lon += 17.1f) {
            const Location a{lat, lon}, b{-lat / 2, lon / 3};
            BOOST_TEST(std::abs(Point{a}.km_to(Point{b}) - distance_km(a, b)) < 30,
                       lat << ' ' << lon);
            const Location near{lat / 1.001f, lon / 1.001f};
            BOOST_TEST(std::abs(Point{a}.km_to(Point{near}) - distance_km(a, near)) < 1);
        }
}

BOOST_AUTO_TEST_CASE(an_unknown_location_has_no_distance) {
    BOOST_TEST(!Point{}.known());
    BOOST_TEST(!Point(std::nullopt).known());
    const Point somewhere{Location{0, 0}};
    BOOST_TEST(Point{}.km_to(somewhere) < 0);
    BOOST_TEST(somewhere.km_to(Point{}) < 0);
}

BOOST_AUTO_TEST_CASE(regions_nest_down_to_a_cell) {
    for (float lat = -90; lat <= 90; lat += 3.7f)
        for (float lon = -180; lon <= 180; lon += 5.3f) {
            const Cell cell = cell_of(Location{lat, lon});
            BOOST_REQUIRE(cell < cell_nowhere);
            Region region;
            for (int level = 0; level < Region::most_level; ++level) {
                BOOST_TEST(region.has(cell));
                BOOST_TEST(degrees_to(region, {lat, lon}) < 0.01);
                const Region quarter = region.quarter_of(cell);
                BOOST_TEST(region.has(quarter.first));
                BOOST_TEST(quarter.cells() * 4 == region.cells());
                region = quarter;
            }
            BOOST_TEST(region.first == cell);
            BOOST_TEST(region.cells() == 1u);
        }
    BOOST_TEST(cell_of(std::nullopt) == cell_nowhere);
    BOOST_TEST(Region{}.has(cell_nowhere));
    BOOST_TEST(!Region{}.quarter_of(0).has(cell_nowhere));
}

BOOST_AUTO_TEST_CASE(the_distance_of_a_region_is_about_that_of_its_locations) {
    const auto region_at = [](Location place, int levels) {
        Region region;
        for (int i = 0; i < levels; ++i) region = region.quarter_of(cell_of(place));
        return region;
    };
    const Location from{50, 10};
    for (float lat = -60; lat <= 70; lat += 9.7f)
        for (float lon = -180; lon < 180; lon += 16.3f) {
            const Location place{lat, lon};
            const double true_degrees = distance_km(from, place) / 111.2;
            const double degrees = degrees_to(region_at(place, 8), from);
            BOOST_TEST(degrees < 1.6 * true_degrees + 1, lat << ' ' << lon);
            if (true_degrees < 45) BOOST_TEST(degrees > 0.8 * true_degrees - 3, lat << ' ' << lon);
            for (int levels = 1; levels < 8; ++levels)  // what is around it is hardly further away
                BOOST_TEST(degrees_to(region_at(place, levels), from) <= 1.2 * degrees + 1, levels);
        }
    // across the date line
    BOOST_TEST(degrees_to(region_at({0, -179}, 8), {0, 179}) < 3);
    BOOST_TEST(degrees_to(Region{cell_nowhere, 8}, from) == 45);
}

BOOST_AUTO_TEST_SUITE_END()
