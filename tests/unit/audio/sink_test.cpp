// Where sound goes: what is written is what is there, at a listener's pace; the device's own tests
// are in sdl_sink_test.cpp.
#include "audio/sink.hpp"

#include <fcntl.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "../folder.hpp"
#include "audio/convert.hpp"

using namespace stretto;
using namespace stretto::audio;

namespace {

constexpr Format stereo{44100, 2};

std::vector<float> read_wav(const std::string& path) {
    SF_INFO info{};
    SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
    BOOST_REQUIRE(file);
    std::vector<float> samples(static_cast<std::size_t>(info.frames * info.channels));
    BOOST_TEST(sf_readf_float(file, samples.data(), info.frames) == info.frames);
    sf_close(file);
    return samples;
}

/// As the player does it: whenever there is room.
void play(Sink& sink, std::span<const float> samples, double& now) {
    while (!samples.empty()) {
        const auto n = std::min(samples.size(), sink.room() * 2);
        sink.write(samples.first(n));
        samples = samples.subspan(n);
        now += 0.02;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audio_sink)

BOOST_AUTO_TEST_CASE(outputs_are_read_and_others_refused) {
    using enum Output::Kind;
    BOOST_TEST((*parse_output("sdl") == Output{device}));
    BOOST_TEST((*parse_output("null") == Output{nowhere}));
    BOOST_TEST((*parse_output("wav:a:b.wav") == Output{wav, "a:b.wav"}));
    BOOST_TEST((*parse_output("raw:-") == Output{raw, "-"}));
    for (const char* wrong : {"", "wav", "wav:", "raw:", "wav:-", "alsa", "null:", "sdl:x"})
        BOOST_TEST(!parse_output(wrong), wrong);
}
BOOST_AUTO_TEST_CASE(a_listener_hears_at_the_pace_of_the_clock) {
    double now = 5;
    const auto sink = open_sink({Output::Kind::nowhere}, stereo, {"", true, [&] { return now; }});
    BOOST_TEST(sink->room() == 8820u);  // 200 ms
    now = 7;                            // there was nothing to hear
    sink->write(noise(2 * 8820));
    BOOST_TEST(sink->played() == 0);
    BOOST_TEST(sink->room() == 0u);
    now = 7.1;
    BOOST_TEST(std::abs(sink->played() - 4410) <= 1);
    sink->pause(true);
    now = 70;
    BOOST_TEST(std::abs(sink->played() - 4410) <= 1);
    sink->pause(false);
    now = 70.05;
    BOOST_TEST(std::abs(sink->played() - 6615) <= 1);
    now = 90;  // it ran dry
    BOOST_TEST(sink->played() == 8820);
    sink->write(noise(2 * 100));
    BOOST_TEST(sink->played() == 8820);
    now = 91;
    BOOST_TEST(sink->played() == 8920);
}
BOOST_AUTO_TEST_CASE(files_hold_the_very_samples_paced_or_not) {
    const Folder folder;
    const auto samples = noise(2 * 50001);
    for (const bool paced : {true, false}) {
        double now = 0;
        for (auto [kind, name] :
             {std::pair{Output::Kind::wav, "a.wav"}, {Output::Kind::raw, "a.raw"}}) {
            const auto sink =
                open_sink({kind, folder.file(name)}, stereo, {"", paced, [&] { return now; }});
            play(*sink, samples, now);
            sink->close();
            BOOST_TEST(sink->written() == 50001);
        }
        BOOST_TEST((read_samples(folder.file("a.raw")) == samples));
        BOOST_TEST((read_wav(folder.file("a.wav")) == samples));
        if (paced) BOOST_TEST(now > 2 * 50001 / 44100.0 * 0.8);
    }
}
BOOST_AUTO_TEST_CASE(a_wav_file_is_valid_after_every_write) {
    const Folder folder;
    const auto samples = noise(2 * 3000);
    const auto sink = open_sink({Output::Kind::wav, folder.file("a.wav")}, stereo,
                                {"", false, [] { return 0.0; }});
    sink->write(samples);
    BOOST_TEST((read_wav(folder.file("a.wav")) == samples));
}
BOOST_AUTO_TEST_CASE(a_full_pipe_has_no_room_and_does_not_block) {
    const Folder folder;
    const auto fifo = folder.file("pipe");
    BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    const File reader{::open(fifo.c_str(), O_RDONLY | O_NONBLOCK)};
    const auto sink = open_sink({Output::Kind::raw, fifo}, stereo, {"", false, [] { return 0.0; }});
    const auto samples = noise(2 * 200000);
    std::span<const float> rest = samples;
    std::vector<float> got;
    int full = 0;
    while (got.size() < samples.size()) {
        while (const auto room = std::min(sink->room(), rest.size() / 2)) {
            sink->write(rest.first(room * 2));
            rest = rest.subspan(room * 2);
        }
        full += !rest.empty();
        std::vector<float> some(4096);
        const auto n = ::read(reader.fd(), some.data(), some.size() * sizeof(float));
        BOOST_TEST_REQUIRE(n > 0);
        got.insert(got.end(), some.begin(), some.begin() + n / static_cast<long>(sizeof(float)));
    }
    BOOST_TEST(full > 0);
    BOOST_TEST((got == samples));
}
BOOST_AUTO_TEST_CASE(volume_scales_and_1_leaves_every_bit) {
    const Folder folder;
    const auto samples = noise(2 * 100);
    auto expected = samples;
    const auto sink =
        open_sink({Output::Kind::raw, folder.file("a")}, stereo, {"", false, [] { return 0.0; }});
    sink->write(samples);
    sink->set_volume(0.5);
    sink->write(samples);
    for (const float sample : samples) expected.push_back(sample * 0.5F);
    BOOST_TEST((read_samples(folder.file("a")) == expected));
}
BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_created_or_written_is_an_error) {
    const SinkOptions options{"", false, [] { return 0.0; }};
    for (const auto kind : {Output::Kind::raw, Output::Kind::wav})
        BOOST_CHECK_THROW(open_sink({kind, "/nowhere/a"}, stereo, options), Error);
    const auto sink = open_sink({Output::Kind::raw, "/dev/full"}, stereo, options);
    BOOST_CHECK_THROW(sink->write(noise(20)), Error);
}
BOOST_AUTO_TEST_CASE(another_sample_rate_is_converted_and_the_same_one_is_kept) {
    Converter same{stereo, stereo};
    const auto samples = noise(2 * 1000);
    std::vector<float> out;
    same.add(samples, out);
    same.finish(out);
    BOOST_TEST((out == samples));
    // a mono tone of 1 kHz at 48 kHz; on two channels at -3 dB each it is as loud
    Converter other{{48000, 1}, stereo};
    std::vector<float> tone(48000);
    for (std::size_t i = 0; i < tone.size(); ++i)
        tone[i] = static_cast<float>(std::sin(2 * M_PI * 1000 * static_cast<double>(i) / 48000));
    out.clear();
    for (std::size_t at = 0; at < tone.size(); at += 480)
        other.add(std::span{tone}.subspan(at, 480), out);
    other.finish(out);
    BOOST_TEST(std::abs(static_cast<double>(out.size()) / 2 - 44100) <= 1);
    double worst = 0;
    for (std::size_t i = 1000; i < 43000; ++i)
        worst = std::max(
            worst,
            std::abs(out[2 * i] -
                     std::sqrt(0.5) * std::sin(2 * M_PI * 1000 * static_cast<double>(i) / 44100)));
    BOOST_TEST(worst < 1e-4);
}

BOOST_AUTO_TEST_SUITE_END()
