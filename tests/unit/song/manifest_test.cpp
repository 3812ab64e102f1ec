#include "song/manifest.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::song;

namespace {

Manifest sample() {
    Manifest m;
    m.tags = {{"TITLE", {"Für Elise"}}, {"ARTIST", {"a", "b"}}};
    m.rate = 44100;
    m.channels = 2;
    m.samples = 900000;
    m.chunk_samples = 441000;
    m.loudness = Loudness{-11.31, 1.61, -2.69, -14.0, -1.08, "none"};
    for (int kbps : {96, 320}) {
        Rendition r{kbps, kbps - 3, 3920, sha256(as_bytes("i")), {}};
        r.chunks.push_back({sha256(as_bytes("a")), 90000, 441000, 0, 86000, 21});
        r.chunks.push_back({sha256(as_bytes("b")), 91000, 459000, 744, 87000, 20});
        m.renditions.push_back(r);
    }
    m.id = song_id(m);
    return m;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(song_manifest)

BOOST_AUTO_TEST_CASE(printed_and_read_it_is_the_same) {
    const auto m = sample();
    const auto back = parse_manifest(print_manifest(m));
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == m));
    BOOST_TEST(print_manifest(*back) == print_manifest(m));
}
BOOST_AUTO_TEST_CASE(the_id_is_that_of_the_text_hashed_by_hand) {
    Manifest m;
    m.rate = 8000, m.channels = 1, m.samples = 1, m.chunk_samples = 80000;
    BOOST_TEST(song_id(m) ==
               base32(sha256(as_bytes("stretto-song 1\n8000 1 1 80000\n"))).substr(0, 32));
    BOOST_TEST(song_id(m).size() == 32u);
}
BOOST_AUTO_TEST_CASE(every_proven_number_changes_the_id_and_tags_do_not) {
    const auto id = sample().id;
    const auto differs = [&](auto change) {
        auto m = sample();
        change(m);
        return song_id(m) != id;
    };
    BOOST_TEST(differs([](Manifest& m) { m.rate = 48000; }));
    BOOST_TEST(differs([](Manifest& m) { m.samples++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[1].kbps = 160; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].chunks[1].trim++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].chunks[1].body_pages++; }));
    BOOST_TEST(differs([](Manifest& m) { m.renditions[0].index_sha256[0] ^= 1; }));
    BOOST_TEST(!differs([](Manifest& m) { m.tags.clear(); }));
}
BOOST_AUTO_TEST_CASE(every_manifest_cut_short_is_malformed) {
    const auto json = print_manifest(sample());
    for (std::size_t n = 0; n + 2 <= json.size(); ++n)
        BOOST_TEST(!parse_manifest(json.substr(0, n)), "accepted " << n << " bytes");
}
BOOST_AUTO_TEST_CASE(a_changed_digit_is_noticed) {
    auto json = print_manifest(sample());
    const auto at = json.find("\"bytes\":90000") + 8;
    json[at] = '8';
    const auto m = parse_manifest(json);
    BOOST_REQUIRE(!m);
    BOOST_TEST(m.error().why == "manifest: its id is not that of its content");
}
BOOST_AUTO_TEST_CASE(numbers_beyond_their_range_are_malformed) {
    for (const char* number : {"-1", "1e300", "99999999999999999999", "\"x\"", "null", "1.5"}) {
        auto json = print_manifest(sample());
        const auto at = json.find("\"bytes\":") + 8;
        json.replace(at, 5, number);
        BOOST_TEST(!parse_manifest(json), number);
    }
}
BOOST_AUTO_TEST_CASE(the_best_rendition_is_the_highest_not_above_else_the_lowest) {
    const auto m = sample();
    BOOST_TEST(m.best(500).kbps == 320);
    BOOST_TEST(m.best(319).kbps == 96);
    BOOST_TEST(m.best(10).kbps == 96);
}
BOOST_AUTO_TEST_CASE(comments_become_tags_without_ours_and_pictures) {
    const auto tags = tags_of_comments(
        {"Title=x", "STRETTO_KBPS=96", "METADATA_BLOCK_PICTURE=AAAA", "ARTIST=\xff", "none", "=y"});
    BOOST_TEST(tags.size() == 2u);
    BOOST_TEST(first_tag(tags, "TITLE") == "x");
    BOOST_TEST(first_tag(tags, "ARTIST") == "\xef\xbf\xbd");
}

BOOST_AUTO_TEST_SUITE_END()
