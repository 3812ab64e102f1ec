#include "sim/playout.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::sim;

BOOST_AUTO_TEST_SUITE(sim_playout)

BOOST_AUTO_TEST_CASE(sound_begins_at_half_a_second_and_the_start_ends_at_one) {
    Playout p{60};
    p.come(0.3, 0.4, 1, {});
    BOOST_TEST(!p.playing());
    p.come(0.5, 0.5, 1, {});
    BOOST_TEST(p.playing());
    p.come(0.8, 1.0, 1, {});
    BOOST_TEST(p.sound_at() == 0.5);
    BOOST_TEST(p.score().start_s == 0.8);
    BOOST_TEST(p.buffer() == 0.7);
}
BOOST_AUTO_TEST_CASE(a_stall_lasts_until_two_seconds_are_in_hand) {
    Playout p{60};
    p.come(0, 3, 1, {});
    p.come(5, 4.5, 1, {});  // dry at 3
    BOOST_TEST(!p.playing());
    BOOST_TEST(p.score().stalls == 1);
    p.come(6, 5, 1, {});
    BOOST_TEST(p.playing());
    BOOST_TEST(p.score().stalled_s == 3);
    BOOST_TEST(p.buffer() == 2);
}
BOOST_AUTO_TEST_CASE(the_end_of_the_song_is_not_a_stall_and_needs_no_two_seconds) {
    Playout p{4};
    p.come(0, 3, 1, {});
    p.come(4, 4, 1, {});
    BOOST_TEST(p.playing());
    p.advance(100);
    BOOST_TEST(p.ended());
    BOOST_TEST(p.score().stalls == 1);
    BOOST_TEST(p.score().stalled_s == 1);
}
BOOST_AUTO_TEST_CASE(quality_counts_new_audio_and_changes_count_by_size) {
    Playout p{10};
    p.come(0, 4, 0.6, {});
    p.come(0, 3, 1.0, {});  // was there
    p.come(0, 6, 1.0, {});
    p.come(0, 10, 0.85, {});
    BOOST_TEST(p.score().quality_s == 4 * 0.6 + 2 + 4 * 0.85, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(p.score().changes == 0.4 + 0.15, boost::test_tools::tolerance(1e-12));
}
BOOST_AUTO_TEST_CASE(past_time_is_ignored) {
    Playout p{10};
    p.come(0, 5, 1, {});
    p.advance(2);
    p.advance(1);
    BOOST_TEST(p.playhead() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
