#include "edge/rates.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::edge;

BOOST_AUTO_TEST_SUITE(edge_rates)

BOOST_AUTO_TEST_CASE(a_rate_is_the_mean_of_the_last_two) {
    Rates rates;
    BOOST_TEST(rates.of("a") == 0);
    rates.note("a", 4e6);
    BOOST_TEST(rates.of("a") == 4e6);
    rates.note("a", 2e6);
    BOOST_TEST(rates.of("a") == 3e6);
    BOOST_TEST(rates.of("b") == 0);
}
BOOST_AUTO_TEST_CASE(memory_is_bounded_and_known_clients_stay) {
    Rates rates;
    for (int i = 0; i < 4096; ++i) rates.note(std::to_string(i), 1);
    rates.note("7", 3);
    BOOST_TEST(rates.of("7") == 2);
    BOOST_TEST(rates.of("4095") == 1);
    rates.note("one more", 5);
    BOOST_TEST(rates.of("one more") == 5);
    BOOST_TEST(rates.of("7") == 0);
}
BOOST_AUTO_TEST_CASE(the_bitrate_for_a_rate_changes_just_above_its_bounds) {
    BOOST_TEST(kbps_for(0) == 160);
    BOOST_TEST(kbps_for(-1) == 160);
    BOOST_TEST(kbps_for(1) == 45);
    BOOST_TEST(kbps_for(0.12e6) == 45);
    BOOST_TEST(kbps_for(0.12e6 + 1) == 96);
    BOOST_TEST(kbps_for(0.5e6) == 96);
    BOOST_TEST(kbps_for(0.5e6 + 1) == 160);
    BOOST_TEST(kbps_for(2e6) == 160);
    BOOST_TEST(kbps_for(2e6 + 1) == 320);
}

BOOST_AUTO_TEST_SUITE_END()
