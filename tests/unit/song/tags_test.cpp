#include "song/tags.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::song;

BOOST_AUTO_TEST_SUITE(song_tags)

BOOST_AUTO_TEST_CASE(comments_become_tags_without_ours_and_pictures) {
    const auto tags = tags_of_comments(
        {"Title=x", "STRETTO_KBPS=96", "METADATA_BLOCK_PICTURE=AAAA", "ARTIST=\xff", "none", "=y"});
    BOOST_TEST(tags.size() == 2u);
    BOOST_TEST(first_tag(tags, "TITLE") == "x");
    BOOST_TEST(first_tag(tags, "ARTIST") == "\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(tags_become_comments_in_order) {
    const auto comments = comments_of_tags({{"TITLE", {"x"}}, {"ARTIST", {"a", "b"}}});
    BOOST_TEST((comments == std::vector<std::string>{"ARTIST=a", "ARTIST=b", "TITLE=x"}));
}

BOOST_AUTO_TEST_SUITE_END()
