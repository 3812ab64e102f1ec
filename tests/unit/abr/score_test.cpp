#include "abr/score.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::abr;

BOOST_AUTO_TEST_SUITE(abr_score)

BOOST_AUTO_TEST_CASE(the_three_steps_have_their_utilities) {
    BOOST_TEST(utility(96) == 0.60);
    BOOST_TEST(utility(160) == 0.85);
    BOOST_TEST(utility(320) == 1.00);
    BOOST_TEST(utility(500) == 1.00);
}
BOOST_AUTO_TEST_CASE(utility_rises_with_the_bitrate) {
    for (int kbps = 1; kbps < 400; ++kbps) BOOST_TEST(utility(kbps) <= utility(kbps + 1));
}
BOOST_AUTO_TEST_CASE(a_perfect_song_has_a_hundred) {
    const Score perfect{.quality_s = 210, .start_s = 0.2};
    BOOST_TEST(perfect.of(210) == 100);
}
BOOST_AUTO_TEST_CASE(every_loss_is_counted_as_the_formula_says) {
    // 200 s at 96, one stall of 3 s, first second after 1.2 s, one change of 0.25
    const Score s{.quality_s = 120, .changes = 0.25, .stalled_s = 3, .stalls = 1, .start_s = 1.2};
    BOOST_TEST(s.of(200) == 0.5 * (120 - 30 - 5 - 2 - 0.5), boost::test_tools::tolerance(1e-12));
}
BOOST_AUTO_TEST_CASE(a_bad_song_has_a_score_far_below_zero) {
    const Score silent{.stalled_s = 210};
    BOOST_TEST(silent.of(210) == -1000);
}

BOOST_AUTO_TEST_SUITE_END()
