// The article's rule, sentence by sentence.
#include <boost/test/unit_test.hpp>

#include "abr/policy.hpp"
#include "made_up.hpp"

using namespace stretto::abr;

BOOST_AUTO_TEST_SUITE(abr_seed)

struct Seed {
    Shape song = made_up_song(30);
    std::unique_ptr<Policy> policy = make_policy("seed");
    int look(double now, double buffer) {
        return policy->decide(playing(song, now, buffer, 1, 1)).rendition;
    }
};

BOOST_FIXTURE_TEST_CASE(it_starts_at_160, Seed) {
    State s = playing(song, 0, 0, 0, -1);
    s.playing = s.started = false;
    BOOST_TEST(policy->decide(s).rendition == 1);
}
BOOST_FIXTURE_TEST_CASE(below_two_seconds_it_goes_one_step_down_a_second, Seed) {
    BOOST_TEST(look(0, 5) == 1);
    BOOST_TEST(look(1, 2.0) == 1);
    BOOST_TEST(look(2, 1.99) == 0);
    BOOST_TEST(look(3, 0.5) == 0);
}
BOOST_FIXTURE_TEST_CASE(above_ten_seconds_and_1500_kbps_it_goes_one_step_up, Seed) {
    look(0, 5);
    carry(*policy, 0, 1, 1490);
    BOOST_TEST(look(1, 11) == 1);
    carry(*policy, 1, 1, 1600);
    BOOST_TEST(look(2, 10.0) == 1);
    carry(*policy, 2, 1, 1600);
    BOOST_TEST(look(3, 10.1) == 2);
}
BOOST_FIXTURE_TEST_CASE(it_looks_once_a_second_and_not_at_every_call, Seed) {
    look(0, 5);
    BOOST_TEST(look(0.5, 1) == 1);
    BOOST_TEST(look(0.9, 1) == 1);
    BOOST_TEST(look(1.0, 1) == 0);
}
BOOST_FIXTURE_TEST_CASE(a_chunk_under_way_is_never_left, Seed) {
    look(0, 5);
    const UnderWay now{2, 0, 400000, 1000, 0, 0};
    for (int t = 1; t < 9; ++t) {
        auto s = playing(song, t, 0.1, 1, 2);
        s.under_way = &now;
        const auto decision = policy->decide(s);
        BOOST_TEST((decision.what == Decision::Do::go_on));
        BOOST_TEST(decision.rendition == 2);
    }
    BOOST_TEST(look(9, 5) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
