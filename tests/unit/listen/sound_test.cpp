// The thread that feeds the output, on a clock that moves only when the test moves it;
// libvorbisfile is the oracle for what a file holds.
#include "listen/sound.hpp"

#include <atomic>
#include <thread>

#include "../folder.hpp"
#include "../songs.hpp"
#include "../toy_server.hpp"

using namespace stretto;
using namespace stretto::songs;
using listen::Sound;
using What = Sound::Happened::What;

namespace {

constexpr int rate = 8000, channels = 2;
constexpr std::int64_t chunk_samples = 4 * rate, samples = 3 * chunk_samples - 777;
constexpr std::int64_t held = rate / 5;  // what a sink takes ahead: 200 ms

struct Song {
    Cut cut;
    std::vector<float> pcm;
};
const Song& tune() {
    static const Song made = [] {
        const auto bytes = encode(Signal::noise, samples, rate, channels, 96, chunk_samples);
        return Song{cut(bytes, chunk_samples, 96), decode(bytes)};
    }();
    return made;
}
const Song& mono_tune() {
    static const Song made = [] {
        const auto bytes = encode(Signal::sweep, 20000, rate, 1, 96, 20000);
        return Song{cut(bytes, 20000, 96), decode(bytes)};
    }();
    return made;
}
std::int64_t end_of(std::size_t k) {
    return std::min(samples, static_cast<std::int64_t>(k + 1) * chunk_samples);
}

struct Fixture {
    Folder folder;
    net::Loop loop;
    std::atomic<double> now{100};
    std::atomic<int> looks{0};  // at the clock: the thread has one with each turn
    struct Told {
        Sound::Track* track;
        What what;
        double at;
    };
    std::vector<Told> told;
    std::optional<Sound> sound;

