#include "song/path.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace stretto::song;

BOOST_AUTO_TEST_SUITE(song_paths)

BOOST_AUTO_TEST_CASE(a_printed_path_is_read_back) {
    for (const int kbps : {1, 96, 320, 65535}) {
        for (const std::int64_t k : {0, 9, 10, 65535})
            BOOST_TEST((parse_part(chunk_path(kbps, k)) == Part{kbps, k}));
        BOOST_TEST((parse_part(index_path(kbps)) == Part{kbps, {}}));
        BOOST_TEST(print_part({kbps, 7}) == chunk_path(kbps, 7));
        BOOST_TEST(print_part({kbps, {}}) == index_path(kbps));
    }
    BOOST_TEST(chunk_path(96, 12) == "96/chunk_12.ogg");
    BOOST_TEST(index_path(96) == "96/index");
    BOOST_TEST(song_path("id", chunk_path(96, 12)) == "songs/id/96/chunk_12.ogg");
    const auto parsed = parse_song_path("songs/id/96/chunk_12.ogg");
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->first == "id");
    BOOST_TEST(parsed->second == "96/chunk_12.ogg");
    for (const auto* path : {"names/song", "songs/id", "song/id/x", "", "/songs/id/x"})
        BOOST_TEST(!parse_song_path(path));
    BOOST_TEST(manifest_path("id") == "songs/id/manifest.json");
    BOOST_TEST(name_path("a.b") == "names/a.b");
}
BOOST_AUTO_TEST_CASE(a_path_that_would_not_be_printed_is_not_read) {
    for (const std::string bad : {"",
                                  "/",
                                  "index",
                                  "/index",
                                  "0/index",
                                  "096/index",
                                  "-1/index",
                                  "+1/index",
                                  "65536/index",
                                  "96/index/",
                                  "96//index",
                                  " 96/index",
                                  "96/Index",
                                  "96/",
                                  "96",
                                  "96/chunk_.ogg",
                                  "96/chunk_00.ogg",
                                  "96/chunk_-1.ogg",
                                  "96/chunk_+1.ogg",
                                  "96/chunk_1",
                                  "96/chunk_1.oga",
                                  "96/chunk_1.ogg ",
                                  "96/chunk_1.ogg/",
                                  "96/chunk_1x.ogg",
                                  "96/chunk_65536.ogg",
                                  "96/chunk_99999999999999999999.ogg",
                                  "96/chunk_1.ogg.ogg",
                                  "96/chunk_ogg",
                                  "chunk_1.ogg",
                                  "../96/index",
                                  "96/../96/index",
                                  "manifest.json"})
        BOOST_TEST(!parse_part(bad), bad);
    BOOST_TEST(!parse_part(std::string{"96/index\0", 9}));
}
BOOST_AUTO_TEST_CASE(every_truncated_path_is_refused) {
    for (const auto& whole : {chunk_path(320, 17), index_path(320)})
        for (std::size_t n = 0; n < whole.size(); ++n)
            BOOST_TEST(!parse_part(whole.substr(0, n)), whole.substr(0, n));
}

BOOST_AUTO_TEST_CASE(a_bitrate_is_a_plain_number_of_16_bits) {
    BOOST_TEST(parse_kbps("1").value_or(0) == 1);
    BOOST_TEST(parse_kbps("65535").value_or(0) == 65535);
    for (const auto* bad : {"", "0", "65536", "-1", "+1", "01", "1.0", "1e2", " 1", "1 ", "0x10",
                            "one", "99999999999999999999"})
        BOOST_TEST(!parse_kbps(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()
