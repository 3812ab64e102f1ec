// Bytes as they come from a network to samples: libvorbisfile is the oracle.
#include "vorbis/stream_decoder.hpp"

#include <limits>

#include "../songs.hpp"
#include "vorbis/codebooks.hpp"

using namespace stretto;
using namespace stretto::audio;
using namespace stretto::vorbis;
using namespace stretto::songs;

namespace {

constexpr int rate = 44100, channels = 2;
constexpr std::int64_t chunk_samples = 4 * rate;

/// A song in two renditions, with its decode.
struct Song {
    Cut low, high;
    std::vector<float> low_pcm, high_pcm;
};
const Song& song() {
    static const Song made = [] {
        const int samples = 3 * chunk_samples + 12345;
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
void append_to(std::vector<float>& pcm, const std::vector<float>& more) {
    pcm.insert(pcm.end(), more.begin(), more.end());
}

/// Feed in steps of so many bytes; why it is Malformed, else nothing.
std::string feed(StreamDecoder& decoder, BytesView bytes, std::size_t step,
                 std::vector<float>& samples) {
    while (!bytes.empty()) {
        const auto n = std::min(step, bytes.size());
        const auto before = samples.size();
        const auto got = decoder.add(bytes.first(n), samples);
        if (!got) return got.error().why;
        BOOST_TEST(samples.size() - before == *got * channels);
        bytes = bytes.subspan(n);
    }
    return {};
}

BytesView header_of(const ogg::Chunk& chunk) {
    return BytesView{chunk.bytes}.first(static_cast<std::size_t>(chunk.facts.header_bytes));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(audio_stream_decoder)

BOOST_AUTO_TEST_CASE(chunks_joined_are_the_uncut_stream_however_their_bytes_are_split) {
    for (const std::size_t step : {1, 7, 1000, 1 << 30}) {
        StreamDecoder decoder{rate, channels};
        std::vector<float> joined;
        for (const auto& chunk : song().high.chunks) {
            decoder.begin({0, chunk.facts.samples});
            BOOST_TEST(feed(decoder, chunk.bytes, step, joined) == "");
            BOOST_TEST(decoder.done());
        }
        BOOST_TEST((joined == song().high_pcm), "steps of " << step);
    }
}
BOOST_AUTO_TEST_CASE(a_page_is_decoded_before_the_next_one_arrives) {
    StreamDecoder decoder{rate, channels};
    const auto& chunk = song().low.chunks[1];
    decoder.begin({0, chunk.facts.samples});
    std::vector<float> samples;
    ogg::PageReader pages{chunk.bytes};
    for (auto page = pages.next(); page && *page; page = pages.next()) {
        const BytesView bytes{(*page)->header.data(), (*page)->size()};
        BOOST_TEST(feed(decoder, bytes, bytes.size(), samples) == "");
        BOOST_TEST(decoder.position() == std::max<std::int64_t>(0, (*page)->granule()));
        BOOST_TEST(samples.size() == static_cast<std::size_t>(decoder.position() * channels));
    }
}
BOOST_AUTO_TEST_CASE(
    decoding_from_every_piece_gives_the_same_samples_at_the_position_in_the_index) {
    StreamDecoder decoder{rate, channels};
    int pieces = 0;
    for (std::size_t k = 0; k < song().high.chunks.size(); ++k) {
        const auto& chunk = song().high.chunks[k];
        const auto at = static_cast<std::int64_t>(k) * chunk_samples;
        for (const auto& piece : ogg::pieces(chunk.facts, chunk.bytes.size(), rate)) {
            if (piece.offset == 0) continue;
            ++pieces;
            // headers of another chunk do as well
            const Part part{piece.first_sample, chunk.facts.samples, piece.first_sample};
            BOOST_TEST_REQUIRE(
                static_cast<bool>(decoder.begin(part, header_of(song().high.chunks[0]))));
            std::vector<float> samples;
            BOOST_TEST(feed(decoder, BytesView{chunk.bytes}.subspan(piece.offset), 7, samples) ==
                       "");
            BOOST_TEST(
                (samples == slice(song().high_pcm, at + part.from, at + chunk.facts.samples)));
            auto wrong = part;
            --*wrong.first;
            BOOST_TEST_REQUIRE(static_cast<bool>(decoder.begin(wrong, header_of(chunk))));
            BOOST_TEST(feed(decoder, BytesView{chunk.bytes}.subspan(piece.offset), 7, samples) !=
                       "");
        }
    }
    BOOST_TEST(pieces > 4);
}
BOOST_AUTO_TEST_CASE(a_splice_in_a_chunk_is_one_rendition_before_its_sample_and_the_other_after) {
    const auto& low = song().low.chunks[1];
    const auto& high = song().high.chunks[1];
    const auto rows = ogg::pieces(high.facts, high.bytes.size(), rate);
    BOOST_TEST_REQUIRE(rows.size() > 2u);
    for (const std::int64_t later : {0, 1, 333}) {
        const auto joint = rows[2].first_sample + later, end = high.facts.samples;
        StreamDecoder decoder{rate, channels};
        std::vector<float> joined;
        decoder.begin({5, joint});
        // what comes of the first after the joint is not heard, were it damaged even
        Bytes bytes = low.bytes;
        bytes.back() ^= 1;
        BOOST_TEST(feed(decoder, bytes, 1000, joined) == "");
        BOOST_TEST(decoder.done());
        BOOST_TEST_REQUIRE(
            static_cast<bool>(decoder.begin({joint, end, rows[2].first_sample}, header_of(high))));
        BOOST_TEST(feed(decoder, BytesView{high.bytes}.subspan(rows[2].offset), 1000, joined) ==
                   "");
        auto wanted = slice(song().low_pcm, chunk_samples + 5, chunk_samples + joint);
        append_to(wanted, slice(song().high_pcm, chunk_samples + joint, chunk_samples + end));
        BOOST_TEST((joined == wanted));
    }
}
BOOST_AUTO_TEST_CASE(a_damaged_byte_is_reported_and_not_decoded) {
    const auto& chunk = song().low.chunks[1];
    const auto whole = slice(song().low_pcm, chunk_samples, chunk_samples + chunk.facts.samples);
    for (std::size_t n = 0; n < chunk.bytes.size(); n += 97) {
        StreamDecoder decoder{rate, channels};
        auto bytes = chunk.bytes;
        bytes[n] ^= 0x10;
        decoder.begin({0, chunk.facts.samples});
        std::vector<float> samples;
        const auto why = feed(decoder, bytes, 500, samples);
        BOOST_TEST((why != "" || !decoder.done()), "byte " << n);
        BOOST_TEST(samples.size() == static_cast<std::size_t>(decoder.position() * channels));
        BOOST_TEST(std::equal(samples.begin(), samples.end(), whole.begin()), "byte " << n);
        if (n % 5 != 0) continue;
        // from where it broke off another copy goes on
        decoder.begin({decoder.position(), chunk.facts.samples});
        BOOST_TEST(feed(decoder, chunk.bytes, 500, samples) == "");
        BOOST_TEST((samples == whole), "byte " << n);
    }
}
BOOST_AUTO_TEST_CASE(truncated_chunks_and_missing_or_repeated_pages_are_refused) {
    const auto& chunk = song().low.chunks[1];
    std::vector<BytesView> pages;
    ogg::PageReader reader{chunk.bytes};
    for (auto page = reader.next(); page && *page; page = reader.next())
        pages.emplace_back((*page)->header.data(), (*page)->size());
    const auto whole = slice(song().low_pcm, chunk_samples, chunk_samples + chunk.facts.samples);
    for (std::size_t out = 0; out < pages.size(); ++out)
        for (const bool twice : {false, true}) {
            StreamDecoder decoder{rate, channels};
            decoder.begin({0, chunk.facts.samples});
            std::vector<float> samples;
            std::string why;
            for (std::size_t i = 0; i < pages.size() && why.empty(); ++i) {
                if (i != out || twice) why = feed(decoder, pages[i], 1 << 20, samples);
                if (i == out && twice && why.empty())
                    why = feed(decoder, pages[i], 1 << 20, samples);
            }
            if (out + 1 < pages.size()) BOOST_TEST(why != "");
            BOOST_TEST(std::equal(samples.begin(), samples.end(), whole.begin()));
            BOOST_TEST(decoder.done() == (out + 1 == pages.size() && twice));
        }
}
BOOST_AUTO_TEST_CASE(a_first_page_of_audio_with_any_other_position_is_malformed) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    auto bytes = song().low.chunks[1].bytes;
    std::span<std::uint8_t> page;
    std::int64_t right = 0;
    ogg::PageReader reader{bytes};
    for (auto next = reader.next(); page.empty() && next && *next; next = reader.next())
        if ((*next)->granule() > 0) {
            page = std::span{bytes}.subspan((*next)->offset, (*next)->size());
            right = (*next)->granule();
        }
    BOOST_TEST_REQUIRE(!page.empty());
    for (const auto position :
         {right, least, least + 96, std::int64_t{-1}, right + chunk_samples, most}) {
        ogg::rewrite_page(page, read_u32(page, 14), read_u32(page, 18), position, 0);
        StreamDecoder decoder{rate, channels};
        decoder.begin({0, chunk_samples});
        std::vector<float> samples;
        const auto why = feed(decoder, bytes, bytes.size(), samples);
        BOOST_TEST((why == "") == (position == right), position << ": " << why);
        BOOST_TEST(samples.empty() == (position != right));
    }
}
BOOST_AUTO_TEST_CASE(another_format_and_foreign_headers_are_malformed) {
    const auto& chunk = song().low.chunks[0];
    std::vector<float> samples;
    for (auto [r, c] : {std::pair{48000, 2}, {44100, 1}}) {
        StreamDecoder decoder{r, c};
        decoder.begin({0, 100});
        const auto got = decoder.add(chunk.bytes, samples);
        BOOST_TEST(!got);
        BOOST_TEST(samples.empty());
    }
    StreamDecoder decoder{rate, channels};
    BOOST_TEST(!decoder.begin({0, 1}, BytesView{}));
    BOOST_TEST(!decoder.begin({0, 1}, header_of(chunk).first(200)));
    BOOST_TEST(!decoder.begin({0, 1}, BytesView{chunk.bytes}));
    // pieces need not reach back to what is wanted
    const auto piece = ogg::pieces(chunk.facts, chunk.bytes.size(), rate)[1];
    BOOST_TEST_REQUIRE(static_cast<bool>(
        decoder.begin({piece.first_sample - 1, chunk.facts.samples}, header_of(chunk))));
    BOOST_TEST(!decoder.add(BytesView{chunk.bytes}.subspan(piece.offset), samples));
    BOOST_TEST(samples.empty());
}
BOOST_AUTO_TEST_CASE(songs_of_a_few_samples_and_other_rates_are_decoded_as_well) {
    for (const int samples : {1, 577, 1024, 4000, 30000})
        for (const auto& [r, c] : {std::pair{8000, 1}, {48000, 2}}) {
            const auto stream = encode(Signal::impulses, samples, r, c, 160, r);
            StreamDecoder decoder{r, c};
            std::vector<float> joined;
            for (const auto& chunk : cut(stream, r).chunks) {
                decoder.begin({0, chunk.facts.samples});
                BOOST_TEST(static_cast<bool>(decoder.add(chunk.bytes, joined)));
                BOOST_TEST(decoder.done());
            }
            BOOST_TEST((joined == decode(stream)), samples << " samples at " << r << " Hz");
        }
}
BOOST_AUTO_TEST_CASE(codebooks_of_every_quality_pass_and_any_cut_is_malformed) {
    for (const int r : {8000, 22050, 44100, 96000})
        for (const int kbps : known_kbps())
            for (const int c : {1, 2}) {
                VorbisEncoder encoder{r, c, kbps};
                const auto setup = encoder.headers({})[2];
                BOOST_TEST(static_cast<bool>(check_codebooks(setup)));
            }
    VorbisEncoder encoder{44100, 2, 160};
    const auto setup = encoder.headers({})[2];
    for (std::size_t n = 0; n < setup.size() / 2; ++n)
        BOOST_TEST(!check_codebooks(BytesView{setup}.first(n)), n << " bytes");
}
BOOST_AUTO_TEST_CASE(a_kilobyte_that_claims_gigabytes_is_malformed) {
    // fifty books of 2^23 entries, all of one length in a run
    Bytes setup{5, 'v', 'o', 'r', 'b', 'i', 's', 49};
    oggpack_buffer pack;
    oggpack_writeinit(&pack);
    for (int book = 0; book < 50; ++book) {
        oggpack_write(&pack, 0x564342, 24);
        oggpack_write(&pack, 1, 16);
        oggpack_write(&pack, 1 << 23, 24);
        oggpack_write(&pack, 1, 1);
        oggpack_write(&pack, 22, 5);
        oggpack_write(&pack, 1 << 23, 24);
        oggpack_write(&pack, 0, 4);
    }
    append(setup, {oggpack_get_buffer(&pack), static_cast<std::size_t>(oggpack_bytes(&pack))});
    oggpack_writeclear(&pack);
    BOOST_TEST(!check_codebooks(setup));
}

BOOST_AUTO_TEST_SUITE_END()
