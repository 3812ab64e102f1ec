// Playlists as people have them.
#include "listen/playlist.hpp"

#include <boost/test/unit_test.hpp>

using stretto::listen::parse_playlist;

BOOST_AUTO_TEST_SUITE(listen_playlist)

BOOST_AUTO_TEST_CASE(byte_order_marks_line_ends_and_comments_are_understood) {
    const auto list = parse_playlist(
        "\xef\xbb\xbf#EXTM3U\r\none\r\n\r\n#EXTINF:12,Two\r\n two \rthree\tcolumns\nfour");
    BOOST_TEST(list.songs == (std::vector<std::string>{"one", "two", "three", "four"}),
               boost::test_tools::per_element());
    BOOST_TEST(list.refused.empty());
}
BOOST_AUTO_TEST_CASE(addresses_name_songs) {
    const auto list = parse_playlist(
        "http://127.0.0.1:8480/stream/one?kbps=160\nhttps://h/songs/two/manifest.json\n"
        "songs/three/manifest.json\n");
    BOOST_TEST(list.songs == (std::vector<std::string>{"one", "two", "three"}),
               boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(an_invalid_line_is_reported_with_its_number_and_others_are_used) {
    const auto list = parse_playlist("one\n../etc/passwd\ntwo words\ntwo\n");
    BOOST_TEST(list.songs == (std::vector<std::string>{"one", "two"}),
               boost::test_tools::per_element());
    BOOST_REQUIRE(list.refused.size() == 2u);
    BOOST_TEST(list.refused[0].starts_with("line 2: "));
    BOOST_TEST(list.refused[1] == "line 3: 'two words' is not a song");
}
BOOST_AUTO_TEST_CASE(every_prefix_of_a_list_is_a_list) {
    const std::string text = "\xef\xbb\xbfone\r\nhttp://h/stream/two\r\nx y\n";
    for (std::size_t n = 0; n <= text.size(); ++n)
        BOOST_TEST(parse_playlist(text.substr(0, n)).songs.size() <= 3u);
}

BOOST_AUTO_TEST_SUITE_END()
