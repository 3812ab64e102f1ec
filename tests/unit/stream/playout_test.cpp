// From the bytes of chunks to sound, on an output made of a clock: libvorbisfile is the oracle.
#include "stream/playout.hpp"

#include "../songs.hpp"

using namespace stretto;
using namespace stretto::stream;
using namespace stretto::songs;
using State = Playout::State;
using What = Playout::Event::What;

namespace {

constexpr int rate = 8000, channels = 2;
constexpr std::int64_t chunk_samples = 4 * rate;

/// Holds 200 ms; what was heard is kept.
class FakeSink final : public audio::Sink {
   public:
    explicit FakeSink(const audio::Format& format) : Sink(format) {}
    std::size_t room() override {
        return static_cast<std::size_t>(
            std::max<std::int64_t>(0, format().rate / 5 - (written_ - heard)));
    }
    std::int64_t played() override { return heard; }
    void pause(bool p) override { paused = p; }
    std::int64_t drop() override {
        const auto dropped = written_ - heard;
        written_ = heard;
        samples.resize(static_cast<std::size_t>(heard * format().channels));
        return dropped;
    }
    void pass(double seconds) {
        if (!paused)
            heard = std::min(written_, heard + static_cast<std::int64_t>(seconds * format().rate));
    }
    std::vector<float> samples;
    std::int64_t heard = 0;
    bool paused = false;

