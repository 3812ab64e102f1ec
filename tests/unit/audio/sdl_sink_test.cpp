// Sound to a device, in real time: SDL's driver that writes a file, and a sound server with a
// recorder.
#include "audio/sdl_sink.hpp"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "../folder.hpp"

using namespace stretto;
using namespace stretto::audio;

/// Asked by LeakSanitizer: PulseAudio's library keeps 88 bytes of each connection.
extern "C" const char* __lsan_default_suppressions() { return "leak:libpulse\n"; }

namespace {

constexpr Format stereo{44100, 2};

double steady() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double>(now).count();
}
void turn() { std::this_thread::sleep_for(std::chrono::milliseconds{10}); }

/// A variable of the environment, for a while.
struct Set {
    const char* name;
    Set(const char* name, const std::string& value) : name(name) {
        ::setenv(name, value.c_str(), 1);
    }
    ~Set() { ::unsetenv(name); }
};

/// As the player does it. @param each  called with the frames heard, every turn
void play(
    Sink& sink, std::span<const float> samples,
    const std::function<void(std::int64_t)>& each = [](std::int64_t) {}) {
    const auto total = static_cast<std::int64_t>(samples.size()) / 2;
    std::int64_t before = 0;
    while (sink.played() < total) {
        const auto n = std::min(samples.size(), sink.room() * 2);
        sink.write(samples.first(n));
        samples = samples.subspan(n);
        const auto played = sink.played();
        BOOST_TEST_REQUIRE((before <= played && played <= sink.written()));
        before = played;
        each(played);
        turn();
    }
}

/// Without silence, which a busy machine adds where it gave nothing in time.
std::vector<float> sounding(const std::vector<float>& samples) {
    std::vector<float> kept;
    for (std::size_t i = 0; i + 1 < samples.size(); i += 2)
        if (samples[i] != 0 || samples[i + 1] != 0)
            kept.insert(kept.end(), {samples[i], samples[i + 1]});
    return kept;
}

/// Whether these are frames of the samples in their order: some may be lost, for a sound server
/// that gets no time drops what is late, but none is another or comes twice.
bool in_order(const std::vector<float>& heard, const std::vector<float>& samples) {
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < heard.size(); i += 2, at += 2) {
        while (at < samples.size() && (samples[at] != heard[i] || samples[at + 1] != heard[i + 1]))
            at += 2;
        if (at >= samples.size()) return false;
    }
    return true;
}

/// tests/tools/pulse.sh, for as long as it lives.
class Server {
   public:
    explicit Server(const Folder& folder) : folder_(folder) {
        std::filesystem::remove(folder.path / "ready");
        std::filesystem::remove(folder.path / "pid");
        pipe_ = ::popen(("exec sh tests/tools/pulse.sh " + folder.path.string()).c_str(), "we");
        BOOST_REQUIRE(pipe_);
        for (int i = 0; i < 3000 && !std::filesystem::exists(folder.path / "ready"); ++i) turn();
        BOOST_REQUIRE(std::filesystem::exists(folder.path / "ready"));
    }
    ~Server() { end(); }
    void end() {
        if (pipe_) ::pclose(pipe_);
        pipe_ = nullptr;
    }
    void kill() {
        int pid = 0;
        std::ifstream{folder_.path / "pid"} >> pid;
        BOOST_REQUIRE(pid > 1);
        ::kill(pid, SIGKILL);
        end();
    }

   private:
    const Folder& folder_;
    FILE* pipe_;
};

boost::test_tools::assertion_result has_server(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result there =
        std::system("command -v pulseaudio parec pactl >/dev/null") == 0;
    there.message() << "PulseAudio is not installed";
    return there;
}
namespace utf = boost::unit_test;

}  // namespace

BOOST_AUTO_TEST_SUITE(audio_sdl_sink)

