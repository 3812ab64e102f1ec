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

BOOST_AUTO_TEST_CASE(what_is_not_known_is_at_no_distance) {
    BOOST_TEST(!Point{}.known());
    BOOST_TEST(!Point(std::nullopt).known());
    const Point somewhere{Location{0, 0}};
    BOOST_TEST(Point{}.km_to(somewhere) < 0);
    BOOST_TEST(somewhere.km_to(Point{}) < 0);
}

BOOST_AUTO_TEST_CASE(every_place_is_in_a_cell_whose_middle_is_not_far) {
    for (float lat = -90; lat <= 90; lat += 3.7f)
        for (float lon = -180; lon <= 180; lon += 5.3f) {
            const Cell cell = cell_of(Location{lat, lon});
            BOOST_REQUIRE(cell < cell_nowhere);
            BOOST_TEST(Point(Location{lat, lon}).km_to(middle_of(cell)) < 400);
        }
    BOOST_TEST(cell_of(Location{90, 180}) == cell_nowhere - 1);
    BOOST_TEST(cell_of(std::nullopt) == cell_nowhere);
    BOOST_TEST(!middle_of(cell_nowhere).known());
}

BOOST_AUTO_TEST_SUITE_END()
