// BOLA-E: the thresholds that its paper's formulas give for this ladder, worked out by hand.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "abr/policy.hpp"
#include "made_up.hpp"

using namespace stretto::abr;
using Do = Decision::Do;

namespace {

// gamma p and V for a target of 30 s, 10 s of which are the least
const double gp = std::log(320.0 / 96) / 2, V = 10 / gp;
const double u[] = {1, 1 + std::log(160.0 / 96), 1 + std::log(320.0 / 96)};
const double kbps[] = {96, 160, 320};
/// Where q is as good as q - 1.
double threshold(int q) {
    return V * (gp + (kbps[q] * u[q - 1] - kbps[q - 1] * u[q]) / (kbps[q] - kbps[q - 1]));
}

/// A policy that had so many chunks on a network faster than everything, with full buffers.
std::unique_ptr<Policy> settled(const Shape& song, double network_kbps, int chunks = 12) {
    auto policy = make_policy("bola");
    for (int k = 0; k < chunks; ++k) {
        const double t = 20 * k;
        auto s = playing(song, t, 12, k, 1);
        while (policy->decide(s).what == Do::wait) s.now += 0.5;
        carry(*policy, s.now, 4, network_kbps);
    }
    return policy;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(abr_bola)

BOOST_AUTO_TEST_CASE(the_paper_s_thresholds_lie_between_ten_and_thirty_seconds) {
    BOOST_TEST(V * (u[0] + gp) - V * 1 == 10, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(V * (u[2] - 1 + gp) == 30, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(threshold(1) < threshold(2));
}
BOOST_AUTO_TEST_CASE(without_any_measurement_it_takes_the_lowest) {
    const auto song = made_up_song(20);
    State s = playing(song, 0, 0, 0, -1);
    s.playing = s.started = false;
    const auto decision = make_policy("bola")->decide(s);
    BOOST_TEST((decision.what == Do::take));
    BOOST_TEST(decision.rendition == 0);
}
BOOST_AUTO_TEST_CASE(after_one_chunk_it_selects_the_bitrate_of_the_throughput) {
    const auto song = made_up_song(20);
    for (const auto& [network, wanted] : {std::pair{120, 0}, {200, 1}, {5000, 2}}) {
        const auto policy = make_policy("bola");
        policy->decide(playing(song, 0, 0, 0, -1));
        carry(*policy, 0, 4, network);
        BOOST_TEST(policy->decide(playing(song, 5, 9, 1, 0)).rendition == wanted, network);
    }
}
BOOST_AUTO_TEST_CASE(it_rises_at_most_one_step_above_the_throughput) {
    const auto song = made_up_song(40);
    const auto policy = settled(song, 120);
    for (int k = 12; k < 14; ++k) {
        auto s = playing(song, 20 * k, 30, k, 0);
        auto decision = policy->decide(s);
        while (decision.what == Do::wait) s.now += 0.5, decision = policy->decide(s);
        BOOST_TEST(decision.rendition <= 1);
        carry(*policy, s.now, 4, 120);
    }
}
BOOST_AUTO_TEST_CASE(a_chunk_is_abandoned_when_a_lower_one_scores_more_for_its_bytes) {
    const auto song = made_up_song(40);
    const auto policy = settled(song, 2000);
    auto s = playing(song, 300, 12, 12, 2);
    while (policy->decide(s).what == Do::wait) s.now += 0.5;
    const double asked = s.now;
    carry(*policy, asked, 3, 40);
    const UnderWay now{2, 0, 400000, 15000, 0.3, asked};
    s.now = asked + 3.05, s.buffer = 3;
    s.under_way = &now;
    const auto decision = policy->decide(s);
    BOOST_TEST((decision.what == Do::abandon));
    BOOST_TEST(decision.rendition < 2);
}
BOOST_AUTO_TEST_CASE(a_chunk_is_not_abandoned_if_the_rest_is_smaller_than_the_other_one) {
    const auto song = made_up_song(40);
    const auto policy = settled(song, 2000);
    auto s = playing(song, 300, 12, 12, 2);
    while (policy->decide(s).what == Do::wait) s.now += 0.5;
    carry(*policy, s.now, 3, 40);
    const UnderWay now{2, 0, 400000, 390000, 9.5, s.now};
    s.now += 3.05, s.buffer = 1;
    s.under_way = &now;
    BOOST_TEST((policy->decide(s).what == Do::go_on));
}

BOOST_AUTO_TEST_SUITE_END()
