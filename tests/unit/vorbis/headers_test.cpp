#include "vorbis/headers.hpp"

#include "../songs.hpp"

using namespace stretto;
using namespace stretto::vorbis;

namespace {

struct Packets {
    Bytes identification, setup;
    std::vector<Bytes> audio;
    std::vector<std::int64_t> ends;
};

Packets encoded(int rate, int channels) {
    audio::VorbisEncoder encoder{rate, channels, 160};
    const auto headers = encoder.headers({});
    Packets out{headers[0], headers[2], {}, {}};
    const auto take = [&](BytesView packet, std::int64_t granule, bool) {
        out.audio.emplace_back(packet.begin(), packet.end());
        out.ends.push_back(granule);
    };
    std::vector<float> pcm;
    for (int i = 0; i < rate; ++i)
        pcm.insert(pcm.end(), static_cast<std::size_t>(channels),
                   songs::sample(songs::Signal::impulses, i, rate, rate / 4));
    encoder.add(pcm, 1, take);
    encoder.finish(take);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vorbis_headers)

BOOST_AUTO_TEST_CASE(block_sizes_add_up_to_the_encoders_count) {
    for (const auto& [rate, channels] : {std::pair{44100, 2}, {44100, 1}, {8000, 1}, {48000, 6}}) {
        const auto packets = encoded(rate, channels);
        const auto format = parse_identification(packets.identification);
        const auto blocks = Blocks::parse(packets.identification, packets.setup);
        BOOST_REQUIRE(format);
        BOOST_REQUIRE(blocks);
        bool any_short = false, any_long = false;
        std::int64_t end = 0;
        for (std::size_t i = 0; i < packets.audio.size(); ++i) {
            const int size = blocks->size(packets.audio[i]);
            any_short |= size == format->short_block;
            any_long |= size == format->long_block;
            BOOST_REQUIRE((size == format->short_block || size == format->long_block));
            if (i > 0) end += Blocks::samples(blocks->size(packets.audio[i - 1]), size);
            if (i + 1 < packets.audio.size()) BOOST_TEST_REQUIRE(end == packets.ends[i]);
        }
        BOOST_TEST(any_short);
        BOOST_TEST(any_long);
        BOOST_TEST(end >= packets.ends.back());  // which says where the sound ends in its packet
    }
}
BOOST_AUTO_TEST_CASE(a_packet_without_audio_has_no_size) {
    const auto packets = encoded(44100, 2);
    const auto blocks = Blocks::parse(packets.identification, packets.setup);
    BOOST_REQUIRE(blocks);
    BOOST_TEST(blocks->size({}) == 0);
    BOOST_TEST(blocks->size(packets.identification) == 0);
    BOOST_TEST(blocks->size(packets.setup) == 0);
    const auto copy = *blocks;
    BOOST_TEST(copy.size(packets.audio[0]) == blocks->size(packets.audio[0]));
}
BOOST_AUTO_TEST_CASE(headers_cut_short_are_malformed) {
    const auto packets = encoded(44100, 2);
    for (std::size_t n = 0; n < packets.setup.size(); ++n)
        BOOST_TEST(!Blocks::parse(packets.identification, BytesView{packets.setup}.first(n)), n);
    for (std::size_t n = 0; n < packets.identification.size(); ++n)
        BOOST_TEST(!Blocks::parse(BytesView{packets.identification}.first(n), packets.setup), n);
}
BOOST_AUTO_TEST_CASE(comments_are_printed_and_read_back) {
    const std::vector<std::string> comments{"TITLE=x", "ARTIST=", "no equals sign"};
    const auto back = parse_comments(print_comments("me", comments));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == comments));
    const auto whole = print_comments("me", comments);
    for (std::size_t n = 0; n + 1 < whole.size(); ++n)
        BOOST_TEST(!parse_comments(BytesView{whole}.first(n)), n);
}

BOOST_AUTO_TEST_SUITE_END()
