#include "audio/stated.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "audio/mp4.hpp"

using namespace stretto;
using namespace stretto::audio;

namespace {

Bytes lame_frame() {
    Bytes frame(400, 0);
    const Bytes head{0xff, 0xfb, 0x90, 0x00};
    std::ranges::copy(head, frame.begin());
    const auto put = [&](std::size_t at, std::string_view word) {
        std::ranges::copy(word, frame.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(36, "Info");
    frame[36 + 7] = 0xf;   // frames, bytes, table, quality
    frame[36 + 11] = 100;  // frames
    put(36 + 120, "LAME3.100");
    const std::size_t gaps = 36 + 120 + 21;
    frame[gaps] = 576 >> 4;
    frame[gaps + 1] = (576 & 15) << 4 | 1200 >> 8;
    frame[gaps + 2] = 1200 & 255;
    return frame;
}

ReadAt over(const Bytes& file) {
    return [&file](std::uint64_t at, std::size_t n) {
        const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(at, file.size()));
        const auto part = BytesView{file}.subspan(from, std::min(n, file.size() - from));
        return Bytes{part.begin(), part.end()};
    };
}

Bytes wav(std::string_view riff, std::uint32_t data_bytes, std::size_t there) {
    Bytes file;
    append(file, as_bytes(riff));
    append_u32(file, 36);
    append(file, as_bytes("WAVEfmt "));
    append_u32(file, 16);
    file.resize(file.size() + 16);
    append(file, as_bytes("data"));
    append_u32(file, data_bytes);
    file.resize(file.size() + there);
    return file;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audio_stated)

BOOST_AUTO_TEST_CASE(lame_states_the_length_of_its_input) {
    BOOST_TEST(mp3_samples(lame_frame()).value() == 100 * 1152 - 576 - 1200);
}
BOOST_AUTO_TEST_CASE(every_frame_cut_short_says_nothing) {
    const auto frame = lame_frame();
    for (std::size_t n = 0; n < 36 + 120 + 24; ++n)
        BOOST_TEST(!mp3_samples(BytesView{frame}.first(n)), n << " bytes");
}
BOOST_AUTO_TEST_CASE(a_wav_may_lack_a_valid_length_and_one_that_ends_early_is_recognized) {
    const auto ask = [](std::uint32_t says, std::size_t there) {
        const auto file = wav("RIFF", says, there);
        return wave_samples(over(file), file.size()).value();
    };
    BOOST_TEST(!ask(400, 400).open);
    BOOST_TEST(!ask(400, 400).cut);
    BOOST_TEST(ask(400, 300).cut);
    BOOST_TEST(!ask(400, 300).open);
    for (std::uint32_t says : {0U, 0x7ffff000U, 0x7fff0000U, 0x80000000U, 0xffffffffU})
        BOOST_TEST(ask(says, 300).open);
}
BOOST_AUTO_TEST_CASE(itunes_numbers_are_hexadecimal) {
    const auto gap = parse_itunsmpb(" 00000000 00000840 000001CA 00000000003F31F6 00000000");
    BOOST_TEST(gap.value().delay == 0x840);
    BOOST_TEST(gap.value().padding == 0x1ca);
    BOOST_TEST(gap.value().samples == 0x3f31f6);
    for (auto bad : {"", " 0", " 0 1 2", " 0 1 2 x", " 0 -1 2 3", " 0 0 0 0"})
        BOOST_TEST(!parse_itunsmpb(bad), bad);
}
BOOST_AUTO_TEST_CASE(boxes_that_lie_about_their_size_end_the_walk) {
    Bytes file{0, 0, 0, 16, 'm', 'o', 'o', 'v', 0, 0, 0, 200, 't', 'r', 'a', 'k'};
    BOOST_TEST(boxes(over(file), 0, file.size()).size() == 1u);
    BOOST_TEST(!find_box(over(file), 0, file.size(), "moov/trak"));
    file[3] = 7;
    BOOST_TEST(boxes(over(file), 0, file.size()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