BOOST_AUTO_TEST_CASE(the_device_gets_exactly_the_samples) {
    const Folder folder;
    const Set driver{"SDL_AUDIODRIVER", "disk"}, file{"SDL_DISKAUDIOFILE", folder.file("played")};
    const auto samples = noise(2 * 66150);
    {
        const auto sink = open_sdl_sink(stereo, {"", true, steady});
        bool paused = false;
        play(*sink, samples, [&](std::int64_t played) {
            if (played < 22050 || paused) return;
            paused = true;
            sink->pause(true);
            for (int i = 0; i < 20; ++i) turn();
            const auto heard = sink->played();
            for (int i = 0; i < 20; ++i) turn();
            BOOST_TEST(sink->played() == heard);
            sink->pause(false);
        });
        BOOST_TEST(!sink->lost());
    }
    BOOST_TEST((sounding(read_samples(folder.file("played"))) == samples));
}
BOOST_AUTO_TEST_CASE(unplayed_audio_can_be_removed) {
    const Folder folder;
    const Set driver{"SDL_AUDIODRIVER", "disk"}, file{"SDL_DISKAUDIOFILE", folder.file("played")};
    const auto samples = noise(2 * 44100);
    std::vector<float> expected;
    {
        const auto sink = open_sdl_sink(stereo, {"", true, steady});
        std::span<const float> rest = samples;
        while (sink->played() < 8192) {
            const auto n = std::min(rest.size(), sink->room() * 2);
            sink->write(rest.first(n));
            rest = rest.subspan(n);
            turn();
        }
        const auto before = sink->written();
        const auto dropped = sink->drop();
        BOOST_TEST(sink->written() == before - dropped);
        expected.assign(samples.begin(), samples.begin() + sink->written() * 2);
        const std::span<const float> last = std::span{samples}.last(8192);
        sink->write(last);
        expected.insert(expected.end(), last.begin(), last.end());
        while (sink->played() < sink->written()) turn();
    }
    BOOST_TEST((sounding(read_samples(folder.file("played"))) == expected));
}
BOOST_AUTO_TEST_CASE(without_a_device_the_error_names_a_remedy) {
    const Set driver{"SDL_AUDIODRIVER", "nothing"};
    try {
        open_sdl_sink(stereo, {"", true, steady});
        BOOST_ERROR("opened");
    } catch (const Error& e) {
        BOOST_TEST(e.exit() == EX_UNAVAILABLE);
        BOOST_TEST(std::string{e.what()}.find("--output null") != std::string::npos);
    }
    BOOST_TEST(output_devices().empty());
}
BOOST_AUTO_TEST_CASE(a_sound_server_plays_the_very_samples, *utf::precondition(has_server)) {
    const auto samples = noise(2 * 66150);
    std::size_t most = 0;
    // all of it, unless the machine is so busy that the server gets no time in any of the tries
    for (int tries = 0; tries < 5 && most < samples.size(); ++tries) {
        const Folder folder;
        Server server{folder};
        const Set driver{"SDL_AUDIODRIVER", "pulse"},
            where{"PULSE_SERVER", "unix:" + folder.file("socket")};
        const auto sink = open_sdl_sink(stereo, {"", true, steady});
        play(*sink, samples);
        sink->close();
        server.end();
        const auto heard = sounding(read_samples(folder.file("recorded")));
        BOOST_TEST(in_order(heard, samples));
        most = std::max(most, heard.size());
    }
    BOOST_WARN_MESSAGE(most == samples.size(),
                       "frames that the server lost: " << (samples.size() - most) / 2);
    BOOST_TEST(most > samples.size() / 10 * 9);
}
BOOST_AUTO_TEST_CASE(a_device_that_returns_continues_at_the_same_position,
                     *utf::precondition(has_server)) {
    const Folder folder;
    const auto samples = noise(2 * 3 * 44100);
    const Set driver{"SDL_AUDIODRIVER", "pulse"},
        where{"PULSE_SERVER", "unix:" + folder.file("socket")};
    auto server = std::make_unique<Server>(folder);
    const auto sink = open_sdl_sink(stereo, {"", true, steady});
    std::int64_t lost_at = -1;
    std::vector<float> before;
    play(*sink, samples, [&](std::int64_t played) {
        if (played > 44100 && lost_at < 0) {
            server->kill();
            before = sounding(read_samples(folder.file("recorded")));
            while (!sink->lost()) sink->room(), turn();
            lost_at = sink->played();
            for (int i = 0; i < 20; ++i) {
                BOOST_TEST(sink->room() == 0u);
                turn();
            }
            BOOST_TEST(sink->played() == lost_at);
            server = std::make_unique<Server>(folder);
        }
    });
    BOOST_TEST(!sink->lost());
    server->end();
    BOOST_TEST(before.size() > 2 * 22050u);
    BOOST_TEST(in_order(before, samples));
    const auto after = sounding(read_samples(folder.file("recorded")));
    BOOST_TEST(after.size() > 2 * 22050u);
    BOOST_TEST(in_order(after, {samples.begin() + lost_at * 2, samples.end()}));
}

BOOST_AUTO_TEST_SUITE_END()
