// Sample truth: libvorbisfile as the oracle for what chunks, pieces and the joined file decode to.
#include "ogg/chunk.hpp"

#include "../songs.hpp"
#include "ogg/join.hpp"

using namespace stretto;
using namespace stretto::ogg;
using namespace stretto::songs;

namespace {

Bytes join(const Cut& cut) {
    Joiner joiner{9, {"TITLE=y"}};
    Bytes out;
    ChunkReader reader;
    for (const auto& chunk : cut.chunks) {
        const auto facts = reader.read(chunk.bytes);
        BOOST_REQUIRE(facts);
        const auto before = out.size();
        joiner.add(out, chunk.bytes, *facts, reader.headers(), &chunk == &cut.chunks.back());
        const auto body = &chunk == &cut.chunks.front() ? 0 : facts->body_bytes;
        if (body) BOOST_TEST(static_cast<std::int64_t>(out.size() - before) == body);
    }
    return out;
}

/// The whole truth about one signal.
void check_truth(Signal signal, int samples, int rate, int channels, int kbps, int chunk_samples) {
    BOOST_TEST_CONTEXT("signal " << static_cast<int>(signal) << ", " << samples << " samples, "
                                 << rate << " Hz, " << channels << " channels, " << kbps
                                 << " kbit/s, chunks of " << chunk_samples) {
        const auto stream = encode(signal, samples, rate, channels, kbps, chunk_samples);
        const auto whole = decode(stream);
        BOOST_REQUIRE(whole.size() == static_cast<std::size_t>(samples * channels));
        const auto pieces_of_song = cut(stream, chunk_samples);
        std::vector<float> joined;
        for (const auto& chunk : pieces_of_song.chunks) {
            const auto heard = decode(chunk.bytes);
            BOOST_TEST(heard.size() == static_cast<std::size_t>(chunk.facts.samples * channels));
            joined.insert(joined.end(), heard.begin(), heard.end());
            for (const auto& piece : pieces(chunk.facts, chunk.bytes.size(), rate)) {
                Bytes partial{chunk.bytes.begin(), chunk.bytes.begin() + chunk.facts.header_bytes};
                const auto from = std::max<std::int64_t>(piece.offset, chunk.facts.header_bytes);
                partial.insert(partial.end(), chunk.bytes.begin() + from, chunk.bytes.end());
                const auto tail = decode(partial, true);
                const auto promised =
                    heard.size() - piece.first_sample * static_cast<std::size_t>(channels);
                BOOST_TEST_REQUIRE(tail.size() == promised);
                BOOST_TEST(std::equal(tail.begin(), tail.end(),
                                      heard.end() - static_cast<std::ptrdiff_t>(promised)));
            }
        }
        BOOST_TEST((joined == whole));
        BOOST_TEST((decode(join(pieces_of_song)) == whole));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ogg_chunk)

BOOST_AUTO_TEST_CASE(headers_of_a_rendition_differ_in_the_serial_number_alone) {
    const auto stream = encode(Signal::sweep, 3 * 44100, 44100, 2, 96, 44100);
    const auto song = cut(stream, 44100);
    BOOST_REQUIRE(song.chunks.size() > 1u);
    const auto headers = [&](std::size_t k) {
        const auto& chunk = song.chunks[k];
        return BytesView{chunk.bytes}.first(static_cast<std::size_t>(chunk.facts.header_bytes));
    };
    const auto& second = song.chunks[1];
    const auto serial = read_u32(second.bytes, headers(1).size() + serial_offset);
    const auto made = with_serial(headers(0), serial);
    BOOST_REQUIRE(made);
    BOOST_TEST(!std::ranges::equal(headers(0), headers(1)));
    BOOST_TEST(std::ranges::equal(*made, headers(1)));
    for (std::size_t n = 1; n < headers(0).size(); n += 97)
        BOOST_TEST(!with_serial(headers(0).first(n), serial), n << " bytes");
    Bytes damaged{headers(0).begin(), headers(0).end()};
    damaged[60] ^= 1;
    BOOST_TEST(!with_serial(damaged, serial));
}
BOOST_AUTO_TEST_CASE(chunks_pieces_and_the_joined_file_decode_to_the_uncut_stream_bit_for_bit) {
    for (auto signal : {Signal::sweep, Signal::noise, Signal::silence, Signal::impulses})
        for (int kbps : {96, 320}) check_truth(signal, 35 * 44100 + 17, 44100, 2, kbps, 441000);
    check_truth(Signal::impulses, 30 * 44100, 44100, 1, 160, 441000);
    check_truth(Signal::noise, 3 * 8000 + 1, 8000, 1, 96, 8000);
    check_truth(Signal::noise, 3 * 48000, 48000, 2, 500, 24000);
}
BOOST_AUTO_TEST_CASE(very_short_songs_are_one_chunk) {
    for (int samples : {1, 2, 100, 577, 1024, 1025, 4000, 44100})
        check_truth(Signal::noise, samples, 44100, 2, 96, 441000);
}
BOOST_AUTO_TEST_CASE(a_short_tail_joins_the_chunk_before_it) {
    for (int samples : {2 * 8000 + 3999, 2 * 8000 + 4000, 2 * 8000 + 1})
        check_truth(Signal::sweep, samples, 8000, 1, 96, 8000);
    BOOST_TEST(chunk_count(1, 441000) == 1);
    BOOST_TEST(chunk_count(441000 + 220499, 441000) == 1);
    BOOST_TEST(chunk_count(441000 + 220500, 441000) == 2);
}
BOOST_AUTO_TEST_CASE(boundaries_on_a_packets_end_have_trim_0_and_join_rightly) {
    // steady noise is all long blocks: every 1024 samples a packet ends, so some multiple of the
    // right chunk is such an end
    int zero = 0;
    for (int chunk_samples = 1024 * 20; chunk_samples < 1024 * 20 + 1024; chunk_samples += 64) {
        const auto stream = encode(Signal::sweep, 150000, 44100, 2, 160, chunk_samples);
        const auto song = cut(stream, chunk_samples);
        for (std::size_t k = 1; k < song.chunks.size(); ++k) zero += song.chunks[k].facts.trim == 0;
        check_truth(Signal::sweep, 150000, 44100, 2, 160, chunk_samples);
    }
    BOOST_TEST(zero > 0);
}
BOOST_AUTO_TEST_CASE(every_chunk_cut_short_or_with_a_flipped_byte_is_malformed) {
    const auto song = cut(encode(Signal::noise, 20000, 8000, 1, 96, 8000), 8000);
    const auto& bytes = song.chunks[1].bytes;
    ChunkReader reader;
    BOOST_TEST(static_cast<bool>(reader.read(bytes)));
    for (std::size_t n = 0; n < bytes.size(); n += 7)
        BOOST_TEST(!reader.read(BytesView{bytes}.first(n)));
    for (std::size_t n = 0; n < bytes.size(); n += 13) {
        auto flipped = bytes;
        flipped[n] ^= 0x10;
        BOOST_TEST(!reader.read(flipped), "byte " << n);
    }
}
BOOST_AUTO_TEST_CASE(lengths_of_packets_are_those_of_libvorbis) {
    for (int rate : {8000, 22050, 44100, 96000})
        for (int kbps : {45, 128, 500}) {
            const auto song = cut(encode(Signal::impulses, rate * 2, rate, 2, kbps, rate), rate);
            vorbis_info info;
            vorbis_comment comment;
            vorbis_info_init(&info);
            vorbis_comment_init(&comment);
            int n = 0;
            for (const auto* header :
                 {&song.headers.identification, &song.headers.comment, &song.headers.setup}) {
                ogg_packet packet{const_cast<unsigned char*>(header->data()),
                                  static_cast<long>(header->size()),
                                  n == 0,
                                  0,
                                  0,
                                  n};
                BOOST_TEST_REQUIRE(vorbis_synthesis_headerin(&info, &comment, &packet) == 0);
                ++n;
            }
            for (int first = 0; first < 256; first += 2) {
                Bytes audio{static_cast<std::uint8_t>(first), 0, 0};
                ogg_packet packet{audio.data(), 3, 0, 0, 0, 3};
                const long theirs = vorbis_packet_blocksize(&info, &packet);
                BOOST_TEST(song.headers.blocks.size(audio) == std::max(0L, theirs));
            }
            vorbis_comment_clear(&comment);
            vorbis_info_clear(&info);
        }
}

BOOST_AUTO_TEST_SUITE_END()