   private:
    void put(std::span<const float> more) override {
        BOOST_TEST(more.size() <= room() * static_cast<std::size_t>(format().channels));
        samples.insert(samples.end(), more.begin(), more.end());
    }
};

struct Song {
    std::int64_t samples;
    Cut low, high;
    std::vector<float> low_pcm, high_pcm;
};
Song make(Signal signal, std::int64_t samples, int r = rate, int c = channels) {
    const auto chunk = chunk_samples * r / rate;
    const auto low = encode(signal, static_cast<int>(samples), r, c, 96, static_cast<int>(chunk));
    const auto high = encode(signal, static_cast<int>(samples), r, c, 320, static_cast<int>(chunk));
    return {samples, cut(low, chunk, 96), cut(high, chunk, 320), decode(low), decode(high)};
}
const Song& first() {
    static const Song song = make(Signal::noise, 3 * chunk_samples + 777);
    return song;
}
const Song& second() {
    static const Song song = make(Signal::sweep, 2 * chunk_samples - 5);
    return song;
}

std::vector<float> slice(const std::vector<float>& pcm, std::int64_t from, std::int64_t to) {
    return {pcm.begin() + from * channels, pcm.begin() + to * channels};
}
std::vector<float> operator+(std::vector<float> a, const std::vector<float>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

struct Player {
    FakeSink* sink = nullptr;
    Playout playout;
    std::vector<Playout::Event> events;

    explicit Player(Playout::Options options = {})
        : playout(
              [this](const audio::Format& format) {
                  auto made = std::make_unique<FakeSink>(format);
                  sink = made.get();
                  return made;
              },
              options) {}

    Playout::PartId chunk(Playout::SongId song, const Cut& cut, std::size_t k) {
        const auto& c = cut.chunks[k];
        const auto part = playout.begin_part(song, static_cast<std::int64_t>(k) * chunk_samples,
                                             {0, c.facts.samples});
        BOOST_TEST(static_cast<bool>(playout.feed(part, c.bytes)));
        BOOST_TEST(static_cast<bool>(playout.end_part(part)));
        return part;
    }
    void whole(Playout::SongId song, const Cut& cut) {
        for (std::size_t k = 0; k < cut.chunks.size(); ++k) chunk(song, cut, k);
    }
    void tick(double seconds = 0.02) {
        for (auto& event : playout.tick()) events.push_back(event);
        sink->pass(seconds);
    }
    void run(double seconds) {
        for (double t = 0; t < seconds; t += 0.02) tick();
    }
    std::string told() const {
        std::string all;
        for (const auto& e : events)
            all += text(e.what == What::begun      ? "begun "
                        : e.what == What::stalled  ? "stalled "
                        : e.what == What::resumed  ? "resumed "
                        : e.what == What::finished ? "finished "
                        : e.what == What::idle     ? "idle "
                                                   : "bad ",
                        e.song, "; ");
        return all;
    }
};
constexpr audio::Format format{rate, channels};

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_playout)

BOOST_AUTO_TEST_CASE(songs_follow_each_other_without_a_gap_whatever_the_renditions) {
    Player player;
    const auto a = player.playout.add_song(format, first().samples);
    const auto b = player.playout.add_song(format, second().samples);
    player.chunk(b, second().high, 0);
    player.chunk(a, first().low, 0);
    player.chunk(a, first().high, 1);
    player.chunk(a, first().low, 2);
    player.chunk(b, second().low, 1);
    player.run(22);
    const auto n = chunk_samples;
    BOOST_TEST((player.sink->samples ==
                slice(first().low_pcm, 0, n) + slice(first().high_pcm, n, 2 * n) +
                    slice(first().low_pcm, 2 * n, first().samples) +
                    slice(second().high_pcm, 0, n) + slice(second().low_pcm, n, second().samples)));
    BOOST_TEST(player.told() ==
               text("begun ", a, "; finished ", a, "; begun ", b, "; finished ", b, "; idle 0; "));
    BOOST_TEST((player.playout.state() == State::idle));
}
BOOST_AUTO_TEST_CASE(it_sounds_as_soon_as_half_a_second_is_there_and_stalls_only_when_nothing_is) {
    Player player;
    const auto song = player.playout.add_song(format, first().samples);
    const auto& chunk = first().low.chunks[0];
    const auto part = player.playout.begin_part(song, 0, {0, chunk.facts.samples});
    auto feed_to = [&, at = std::size_t{0}](std::size_t to) mutable {
        while (at < to)
            BOOST_TEST_REQUIRE(
                static_cast<bool>(player.playout.feed(part, {&chunk.bytes[at++], 1})));
    };
    std::size_t bytes = 0;
    while (player.playout.reach(part) < rate / 2) {
        player.tick();
        BOOST_TEST((player.playout.state() == State::starting));
        BOOST_TEST(player.sink->samples.empty());
        feed_to(++bytes);
    }
    player.tick();
    BOOST_TEST(player.told() == text("begun ", song, "; "));
    const auto reach = player.playout.reach(part);
    BOOST_TEST(!player.playout.end_part(part));
    player.run(static_cast<double>(reach) / rate - 0.06);
    BOOST_TEST((player.playout.state() == State::playing));
    player.run(0.1);
    BOOST_TEST((player.playout.state() == State::stalled));
    BOOST_TEST(player.sink->heard == reach);
    BOOST_TEST(player.playout.position().sample == reach);
    BOOST_TEST(player.playout.ahead() == 0.0);
    while (player.playout.ahead() < 2) {
        player.tick();
        BOOST_TEST((player.playout.state() == State::stalled));
        feed_to(++bytes);
    }
    player.tick();
    BOOST_TEST((player.playout.state() == State::playing));
    feed_to(chunk.bytes.size());
    player.chunk(song, first().low, 1);
    player.chunk(song, first().low, 2);
    player.run(14);
    BOOST_TEST((player.sink->samples == first().low_pcm));
    BOOST_TEST(player.told() == text("begun ", song, "; stalled ", song, "; resumed ", song,
                                     "; finished ", song, "; idle 0; "));
}
BOOST_AUTO_TEST_CASE(a_part_that_overlaps_is_a_splice_at_its_first_sample) {
    const auto& high = first().high.chunks[1];
    const auto rows = ogg::pieces(high.facts, high.bytes.size(), rate);
    BOOST_TEST_REQUIRE(rows.size() > 1u);
    const auto& piece = rows[1];
    const auto joint = chunk_samples + piece.first_sample;
    for (const bool late : {false, true}) {
        Player player;
        const auto song = player.playout.add_song(format, first().samples);
        player.whole(song, first().low);
        if (late) player.run(4.2);
        const auto part = player.playout.begin_part(
            song, chunk_samples, {piece.first_sample, high.facts.samples, piece.first_sample},
            BytesView{high.bytes}.first(static_cast<std::size_t>(high.facts.header_bytes)));
        BOOST_TEST(player.playout.reach(part) == joint);
        BOOST_TEST(static_cast<bool>(
            player.playout.feed(part, BytesView{high.bytes}.subspan(piece.offset))));
        BOOST_TEST(player.playout.reach(part) == 2 * chunk_samples);
        player.run(15);
        BOOST_TEST((player.sink->samples ==
                    slice(first().low_pcm, 0, joint) +
                        slice(first().high_pcm, joint, 2 * chunk_samples) +
                        slice(first().low_pcm, 2 * chunk_samples, first().samples)));
    }
}
BOOST_AUTO_TEST_CASE(a_seek_is_exact_to_the_sample_and_back_as_well) {
    Player player;
    const auto song = player.playout.add_song(format, first().samples);
    player.whole(song, first().high);
    player.run(0.5);
    for (const std::int64_t to :
         {0L, 1L, 5000L, 31999L, 32000L, 32001L, 70001L, 12345L, first().samples - 1}) {
        player.playout.seek(to);
        BOOST_TEST(player.playout.position().sample == to);
        const auto at = player.sink->heard;
        player.run(0.4);
        const auto end = std::min(to + (player.sink->heard - at), first().samples);
        BOOST_TEST(end > to);
        const auto heard =
            std::vector<float>(player.sink->samples.begin() + at * channels,
                               player.sink->samples.begin() + (at + end - to) * channels);
        BOOST_TEST((heard == slice(first().high_pcm, to, end)), "to " << to);
    }
    BOOST_TEST(player.told().ends_with("idle 0; "));
}
BOOST_AUTO_TEST_CASE(a_seek_to_what_is_not_there_waits_and_says_what_is_missing) {
    Player player;
    const auto song = player.playout.add_song(format, first().samples);
    player.chunk(song, first().low, 0);
    BOOST_TEST(player.playout.missing(song) == chunk_samples);
    player.run(1);
    const auto heard = player.sink->heard;
    player.playout.seek(2 * chunk_samples + 100);
    player.run(1);
    BOOST_TEST((player.playout.state() == State::starting));
    BOOST_TEST(player.sink->heard == heard);
    BOOST_TEST(player.playout.missing(song) == 2 * chunk_samples + 100);
    player.chunk(song, first().low, 2);
    BOOST_TEST(player.playout.missing(song) == first().samples);
    player.run(1);
    BOOST_TEST((slice(player.sink->samples, heard, heard + 4000) ==
                slice(first().low_pcm, 2 * chunk_samples + 100, 2 * chunk_samples + 4100)));
    // back to what was there all the time
    player.playout.seek(0);
    player.tick();
    BOOST_TEST((player.playout.state() == State::playing));
}
BOOST_AUTO_TEST_CASE(a_damaged_page_is_told_and_another_copy_goes_on_where_it_was) {
    for (std::size_t n = 4000; n < first().low.chunks[0].bytes.size(); n += 1999) {
        Player player;
        const auto song = player.playout.add_song(format, first().samples);
        auto bytes = first().low.chunks[0].bytes;
        bytes[n] ^= 4;
        const auto part = player.playout.begin_part(song, 0, {0, chunk_samples});
        BOOST_TEST((!player.playout.feed(part, bytes) || !player.playout.end_part(part)), n);
        BOOST_TEST(!(player.playout.feed(part, {}) && player.playout.end_part(part)));
        player.run(0.3);
        player.playout.drop_part(part);
        player.whole(song, first().low);
        player.run(14);
        BOOST_TEST((player.sink->samples == first().low_pcm));
    }
}
BOOST_AUTO_TEST_CASE(bytes_that_are_no_sound_though_their_pages_are_right_are_dropped) {
    Player player;
    const auto song = player.playout.add_song(format, first().samples);
    // the headers of another rendition, behind right checksums
    const auto& low = first().low.chunks[0];
    const auto& high = first().high.chunks[0];
    Bytes mixed{high.bytes.begin(), high.bytes.begin() + high.facts.header_bytes};
    append(mixed, BytesView{low.bytes}.subspan(static_cast<std::size_t>(low.facts.header_bytes)));
    const auto part = player.playout.begin_part(song, 0, {0, chunk_samples});
    BOOST_TEST(static_cast<bool>(player.playout.feed(part, mixed)));
    player.run(1);
    BOOST_TEST_REQUIRE(player.events.size() >= 1u);
    BOOST_TEST((player.events[0].what == What::bad));
    BOOST_TEST(player.events[0].part == part);
    player.whole(song, first().low);
    player.run(14);
    BOOST_TEST((player.sink->samples == first().low_pcm));
}
BOOST_AUTO_TEST_CASE(skip_clear_pause_and_what_was_heard) {
    Player player;
    const auto a = player.playout.add_song(format, first().samples);
    const auto b = player.playout.add_song(format, second().samples, 1000);
    player.whole(a, first().low);
    player.whole(b, second().low);
    player.run(1);
    player.playout.pause(true);
    const auto heard = player.sink->heard;
    player.run(1);
    BOOST_TEST(player.sink->heard == heard);
    player.playout.pause(false);
    player.tick(0);
    BOOST_TEST(player.playout.heard(a) == heard);
    BOOST_TEST(player.playout.position().sample == heard);
    BOOST_TEST(player.playout.skip());
    player.run(1);
    BOOST_TEST(player.playout.position().song == b);
    BOOST_TEST(
        (slice(player.sink->samples, heard, heard + 4000) == slice(second().low_pcm, 1000, 5000)));
    BOOST_TEST(!player.playout.skip());
    player.playout.clear();
    player.run(1);
    BOOST_TEST((player.playout.state() == State::idle));
    BOOST_TEST(player.playout.position().song == 0u);
    const auto c = player.playout.add_song(format, first().samples);
    player.whole(c, first().low);
    const auto before = player.sink->written();
    player.run(1);
    BOOST_TEST(
        (slice(player.sink->samples, before, before + 4000) == slice(first().low_pcm, 0, 4000)));
    BOOST_TEST(player.told() == text("begun ", a, "; begun ", b, "; begun ", c, "; "));
}
BOOST_AUTO_TEST_CASE(the_next_song_may_come_late_and_of_another_rate) {
    const auto other = make(Signal::sweep, 16000 * 3, 16000, 1);
    Player player;
    const auto a = player.playout.add_song(format, second().samples);
    player.whole(a, second().low);
    player.run(3);
    const auto b = player.playout.add_song({16000, 1}, other.samples);
    player.whole(b, other.low);
    player.run(10);
    BOOST_TEST(player.told() ==
               text("begun ", a, "; finished ", a, "; begun ", b, "; finished ", b, "; idle 0; "));
    BOOST_TEST(std::abs(player.sink->written() - second().samples - other.samples / 2) <= 1);
    BOOST_TEST((slice(player.sink->samples, 0, second().samples) == second().low_pcm));
}
BOOST_AUTO_TEST_CASE(parts_that_were_heard_are_dropped_beyond_a_limit) {
    const auto& chunks = first().high.chunks;
    Player player{{.most_bytes = chunks[0].bytes.size() + chunks[1].bytes.size() + 100}};
    const auto song = player.playout.add_song(format, first().samples);
    const auto part = player.chunk(song, first().high, 0);
    player.chunk(song, first().high, 1);
    player.run(5);
    BOOST_TEST(player.playout.reach(part) == chunk_samples);
    player.chunk(song, first().high, 2);
    player.playout.begin_part(song, 0, {0, 1});
    BOOST_TEST(player.playout.reach(part) == 0);
    player.run(9);
    BOOST_TEST((player.sink->samples == first().high_pcm));
}

BOOST_AUTO_TEST_SUITE_END()