    void open(const std::string& output, bool paced, double start_s = 0.45, double resume_s = 2) {
        audio::SinkOptions sink;
        sink.paced = paced;
        sink.clock = [this] { return ++looks, now.load(); };
        sound.emplace(loop,
                      Sound::Options{*audio::parse_output(output), sink, 1, start_s, resume_s, 30},
                      [this](const std::shared_ptr<Sound::Track>& track, Sound::Happened what) {
                          told.push_back({track.get(), what.what, what.at});
                      });
    }
    std::shared_ptr<Sound::Track> track(std::int64_t of = samples, int in = channels) {
        return sound->track(rate, in, of);
    }
    static void give(Sound::Track& to, std::size_t k) {
        const auto begin = static_cast<std::int64_t>(k) * chunk_samples;
        to.begin(begin, begin, begin, end_of(k), {});
        BOOST_REQUIRE(to.add(tune().cut.chunks[k].bytes) == end_of(k));
    }
    static void give_mono(Sound::Track& to) {
        to.begin(0, 0, 0, 20000, {});
        BOOST_REQUIRE(to.add(mono_tune().cut.chunks[0].bytes) == 20000);
    }
    bool until(const std::function<bool()>& so) { return toy::run_until(loop, so); }
    /// The thread has seen all that the test has done, some times over.
    void turns() {
        const int before = looks;
        BOOST_REQUIRE(until([&] { return looks >= before + 5; }));
    }
    bool until_told(What what) {
        return until([&] { return !told.empty() && told.back().what == what; });
    }
    /// Time goes by in steps that no device runs dry in.
    void pass(const std::function<bool()>& so) {
        BOOST_REQUIRE(until([&] {
            now = now + 0.05;
            return so();
        }));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listen_sound, Fixture)

BOOST_AUTO_TEST_CASE(sound_begins_when_enough_is_in_hand) {
    open("null", true, 5);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);  // 4 s
    turns();
    BOOST_TEST(told.empty());
    BOOST_TEST(one->state().position == 0);
    BOOST_TEST(!one->state().started);
    give(*one, 1);
    BOOST_REQUIRE(until_told(What::started));
    BOOST_TEST(told.back().at == 100.0);
    BOOST_TEST(one->state().started);
}
BOOST_AUTO_TEST_CASE(a_track_begins_at_the_buffer_level_that_its_link_needs) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    one->start_with(5);
    give(*one, 0);  // 4 s
    turns();
    BOOST_TEST(told.empty());
    one->start_with(3);
    BOOST_TEST(until_told(What::started));
}
BOOST_AUTO_TEST_CASE(a_song_that_has_fully_arrived_begins_at_any_buffer_level) {
    open("null", true, 60);
    const auto one = track(20000, 1);
    sound->queue(one);
    give_mono(*one);
    BOOST_TEST(until_told(What::started));
}
BOOST_AUTO_TEST_CASE(the_buffer_of_a_failed_song_is_played_to_its_end_without_a_stall) {
    open("null", true, 60);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    turns();
    BOOST_TEST(told.empty());
    one->last();
    BOOST_REQUIRE(until_told(What::started));
    pass([&] { return !one->state().playing; });
    BOOST_TEST(one->state().position == chunk_samples);
    turns();
    BOOST_TEST(told.size() == 1u);
}
BOOST_AUTO_TEST_CASE(a_device_takes_samples_at_its_sample_rate) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    BOOST_REQUIRE(until([&] { return one->state().position == held; }));
    turns();
    BOOST_TEST(one->state().position == held);
    BOOST_TEST(std::abs(sound->unheard_s() - 0.2) < 0.001);
    now = now + 0.125;
    BOOST_REQUIRE(until([&] { return one->state().position == held + rate / 8; }));
    turns();
    BOOST_TEST(one->state().position == held + rate / 8);
    BOOST_TEST(std::abs(one->state().heard_s - 0.325) < 0.001);
}
BOOST_AUTO_TEST_CASE(
    a_stall_is_reported_when_the_buffer_is_empty_and_ends_with_two_seconds_buffered) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    BOOST_REQUIRE(until_told(What::started));
    const double began = now;
    pass([&] { return told.back().what == What::stalled; });
    BOOST_TEST(told.back().at >= began + 4);
    BOOST_TEST(told.back().at <= now);
    BOOST_TEST(!one->state().playing);
    BOOST_TEST(one->state().position == chunk_samples);

    const auto& bytes = tune().cut.chunks[1].bytes;
    one->begin(chunk_samples, chunk_samples, chunk_samples, end_of(1), {});
    BOOST_REQUIRE(one->add(BytesView{bytes}.first(bytes.size() * 5 / 8)));
    const auto in_hand = one->state().end - one->state().position;
    BOOST_TEST(in_hand > rate);
    BOOST_TEST(in_hand < 2 * rate);
    turns();
    BOOST_TEST((told.back().what == What::stalled));
    BOOST_REQUIRE(one->add(BytesView{bytes}.subspan(bytes.size() * 5 / 8)));
    BOOST_REQUIRE(until_told(What::resumed));
    BOOST_TEST(told.size() == 3u);
}
BOOST_AUTO_TEST_CASE(songs_follow_each_other_without_a_sample_between) {
    open("wav:" + folder.file("heard.wav"), false);
    const auto one = track(), two = track();
    for (const auto& each : {one, two}) {
        sound->queue(each);
        for (std::size_t k = 0; k < 3; ++k) give(*each, k);
    }
    BOOST_REQUIRE(until([&] { return told.size() == 4; }));
    sound->close();
    const What wanted[] = {What::started, What::finished, What::started, What::finished};
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST((told[i].what == wanted[i]));
        BOOST_TEST((told[i].track == (i < 2 ? one : two).get()));
    }
    BOOST_TEST(one->state().done);
    auto twice = tune().pcm;
    twice.insert(twice.end(), tune().pcm.begin(), tune().pcm.end());
    // float samples end the file
    auto heard = read_file(folder.file("heard.wav"), 1 << 24);
    const auto bytes = twice.size() * sizeof(float);
    BOOST_REQUIRE(heard.size() > bytes);
    BOOST_TEST(heard.size() < bytes + 100);
    BOOST_TEST((std::memcmp(heard.data() + heard.size() - bytes, twice.data(), bytes) == 0));
}
BOOST_AUTO_TEST_CASE(a_song_with_another_format_is_written_to_another_file) {
    open("raw:" + folder.file("heard.raw"), false);
    const auto one = track(), two = track(20000, 1);
    sound->queue(one);
    sound->queue(two);
    for (std::size_t k = 0; k < 3; ++k) give(*one, k);
    give_mono(*two);
    BOOST_REQUIRE(until([&] { return told.size() == 4; }));
    sound->close();
    BOOST_TEST((read_samples(folder.file("heard.raw")) == tune().pcm));
    BOOST_TEST((read_samples(folder.file("heard-2.raw")) == mono_tune().pcm));
}
BOOST_AUTO_TEST_CASE(an_output_that_fails_ends_the_loop_with_its_error) {
    open("wav:" + folder.file("no/such/folder.wav"), false);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    BOOST_CHECK_THROW(until([] { return false; }), Error);
}
BOOST_AUTO_TEST_CASE(nothing_is_taken_while_it_is_paused) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    BOOST_REQUIRE(until([&] { return one->state().position == held; }));
    sound->pause(true);
    now = now + 50;
    turns();
    BOOST_TEST(one->state().position == held);
    BOOST_TEST(!one->state().playing);
    sound->pause(false);
    BOOST_TEST(one->state().playing);
    pass([&] { return one->state().position > 2 * held; });
    BOOST_TEST(told.size() == 1u);  // a pause is no stall
}
BOOST_AUTO_TEST_CASE(a_seek_counts_from_the_playback_position_and_is_not_a_stall) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    BOOST_REQUIRE(until([&] { return one->state().position == held; }));
    BOOST_TEST(!sound->seek(*one, 1));  // in hand
    // a sink of files holds what it took; a device gives it back
    const auto from = one->state().position;
    BOOST_TEST(from >= rate);
    BOOST_TEST(from <= rate + held);
    pass([&] { return one->state().position > from + 2 * held; });
    BOOST_TEST(told.size() == 1u);
    const auto target = sound->seek(*one, 7);
    BOOST_REQUIRE(target);
    BOOST_TEST(*target > chunk_samples);
    BOOST_TEST(*target < samples);
    BOOST_TEST(one->state().end == *target);
    BOOST_TEST(!one->state().playing);
    BOOST_TEST(*sound->seek(*one, 1e6) == samples - 1);
    turns();
    BOOST_TEST(told.size() == 1u);
}
BOOST_AUTO_TEST_CASE(after_a_song_is_removed_the_next_one_is_played) {
    open("null", true);
    const auto one = track(), two = track(20000, 1);
    sound->queue(one);
    give(*one, 0);
    BOOST_REQUIRE(until_told(What::started));
    const auto position = one->state().position;
    sound->remove(one);
    sound->queue(two);
    give_mono(*two);
    pass([&] { return told.back().what == What::finished; });
    BOOST_TEST((told.back().track == two.get()));
    BOOST_TEST(one->state().position <= position + held);
    BOOST_TEST(told.size() == 3u);
}
BOOST_AUTO_TEST_CASE(no_event_of_a_removed_song_is_reported) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    give(*one, 0);
    // not on the loop: what happens waits to be told
    while (!one->state().started) std::this_thread::yield();
    sound->remove(one);
    turns();
    BOOST_TEST(told.empty());
}
BOOST_AUTO_TEST_CASE(damaged_bytes_are_reported_and_audio_before_them_is_played) {
    open("null", true);
    const auto one = track();
    sound->queue(one);
    auto bytes = tune().cut.chunks[0].bytes;
    bytes[bytes.size() * 3 / 4] ^= 1;
    one->begin(0, 0, 0, chunk_samples, {});
    BOOST_TEST(!one->add(bytes));
    const auto end = one->state().end;
    BOOST_TEST(end > rate);
    BOOST_TEST(end < chunk_samples);
    BOOST_REQUIRE(until_told(What::started));
    pass([&] { return one->state().position == end; });
}

BOOST_AUTO_TEST_SUITE_END()
