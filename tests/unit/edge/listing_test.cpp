#include "edge/listing.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::edge;

namespace {

ListedSong song(const std::string& id, const std::string& sort) {
    return std::make_shared<const Listed>(Listed{id, id, '"' + id + '"', sort, fold(sort)});
}

std::shared_ptr<const Listing> listing(std::vector<ListedSong> songs) {
    return std::make_shared<const Listing>(std::move(songs));
}

/// @param part  songs looked at a time
std::string list(const std::shared_ptr<const Listing>& songs, const Query& query,
                 std::size_t part = 1) {
    auto page = ListPage::begin(songs, query);
    if (!page) return page.error().why;
    while (page->more(part)) {
    }
    return page->take();
}

const auto four = listing({song("d", "4 Red Song"), song("a", "1 Blue Song"),
                           song("c", "3 Red Tune"), song("b", "2 Blue Tune")});

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_listing)

BOOST_AUTO_TEST_CASE(folding_ignores_case_in_all_of_unicode) {
    BOOST_TEST(fold("BJÖRK") == fold("Björk"));
    BOOST_TEST(fold("Bj\u00f6rk") == fold("Bjo\u0308rk"));  // o and a combining diaeresis
    BOOST_TEST(fold("ΑΣ") == fold("ας"));
    BOOST_TEST(fold("Straße") == fold("STRASSE"));
    BOOST_TEST(artist_id("ÉTOILE") == artist_id("étoile"));
    BOOST_TEST(artist_id("etoile") != artist_id("étoile"));
    BOOST_TEST(fold("A\xff\xfe Z") == "a\xff\xfe z");  // no UTF-8
    BOOST_TEST(fold("").empty());
}
BOOST_AUTO_TEST_CASE(a_list_is_continued_although_its_last_song_has_been_removed) {
    const auto less = std::make_shared<const Listing>(*four, std::vector<std::string>{"b"},
                                                      std::vector<ListedSong>{});
    BOOST_TEST(list(less, {"", "b", 2}) == "{\"songs\":[\"c\",\n\"d\"],\"next\":null}\n");
    const auto last = std::make_shared<const Listing>(*less, std::vector<std::string>{"d"},
                                                      std::vector<ListedSong>{});
    BOOST_TEST(list(last, {"", "d", 2}) == "{\"songs\":[],\"next\":null}\n");
    BOOST_TEST(list(last, {"", "b", 2}) == "{\"songs\":[\"c\"],\"next\":null}\n");
    // one that has come back is no gap
    const auto back = std::make_shared<const Listing>(
        *last, std::vector<std::string>{}, std::vector<ListedSong>{song("b", "2 Blue Tune")});
    BOOST_TEST(list(back, {"", "b", 2}) == "{\"songs\":[\"c\"],\"next\":null}\n");
    BOOST_TEST(list(back, {"", "x", 2}) == "there is no such page any more");
}
BOOST_AUTO_TEST_CASE(albums_and_artists_are_runs_of_songs) {
    const auto of = [](const std::string& id, const std::string& by, const std::string& album) {
        auto one = *song(id, fold(by) + '\0' + fold(album) + '\0' + id);
        one.by = by;
        one.album = album;
        one.seconds = 10;
        return std::make_shared<const Listed>(one);
    };
    const auto all = listing({of("1", "Ada", "Red"), of("2", "ada", "RED"), of("3", "Ada", "Tan"),
                              of("4", "Bob", ""), of("5", "Cy", "Red"), of("6", "", "")});
    BOOST_TEST(all->albums().size() == 3u);
    BOOST_TEST(all->artists().size() == 3u);
    BOOST_TEST(all->artists().front().albums == 2u);
    Query query;
    query.album = album_id("ADA", "red");
    BOOST_TEST(list(all, query) == "{\"songs\":[\"1\",\n\"2\"],\"next\":null,\"total\":2}\n");
    query.artist = artist_id("Cy");  // of another artist
    BOOST_TEST(list(all, query) == "{\"songs\":[],\"next\":null,\"total\":0}\n");
    query = {};
    query.artist = artist_id("bob");
    BOOST_TEST(list(all, query) == "{\"songs\":[\"4\"],\"next\":null,\"total\":1}\n");
    query.kind = Listing::Kind::albums;
    BOOST_TEST(list(all, query) == "{\"albums\":[],\"next\":null,\"total\":0}\n");
    query = {};
    query.m3u8 = true;
    query.songs_at = "stream/";
    query.limit = 1;
    BOOST_TEST(list(all, query) == "#EXTM3U\n#EXTINF:10,\nstream/6\n");
}

