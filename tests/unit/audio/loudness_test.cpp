#include "audio/loudness.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <vector>

using namespace stretto::audio;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(audio_loudness)

BOOST_AUTO_TEST_CASE(the_gain_brings_the_loudness_to_the_target) {
    const auto gain = choose_gain(-20.0, -10.0, -14, -1);
    BOOST_TEST(gain.db == 6.0, tt::tolerance(1e-9));
    BOOST_TEST(!gain.limited);
}
BOOST_AUTO_TEST_CASE(raising_stops_at_the_headroom) {
    const auto gain = choose_gain(-20.0, -3.0, -14, -1);
    BOOST_TEST(gain.db == 2.0, tt::tolerance(1e-9));
    BOOST_TEST(gain.limited);
}
BOOST_AUTO_TEST_CASE(silence_is_left_alone) {
    for (auto lufs : {std::optional<double>{}, std::optional{-61.0}}) {
        const auto gain = choose_gain(lufs, -40.0, -14, -1);
        BOOST_TEST(gain.silent);
        BOOST_TEST(gain.db == 0.0);
    }
}
BOOST_AUTO_TEST_CASE(a_sine_of_ebu_tech_3341_measures_minus_23) {
    Meter meter{2, 48000};
    std::vector<float> samples;
    const double amplitude = std::pow(10.0, -23.0 / 20);
    for (int i = 0; i < 20 * 48000; ++i) {
        const auto s =
            static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * 1000 * i / 48000));
        samples.insert(samples.end(), {s, s});
    }
    meter.add(samples);
    BOOST_TEST(std::abs(*meter.lufs() + 23) < 0.1);
    BOOST_TEST(std::abs(*meter.true_peak() + 23) < 0.1);
}

BOOST_AUTO_TEST_SUITE_END()
