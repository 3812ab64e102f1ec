// Which edge to ask, on a made-up clock.
#include "gather/edges.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::gather;

BOOST_AUTO_TEST_SUITE(gather_edges)

BOOST_AUTO_TEST_CASE(the_nearest_edge_without_a_pause_is_asked) {
    Edges edges;
    BOOST_TEST(!edges.current(0));
    edges.set({{"near", "http://a"}, {"far", "http://b"}});
    BOOST_TEST(*edges.current(0) == 0);
    edges.failed(0, 10, Fault::broken);
    BOOST_TEST(*edges.current(10.1) == 1);
    BOOST_TEST(*edges.current(10.6) == 0);
}
BOOST_AUTO_TEST_CASE(out_of_favour_twice_as_long_each_time_up_to_16_s) {
    Edges edges;
    edges.add_trusted("", "");
    double expected = 0.5;
    for (int i = 0; i < 9; ++i, expected = std::min(16.0, 2 * expected)) {
        edges.failed(0, 100, Fault::broken);
        BOOST_TEST(edges.at(0).not_before == 100 + expected);
    }
    edges.worked(0);
    edges.failed(0, 200, Fault::broken);
    BOOST_TEST(edges.at(0).not_before == 200.5);
}
BOOST_AUTO_TEST_CASE(a_silent_edge_gets_no_request_for_a_while) {
    Edges edges;
    edges.add_trusted("", "");
    edges.failed(0, 0, Fault::stalled);
    BOOST_TEST(edges.at(0).not_before == 16);
}
BOOST_AUTO_TEST_CASE(without_a_usable_edge_the_first_to_return_is_chosen_and_liars_are_last) {
    Edges edges;
    edges.set({{"a", "a"}, {"b", "b"}, {"c", "c"}});
    edges.failed(0, 0, Fault::stalled);
    edges.failed(1, 0, Fault::broken);
    edges.failed(2, 0, Fault::wrong);
    BOOST_TEST(*edges.current(0.1) == 1);
    edges.failed(1, 0, Fault::stalled);
    BOOST_TEST(*edges.current(0.1) == 0);
    BOOST_TEST(*edges.current(30) == 0);
}
BOOST_AUTO_TEST_CASE(a_new_list_keeps_the_users_edges_and_the_state_of_old_ones) {
    Edges edges;
    edges.set({{"a", "http://a"}});
    const int mine = edges.add_trusted("mine", "http://mine");
    edges.failed(0, 0, Fault::wrong);
    edges.set({{"b", "http://b"}, {"a", "http://a"}});
    BOOST_TEST(edges.count() == 3);
    BOOST_TEST(edges.order().front() == mine);
    BOOST_TEST(edges.at(edges.order().back()).wrong);
    BOOST_TEST(edges.at(edges.order().back()).url == "http://a");
}
BOOST_AUTO_TEST_CASE(a_tracker_that_names_different_edges_each_time_uses_bounded_memory) {
    Edges edges;
    for (int i = 0; i < 10'000; ++i) edges.set({{"x", std::to_string(i)}});
    BOOST_TEST(edges.count() <= 1);
    BOOST_CHECK_NO_THROW(static_cast<void>(edges.current(0)));
}

BOOST_AUTO_TEST_SUITE_END()
