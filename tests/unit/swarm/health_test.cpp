#include "swarm/health.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

BOOST_AUTO_TEST_SUITE(swarm_health)

BOOST_AUTO_TEST_CASE(repeated_reports_of_one_network_count_once) {
    Health health;
    BOOST_TEST(health.report(1, false, 0));
    BOOST_TEST(health.success == 0.6f);
    for (int i = 0; i < 100; ++i) BOOST_TEST(!health.report(1, false, 0));
    BOOST_TEST(health.success == 0.6f);
}

BOOST_AUTO_TEST_CASE(four_networks_put_out_a_peer_that_is_bad_at_two_songs) {
    Health health;
    for (Network network = 1; network <= 4; ++network) {
        BOOST_TEST(!health.out());
        health.report(network, false, 0, network % 2 ? 7 : 8);
    }
    BOOST_TEST(health.out());
}

BOOST_AUTO_TEST_CASE(all_reports_of_one_song_lower_a_success_rate_only_by_a_limit) {
    Health health;
    for (Network network = 1; network <= 1000; ++network) health.report(network, false, 0, 7);
    BOOST_TEST(health.success >= 0.49f);
    health.age(600);
    for (Network network = 1; network <= 1000; ++network) health.report(network, false, 0, 7);
    BOOST_TEST(!health.out());
    static_assert(sizeof(Health) == 32);
}

BOOST_AUTO_TEST_CASE(a_report_from_a_network_without_peers_has_a_quarter_of_the_weight) {
    Health health;
    BOOST_TEST(health.report(1, false, 0, 7, 0.25f));
    BOOST_TEST(health.success == 0.75f);
}

BOOST_AUTO_TEST_CASE(a_network_counts_again_after_four_others) {
    Health health;
    for (Network network = 1; network <= 4; ++network) health.report(network, true, 0);
    BOOST_TEST(!health.report(1, true, 0));
    BOOST_TEST(health.report(5, true, 0));
    BOOST_TEST(health.report(1, true, 0));
    BOOST_TEST(!health.report(5, true, 0));
}

BOOST_AUTO_TEST_CASE(a_bad_success_rate_recovers_and_a_good_one_stays) {
    Health bad, good;
    for (Network network = 1; network <= 6; ++network)
        bad.report(network, false, 0, 7 + network % 2), good.report(network, true, 0);
    const float praised = good.success;
    bad.age(480), good.age(480);
    BOOST_TEST(bad.success > 0.4f);
    BOOST_TEST(bad.success < 0.5f);
    BOOST_TEST(good.success == praised);
    // ageing often is no way to get there sooner
    Health often;
    for (Network network = 1; network <= 6; ++network)
        often.report(network, false, 0, 7 + network % 2);
    for (std::uint32_t s = 1; s <= 480; ++s) often.age(s);
    BOOST_TEST(often.success == bad.success, boost::test_tools::tolerance(0.01f));
}

BOOST_AUTO_TEST_CASE(handed_out_upload_is_free_again_after_a_while) {
    Health health;
    for (int i = 0; i < 3; ++i) health.hand_out();
    BOOST_TEST(health.free_kbps(4000) == 1000);
    health.age(30);
    BOOST_TEST(health.free_kbps(4000) == 1600);
    health.age(10'000);
    BOOST_TEST(health.free_kbps(4000) == 4000);
}

BOOST_AUTO_TEST_CASE(a_measured_rate_replaces_an_exaggerated_announced_one) {
    Health health;
    health.report(1, true, 200);
    BOOST_TEST(health.free_kbps(1e7) == 800);
    health.report(2, true, 1000);
    BOOST_TEST(health.speed_kbps == 400);
    health.report(3, true, 1e300);
    BOOST_TEST(health.speed_kbps <= 1e7f);
}

BOOST_AUTO_TEST_CASE(the_score_is_within_0_and_1) {
    Health health;
    BOOST_TEST(health.score(0) == 0.4f, boost::test_tools::tolerance(0.01));
    BOOST_TEST(health.score(1e7) == 0.8f, boost::test_tools::tolerance(0.01));
    for (Network network = 1; network <= 100; ++network) health.report(network, true, 1e9);
    BOOST_TEST(health.score(1e7) <= 1);
}

BOOST_AUTO_TEST_CASE(near_is_better_than_far_and_the_same_network_best) {
    const Health health;
    const auto at = [&](double km, bool same = false) { return cost(health, 5000, km, same, 0); };
    BOOST_TEST(at(0, true) < at(0));
    // no chance turns these around
    BOOST_TEST(at(0) + 0.5 < at(50));
    BOOST_TEST(at(50) + 0.5 < at(150));
    BOOST_TEST(at(500) + 0.5 < at(1000));
    BOOST_TEST(at(1000) + 0.5 < at(4000));
    BOOST_TEST(at(-1) == at(5000));
}

BOOST_AUTO_TEST_CASE(a_failing_or_busy_peer_costs_more) {
    Health failing, busy;
    const Health good;
    failing.report(1, false, 0), failing.report(2, false, 0);
    for (int i = 0; i < 15; ++i) busy.hand_out();
    const auto at = [](const Health& health, double km) {
        return cost(health, 5000, km, false, 0);
    };
    BOOST_TEST(at(failing, 100) > at(good, 400));
    BOOST_TEST(at(busy, 100) > at(good, 400));
    BOOST_TEST(at(failing, 0) < at(good, 5000));
    BOOST_TEST(cost(good, 100, 0, false, 0) > cost(good, 5000, 0, false, 0.99));
    BOOST_TEST(cost(good, 0, 0, false, 0) == cost(good, 1, 0, false, 0));
    BOOST_TEST(cost(good, 1e7, 0, false, 0) == cost(good, 5000, 0, false, 0));
}

BOOST_AUTO_TEST_SUITE_END()