BOOST_AUTO_TEST_CASE(a_playlist_keeps_a_title_on_its_line) {
    auto one = *song("a", "1");
    one.title = "two\nlines\r#EXTINF";
    one.artist = "\x01";
    Query query;
    query.m3u8 = true;
    BOOST_TEST(list(listing({std::make_shared<const Listed>(one)}), query) ==
               "#EXTM3U\n#EXTINF:0,  - two lines #EXTINF\na\n");
}

BOOST_AUTO_TEST_CASE(songs_are_sorted) {
    BOOST_TEST(list(four, {}) ==
               "{\"songs\":[\"a\",\n\"b\",\n\"c\",\n\"d\"],\"next\":null,\"total\":4}\n");
    BOOST_TEST(list(listing({}), {}) == "{\"songs\":[],\"next\":null,\"total\":0}\n");
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other) {
    for (const std::size_t part : {1u, 2u, 100u}) {
        BOOST_TEST(list(four, {"", "", 2}, part) ==
                   "{\"songs\":[\"a\",\n\"b\"],\"next\":\"b\",\"total\":4}\n");
        BOOST_TEST(list(four, {"", "b", 2}, part) == "{\"songs\":[\"c\",\n\"d\"],\"next\":null}\n");
        BOOST_TEST(list(four, {"", "d", 2}, part) == "{\"songs\":[],\"next\":null}\n");
    }
    BOOST_TEST(list(four, {"", "x", 2}) == "there is no such page any more");
}

BOOST_AUTO_TEST_CASE(all_words_are_to_be_found) {
    BOOST_TEST(list(four, {"red  SONG", "", 9}) ==
               "{\"songs\":[\"d\"],\"next\":null,\"total\":1}\n");
    for (const std::size_t part : {1u, 3u, 100u})
        BOOST_TEST(list(four, {"tune", "", 1}, part) ==
                   "{\"songs\":[\"b\"],\"next\":\"b\",\"total\":2}\n");
    BOOST_TEST(list(four, {"tune", "b", 1}) == "{\"songs\":[\"c\"],\"next\":null}\n");
    BOOST_TEST(list(four, {"green", "", 9}) == "{\"songs\":[],\"next\":null,\"total\":0}\n");
}

BOOST_AUTO_TEST_CASE(a_song_is_found_by_its_id_whatever_its_cursors) {
    auto named = *song("b", "5");
    named.cursor = "b.name";
    const auto all =
        listing({song("a", "1"), std::make_shared<const Listed>(named), song("bc", "2")});
    Query query;
    query.song = "b";
    BOOST_TEST(list(all, query) == "{\"songs\":[\"b\"],\"next\":null,\"total\":1}\n");
    for (const auto* id : {"b.name", "bb", "z", "0"}) {
        query.song = id;
        BOOST_TEST(list(all, query) == "{\"songs\":[],\"next\":null,\"total\":0}\n");
    }
}

BOOST_AUTO_TEST_CASE(an_artist_has_the_first_cover_of_its_songs) {
    auto bare = *song("1", "1"), covered = *song("2", "2");
    bare.by = covered.by = "Ada";
    bare.covers = "{}";
    covered.covers = "{\"96\":\"x\"}";
    Query query;
    query.kind = Listing::Kind::artists;
    const auto found = list(
        listing({std::make_shared<const Listed>(bare), std::make_shared<const Listed>(covered)}),
        query);
    BOOST_TEST(found.find("\"covers\":{\"96\":\"x\"}}") != found.npos, found);
}

BOOST_AUTO_TEST_CASE(a_changed_listing_equals_a_new_one) {
    std::vector<ListedSong> all;
    const auto key = [](int n) { return std::to_string(n * 7919 % 1009); };
    for (int n = 0; n < 1000; ++n) all.push_back(song(key(n), key(n * 31)));
    auto now = listing(all);
    for (int turn = 0; turn < 50; ++turn) {
        std::vector<std::string> out;
        std::vector<ListedSong> in;
        for (int n = 0; n < turn; ++n) {
            const auto at = static_cast<std::size_t>(turn * 37 + n * 11) % all.size();
            out.push_back(all[at]->id);
            if (n % 3 == 0) {  // it comes back at another place
                in.push_back(song(all[at]->id, key(turn * n) + all[at]->id));
                all[at] = in.back();
            } else {
                all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
            }
        }
        std::ranges::sort(out);
        // one that was put in and taken out again within the turn
        std::erase_if(in,
                      [&](const auto& one) { return std::ranges::find(all, one) == all.end(); });
        now = std::make_shared<const Listing>(*now, out, in);
        const auto anew = listing(all);
        BOOST_REQUIRE(now->songs() == anew->songs());
        for (std::size_t i = 0; i < all.size(); ++i)
            BOOST_REQUIRE(now->songs()[*now->place_of(all[i]->id)] == all[i]);
    }
    BOOST_TEST(!now->place_of("nobody"));
}

BOOST_AUTO_TEST_SUITE_END()
