#include "audio/true_peak.hpp"

#include <ebur128.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

using namespace stretto::audio;

BOOST_AUTO_TEST_SUITE(audio_true_peak)

namespace {

std::vector<float> noise(std::size_t n, float level) {
    std::vector<float> samples;
    std::uint32_t seed = 7;
    for (std::size_t i = 0; i < n; ++i) {
        seed = seed * 1664525 + 1013904223;
        samples.push_back(level * (static_cast<float>(seed >> 8) / 8388608.0F - 1));
    }
    return samples;
}

float peak_of(const std::vector<float>& samples, int channels = 1) {
    TruePeak peak{channels};
    peak.add(samples);
    return peak.value();
}

double by_libebur128(const std::vector<float>& samples, unsigned channels) {
    auto* state = ebur128_init(channels, 44100, EBUR128_MODE_TRUE_PEAK);
    ebur128_add_frames_float(state, samples.data(), samples.size() / channels);
    double most = 0;
    for (unsigned c = 0; c < channels; ++c) {
        double peak = 0;
        ebur128_true_peak(state, c, &peak);
        most = std::max(most, peak);
    }
    ebur128_destroy(&state);
    return most;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_true_peak_of_a_sine_is_found_between_its_samples) {
    std::vector<float> samples;  // a quarter of the rate, 45 degrees off: every sample is at 0.707
    for (int i = 0; i < 4410; ++i)
        samples.push_back(
            static_cast<float>(0.5 * std::sin(std::numbers::pi / 2 * i + std::numbers::pi / 4)));
    BOOST_TEST(peak_of(samples) > 0.49);
    BOOST_TEST(peak_of(samples) < 0.56);  // the onset rings
}
BOOST_AUTO_TEST_CASE(it_equals_the_peak_of_libebur128) {
    for (int channels : {1, 2})
        for (std::size_t frames : {1000, 44100}) {
            auto samples = noise(frames * static_cast<std::size_t>(channels), 0.6F);
            for (std::size_t i = samples.size() - 100; i < samples.size(); ++i) samples[i] = 0;
            BOOST_TEST(std::abs(peak_of(samples, channels) -
                                by_libebur128(samples, static_cast<unsigned>(channels))) < 1e-6);
        }
}
BOOST_AUTO_TEST_CASE(the_result_does_not_depend_on_how_samples_are_split) {
    const auto samples = noise(5000, 1);
    TruePeak peak{2};
    const std::span all{samples};
    std::size_t at = 0;
    for (std::size_t n = 2; at < all.size(); n = n * 3 % 1000 / 2 * 2 + 2) {
        const std::size_t take = std::min(n, all.size() - at);
        peak.add(all.subspan(at, take));
        at += take;
    }
    BOOST_TEST(peak.value() == peak_of(samples, 2));
}
BOOST_AUTO_TEST_CASE(a_peak_in_a_quiet_song_is_found_wherever_it_is) {
    for (std::size_t at = 0; at < 600; ++at) {
        auto samples = noise(600, 0.3F);
        samples[at] = 0.9F;
        if (at > 0) samples[at - 1] = 0.9F;  // higher between the two
        BOOST_TEST(peak_of(samples) > (at > 0 ? 0.95 : 0.89));
    }
}
BOOST_AUTO_TEST_CASE(silence_has_no_peak) { BOOST_TEST(peak_of(std::vector<float>(1000)) == 0); }

BOOST_AUTO_TEST_SUITE_END()
