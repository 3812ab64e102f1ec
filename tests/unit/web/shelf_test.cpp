#include "web/shelf.hpp"

#include <boost/test/unit_test.hpp>

using stretto::web::Shelf;
using Paths = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(web_shelf)

BOOST_AUTO_TEST_CASE(the_song_that_was_not_used_for_longest_makes_room) {
    Shelf shelf{1000};
    shelf.found("old", "96/index", 100, 10);
    shelf.found("old", "96/chunk_0.ogg", 300, 10);
    shelf.found("new", "96/chunk_0.ogg", 300, 20);
    BOOST_TEST((shelf.keep("now", "a", 300, 30) == Paths{}));
    BOOST_TEST(shelf.bytes() == 1000u);
    BOOST_TEST((shelf.keep("now", "b", 200, 31) ==
                Paths{"songs/old/96/chunk_0.ogg", "songs/old/96/index"}));
    BOOST_TEST(shelf.bytes() == 800u);
    BOOST_TEST(!shelf.has("old", "96/index"));
    BOOST_TEST(shelf.has("new", "96/chunk_0.ogg"));
    BOOST_TEST(shelf.has("now", "b"));
}
BOOST_AUTO_TEST_CASE(using_a_song_again_keeps_it_longer) {
    Shelf shelf{100};
    shelf.found("a", "x", 50, 1);
    shelf.found("b", "x", 50, 2);
    shelf.use("a", 3);
    BOOST_TEST((shelf.keep("c", "x", 50, 4) == Paths{"songs/b/x"}));
}
BOOST_AUTO_TEST_CASE(an_object_larger_than_the_cache_evicts_nothing) {
    Shelf shelf{100};
    shelf.found("a", "x", 50, 1);
    BOOST_TEST(!shelf.keep("b", "x", 101, 2));
    // the song itself does not go to make room for more of it
    BOOST_TEST((shelf.keep("b", "x", 90, 2) == Paths{"songs/a/x"}));
    BOOST_TEST(!shelf.keep("b", "y", 20, 3));
    BOOST_TEST(shelf.has("b", "x"));
}
BOOST_AUTO_TEST_CASE(an_object_lost_or_stored_twice_counts_once) {
    Shelf shelf{100};
    BOOST_TEST((shelf.keep("a", "x", 40, 1) == Paths{}));
    BOOST_TEST((shelf.keep("a", "x", 60, 2) == Paths{}));
    BOOST_TEST(shelf.bytes() == 60u);
    shelf.lost("a", "x");
    shelf.lost("a", "x");
    shelf.lost("b", "x");
    BOOST_TEST(shelf.bytes() == 0u);
    BOOST_TEST(!shelf.has("a", "x"));
}

BOOST_AUTO_TEST_SUITE_END()
