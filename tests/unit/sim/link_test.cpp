#include "sim/link.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

using namespace stretto::sim;

BOOST_AUTO_TEST_SUITE(sim_link)

BOOST_AUTO_TEST_CASE(a_recording_is_read_with_its_round_trip) {
    const auto trace = parse_trace("# made up rtt_ms 70\n0 100\n1 0.5\r\n\n2\t0\n");
    BOOST_REQUIRE(trace);
    BOOST_TEST(trace->rtt_s == 0.07);
    BOOST_TEST((trace->kbps == std::vector<double>{100, 0.5, 0}));
}
BOOST_AUTO_TEST_CASE(an_invalid_trace_is_refused_with_its_line) {
    for (const char* bad : {"", "# nothing\n", "1 100\n", "0 100\n2 100\n", "0 100\n1 -1\n", "0\n",
                            "0 1 2\n", "0 nan\n", "0 inf\n", "zero 1\n"})
        BOOST_TEST(!parse_trace(bad), bad);
    BOOST_TEST(parse_trace("0 1\n1 x\n").error().why.starts_with("line 2:"));
}
BOOST_AUTO_TEST_CASE(a_steady_link_carries_in_proportion) {
    const Link link{{80, 80, 80}, 0, 1, 0};
    BOOST_TEST(link.carried(2.5) == 25000);
    BOOST_TEST(link.when(25000) == 2.5);
    BOOST_TEST(link.carried(1000) == 1e7);
}
BOOST_AUTO_TEST_CASE(offset_and_multiplier_and_the_loop_are_kept) {
    const Link link{{8, 16, 24}, 1, 2, 0};  // 4000, 6000, 2000 bytes a second, again and again
    BOOST_TEST(link.carried(1) == 4000);
    BOOST_TEST(link.carried(3) == 12000);
    BOOST_TEST(link.carried(4) == 16000);
    BOOST_TEST(link.when(10000) == 2);
    BOOST_TEST(link.when(11000) == 2.5);
}
BOOST_AUTO_TEST_CASE(when_is_the_first_moment_by_which_so_much_was_carried) {
    const Link link{{0, 800, 0, 0, 37, 1200, 0}, 0, 1, 0};
    for (double bytes = 1; bytes < 2e6; bytes *= 1.37) {
        const double t = link.when(bytes);
        BOOST_TEST(link.carried(t) == bytes, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(link.carried(t - 1e-3) < bytes);
    }
}
BOOST_AUTO_TEST_CASE(on_a_dead_link_nothing_ever_comes) {
    const Link link{{0, 0}, 0, 1, 0};
    BOOST_TEST(link.carried(1e6) == 0);
    BOOST_TEST(std::isinf(link.when(1)));
}

BOOST_AUTO_TEST_SUITE_END()
