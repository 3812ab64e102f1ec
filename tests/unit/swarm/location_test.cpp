#include "swarm/location.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

BOOST_AUTO_TEST_SUITE(swarm_location)

BOOST_AUTO_TEST_CASE(a_typed_location_is_parsed_and_printed_to_a_tenth) {
    const auto berlin = parse_location("52.52,13.40");
    BOOST_REQUIRE(bool(berlin));
    BOOST_TEST(berlin->lat == 52.52f);
    BOOST_TEST(berlin->lon == 13.40f);
    BOOST_TEST(print_location(*berlin) == "52.5,13.4");
    BOOST_TEST(print_location({-33.86f, 151.25f}) == "-33.9,151.3");
    BOOST_TEST(print_location({-90, -180}) == "-90.0,-180.0");
}

BOOST_AUTO_TEST_CASE(the_printed_text_parses_as_the_rounded_location) {
    for (float lat = -90; lat <= 90; lat += 7.31f)
        for (float lon = -180; lon <= 180; lon += 13.77f) {
            const Location place{lat, lon};
            const auto again = parse_location(print_location(place));
            BOOST_REQUIRE(bool(again));
            BOOST_TEST((*again == rounded(place)));
        }
}

BOOST_AUTO_TEST_CASE(zero_is_printed_without_a_sign) {
    BOOST_TEST(print_location({-0.04f, -0.0f}) == "0.0,0.0");
}

BOOST_AUTO_TEST_CASE(anything_else_is_malformed) {
    for (const char* bad :
         {"",           ",",          "52.5",       "52.5,",       ",13.4",  "52.5 13.4",
          "52.5, 13.4", " 52.5,13.4", "52.5,13.4 ", "52.5,13.4,1", "90.1,0", "-90.1,0",
          "0,180.1",    "0,-180.1",   "nan,0",      "0,nan",       "inf,0",  "0,-inf",
          "1e1,0",      "0x1,0",      "+1,0",       "52.5,13.4\n", "--1,0",  "1e400,0"})
        BOOST_TEST(!parse_location(bad), "accepted " << bad);
    BOOST_TEST(!parse_location("0." + std::string(1000, '0') + ",0"));
}

BOOST_AUTO_TEST_CASE(distances_are_those_of_the_globe) {
    const Location berlin{52.52f, 13.40f}, paris{48.86f, 2.35f}, sydney{-33.87f, 151.21f};
    BOOST_TEST(distance_km(berlin, paris) == 878, boost::test_tools::tolerance(0.01));
    BOOST_TEST(distance_km(berlin, sydney) == 16090, boost::test_tools::tolerance(0.01));
    BOOST_TEST(distance_km(sydney, berlin) == distance_km(berlin, sydney));
    BOOST_TEST(distance_km(berlin, berlin) == 0);
}

BOOST_AUTO_TEST_CASE(distances_cross_the_date_line_and_the_poles) {
    BOOST_TEST(distance_km({0, 179.9f}, {0, -179.9f}) == 22.2, boost::test_tools::tolerance(0.01));
    BOOST_TEST(distance_km({90, 0}, {90, 120}) < 0.001);
    BOOST_TEST(distance_km({0, 0}, {0, 180}) == 20015, boost::test_tools::tolerance(0.001));
}

BOOST_AUTO_TEST_SUITE_END()
