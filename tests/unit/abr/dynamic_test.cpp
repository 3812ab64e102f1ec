// DYNAMIC: which of its two rules decides, and from which buffer level on.
#include <boost/test/unit_test.hpp>

#include "abr/policy.hpp"
#include "made_up.hpp"

using namespace stretto::abr;
using Do = Decision::Do;

namespace {

/// Chunks that came at this rate, with so much in hand at each decision. @return the last decision
int rendition_after(const char* name, const Shape& song, double network_kbps, double buffer,
                    int chunks = 8) {
    const auto policy = make_policy(name);
    int last = -1;
    for (int k = 0; k < chunks; ++k) {
        auto s = playing(song, 20.0 * k, buffer, k, last);
        Decision decision;
        while ((decision = policy->decide(s)).what != Do::take) s.now += 0.1;
        last = decision.rendition;
        carry(*policy, s.now, 4, network_kbps);
    }
    return last;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(abr_dynamic)

BOOST_AUTO_TEST_CASE(with_little_in_hand_it_does_as_throughput_does) {
    const auto song = made_up_song(20);
    for (const double network : {80.0, 150.0, 200.0, 400.0, 3000.0})
        BOOST_TEST(rendition_after("dynamic", song, network, 6) ==
                       rendition_after("throughput", song, network, 6),
                   network);
}
BOOST_AUTO_TEST_CASE(with_a_full_buffer_it_does_as_bola_does) {
    const auto song = made_up_song(20);
    // 29 s in hand: BOLA goes a step above what the network carries, throughput does not
    const int bola = rendition_after("bola", song, 150, 29);
    BOOST_TEST(bola == rendition_after("dynamic", song, 150, 29));
    BOOST_TEST(bola > rendition_after("throughput", song, 150, 29));
}

BOOST_AUTO_TEST_SUITE_END()
