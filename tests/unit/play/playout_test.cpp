// Parts of chunks to the sound in hand: libvorbisfile is the oracle.
#include "play/playout.hpp"

#include "../songs.hpp"

using namespace stretto;
using namespace stretto::songs;
using play::Playout;

namespace {

constexpr int rate = 8000, channels = 2;
constexpr std::int64_t chunk_samples = 4 * rate, samples = 3 * chunk_samples - 777;

struct Song {
    Cut low, high;
    std::vector<float> low_pcm, high_pcm;
};
const Song& song() {
    static const Song made = [] {
        const auto low = encode(Signal::noise, samples, rate, channels, 96, chunk_samples);
        const auto high = encode(Signal::noise, samples, rate, channels, 320, chunk_samples);
        return Song{cut(low, chunk_samples, 96), cut(high, chunk_samples, 320), decode(low),
                    decode(high)};
    }();
    return made;
}
std::vector<float> slice(const std::vector<float>& pcm, std::int64_t from, std::int64_t to) {
    return {pcm.begin() + from * channels, pcm.begin() + to * channels};
}
std::vector<float> all_of(Playout& playout) {
    std::vector<float> out(static_cast<std::size_t>(samples * channels));
    out.resize(playout.take(out) * channels);
    return out;
}
std::int64_t end_of(std::size_t k) {
    return std::min(samples, static_cast<std::int64_t>(k + 1) * chunk_samples);
}
void give_whole(Playout& playout, const Cut& cut, std::size_t k) {
    const auto begin = static_cast<std::int64_t>(k) * chunk_samples;
    playout.begin(begin, begin, begin, end_of(k), {});
    BOOST_REQUIRE(playout.add(cut.chunks[k].bytes) == end_of(k));
}

struct Heard {
    Playout playout{rate, channels, 60 * rate};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_playout)

BOOST_FIXTURE_TEST_CASE(chunks_one_after_the_other_are_the_song, Heard) {
    for (std::size_t k = 0; k < 3; ++k) give_whole(playout, song().low, k);
    BOOST_TEST(playout.end() == samples);
    BOOST_TEST((all_of(playout) == song().low_pcm));
    BOOST_TEST(playout.position() == samples);
}

BOOST_FIXTURE_TEST_CASE(a_splice_goes_on_where_the_sound_in_hand_ends, Heard) {
    const auto& low = song().low.chunks[0];
    playout.begin(0, 0, 0, chunk_samples, {});
    const auto have = playout.add(BytesView{low.bytes}.first(low.bytes.size() / 2));
    BOOST_REQUIRE(have && *have > 0 && *have < chunk_samples);
    const auto& high = song().high.chunks[0];
    auto piece = high.facts.pages.front();
    for (const auto& page : high.facts.pages)
        if (page.first_sample <= *have) piece = page;
    const auto headers =
        BytesView{high.bytes}.first(static_cast<std::size_t>(high.facts.header_bytes));
    playout.begin(0, piece.first_sample, *have, chunk_samples,
                  piece.offset == 0 ? BytesView{} : headers);
    BOOST_REQUIRE(playout.add(BytesView{high.bytes}.subspan(piece.offset)) == chunk_samples);
    auto expected = slice(song().low_pcm, 0, *have);
    const auto rest = slice(song().high_pcm, *have, chunk_samples);
    expected.insert(expected.end(), rest.begin(), rest.end());
    BOOST_TEST((all_of(playout) == expected));
}

BOOST_FIXTURE_TEST_CASE(sound_in_hand_after_a_new_part_begins_is_dropped, Heard) {
    give_whole(playout, song().low, 0);
    give_whole(playout, song().high, 0);
    BOOST_TEST((all_of(playout) == slice(song().high_pcm, 0, chunk_samples)));
}

BOOST_FIXTURE_TEST_CASE(a_seek_in_hand_is_exact_and_one_elsewhere_leaves_nothing, Heard) {
    give_whole(playout, song().low, 0);
    BOOST_TEST(playout.seek(1234));
    BOOST_TEST((all_of(playout) == slice(song().low_pcm, 1234, chunk_samples)));
    BOOST_TEST(!playout.seek(10));
    BOOST_TEST(playout.end() == 10);
    playout.begin(0, 0, 10, chunk_samples, {});
    BOOST_REQUIRE(playout.add(song().low.chunks[0].bytes));
    BOOST_TEST((all_of(playout) == slice(song().low_pcm, 10, chunk_samples)));
}

BOOST_FIXTURE_TEST_CASE(damage_is_told_and_not_heard, Heard) {
    Bytes bytes = song().low.chunks[0].bytes;
    bytes[bytes.size() / 2] ^= 1;
    playout.begin(0, 0, 0, chunk_samples, {});
    BOOST_TEST(!playout.add(bytes).has_value());
    BOOST_TEST(!playout.add(bytes).has_value());
    const auto end = playout.end();
    BOOST_TEST(end < chunk_samples);
    BOOST_TEST((all_of(playout) == slice(song().low_pcm, 0, end)));
}

BOOST_AUTO_TEST_SUITE_END()
