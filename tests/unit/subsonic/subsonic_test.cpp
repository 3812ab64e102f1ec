#include <boost/test/unit_test.hpp>
#include <set>
#include <tuple>

#include "base/json_value.hpp"
#include "base/text.hpp"
#include "subsonic/desk.hpp"

using namespace stretto;
using namespace stretto::subsonic;

namespace {

const std::string first(32, '1'), second(32, '2');

std::string row(const std::string& id, const std::string& artist, const std::string& album,
                const std::string& title = "T") {
    return text(R"({"id":")", id, R"(","names":["n"],"title":")", title, R"(","artist":")", artist,
                R"(","album":")", album, R"(","album_artist":"","disc":"1/2","track":"x",)",
                R"("seconds":100.6,"bitrates":[320,96,160],"artist_id":)",
                artist.empty() ? "null" : text('"', artist, '"'), R"(,"album_id":)",
                album.empty() ? "null" : text('"', artist, album, '"'),
                R"(,"covers":{"96":"/songs/a/cover/b.jpg","600":"/songs/a/cover/c.jpg"}})");
}

Library library_of(const std::vector<std::string>& rows, const std::string& albums = "") {
    LibraryBuilder builder;
    BOOST_TEST(
        static_cast<bool>(builder.add_albums(text(R"({"albums":[)", albums, R"(],"next":null})"))));
    std::string page = R"({"songs":[)";
    for (const auto& one : rows) page += (page.ends_with('[') ? "" : ",") + one;
    BOOST_TEST(static_cast<bool>(builder.add_songs(page + R"(],"next":null})")));
    return builder.finish();
}

/// A song's id for each number.
std::string id_of(int i) {
    std::string id(32, '1');
    for (std::size_t at = 0; at < 5; ++at, i /= 32)
        id[31 - at] = "0123456789abcdefghjkmnpqrstvwxyz"[i % 32];
    return id;
}

std::string text_of_first(std::string_view list) { return text('"', list, R"(":[{"id":")"); }

Outcome call(const Library& library, const std::string& method, const std::string& query) {
    const auto parameters = Parameters::parse(query, {});
    BOOST_REQUIRE(static_cast<bool>(parameters));
    const Listener anna{"anna", "a1"};
    return answer(
        {method, *parameters, library, anna, 1'000'000, [](std::size_t n) { return n - 1; }});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(subsonic_suite)

BOOST_AUTO_TEST_CASE(xml_escapes_what_a_document_may_not_hold) {
    std::string out;
    append_xml_text(out, "<a b=\"&\">\t\n\r\x01\xff\xef\xbf\xbf\xc3\xa4");
    BOOST_TEST(out ==
               "&lt;a b=&quot;&amp;&quot;&gt;&#9;&#10;&#13;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
               "\xc3\xa4");
}

BOOST_AUTO_TEST_CASE(lists_are_arrays_without_any_item_and_elements_are_objects) {
    Node node;
    node.list("none", std::vector<Node>{})
        .child("one", Node{}.number("n", -3))
        .numbers("all", {1, 2});
    const auto json = print(Format::json, node), xml = print(Format::xml, node);
    BOOST_TEST(json.find(R"("none":[],"one":{"n":-3},"all":[1,2])") != json.npos);
    BOOST_TEST(xml.find(R"(<one n="-3"></one><all>1</all><all>2</all>)") != xml.npos);
}

BOOST_AUTO_TEST_CASE(parameters_come_from_query_and_form) {
    const auto all =
        Parameters::parse("id=1&id=%41+b&&x", "id=3&n=7&bad=7x&big=99999999999999999999");
    BOOST_REQUIRE(static_cast<bool>(all));
    BOOST_TEST(all->all("id") == (std::vector<std::string>{"1", "A b", "3"}));
    BOOST_TEST(*all->find("x") == "");
    BOOST_TEST(!all->find("y"));
    BOOST_TEST(*all->number("n", 0) == 7u);
    BOOST_TEST(*all->number("x", 5) == 5u);
    BOOST_TEST(!all->number("bad", 0));
    BOOST_TEST(!all->number("big", 0));
    for (const auto* wrong : {"%", "%4", "%zz", "a=%4", "a=%-1", "a=%+1"})
        BOOST_TEST(!Parameters::parse(wrong, {}), wrong);
    std::string many;
    for (std::size_t i = 0; i < Parameters::most; ++i) many += "a&";
    BOOST_TEST(static_cast<bool>(Parameters::parse(many, {})));
    BOOST_TEST(!Parameters::parse(many, "a"));
}

BOOST_AUTO_TEST_CASE(keys_are_found_by_their_hash_alone) {
    const auto key = Keys::print_key(as_bytes("0123456789abcdef")),
               other = Keys::print_key(as_bytes("0123456789abcdeF"));
    const auto file =
        "# keys\n\n" + Keys::print_line("anna", key) + Keys::print_line("anna", other);
    const auto keys = Keys::parse(file);
    BOOST_REQUIRE(static_cast<bool>(keys));
    BOOST_REQUIRE(keys->find(key));
    BOOST_TEST(keys->find(key)->name == "anna");
    BOOST_TEST(keys->find(key)->id == keys->find(other)->id);
    BOOST_TEST(!keys->find("anna"));
    BOOST_TEST(!keys->find(""));
    BOOST_TEST(Keys::parse("anna\n").error().why == "line 1 is not 'NAME SHA256'");
    const auto line = Keys::print_line("anna", key);
    for (std::size_t n = 1; n + 1 < line.size(); ++n)
        BOOST_TEST(!Keys::parse(line.substr(0, n)), "accepted " << line.substr(0, n));
    BOOST_TEST(static_cast<bool>(Keys::parse("")));
}

BOOST_AUTO_TEST_CASE(a_listener_stays_the_same_when_keys_come_and_go) {
    const auto first = Keys::print_key(as_bytes("0123456789abcdef")),
               next = Keys::print_key(as_bytes("0123456789abcdeF"));
    const auto salt = Keys::print_salt(as_bytes("fedcba9876543210"));
    const auto id = [](const std::string& file, const std::string& key) {
        const auto keys = Keys::parse(file);
        BOOST_REQUIRE(static_cast<bool>(keys));
        BOOST_REQUIRE(keys->find(key));
        return keys->find(key)->id;
    };
    const auto one = Keys::print_line("anna", first), two = Keys::print_line("anna", next);
    const auto anna = id(salt + one, first);
    BOOST_TEST(id(salt + one + two, next) == anna);
    BOOST_TEST(id(salt + two, next) == anna);
    BOOST_TEST(id("\n" + two + salt + "# salt other\n", next) == anna);
    BOOST_TEST(id(salt + Keys::print_line("bert", first), first) != anna);
    BOOST_TEST(id(Keys::print_salt(as_bytes("fedcba9876543211")) + one, first) != anna);
    // files of before
    BOOST_TEST(id("#salt x\n" + one, first) == id(one, first));
    BOOST_TEST(id(one + two, next) == id(one, first));
}

BOOST_AUTO_TEST_CASE(wrong_keys_count_for_a_minute_and_in_bounded_memory) {
    WrongKeys wrong{2};
    wrong.add("a", 1000);
    BOOST_TEST(!wrong.too_many("a", 1000));
    wrong.add("a", 2000);
    BOOST_TEST(wrong.too_many("a", 60'999));
    BOOST_TEST(!wrong.too_many("b", 2000));
    BOOST_TEST(!wrong.too_many("a", 61'000));
    wrong.add("a", 61'000);
    BOOST_TEST(!wrong.too_many("a", 61'000));
    for (int i = 0; i < 200'000; ++i) wrong.add(std::to_string(i), 62'000);
    wrong.add("a", 62'001), wrong.add("a", 62'001);
    BOOST_TEST(wrong.too_many("a", 62'001));
}

BOOST_AUTO_TEST_CASE(the_list_becomes_artists_albums_and_songs) {
    const auto library =
        library_of({row(first, "", ""), row(second, "ada", "B"), row(second, "ada", "B", "again")},
                   R"({"id":"adaB","date":"1999-13-40"})");
    BOOST_TEST(library.artists().size() == 2u);
    BOOST_TEST(library.albums().size() == 2u);
    BOOST_TEST(library.albums()[0].name == "No album");
    BOOST_TEST(library.albums()[1].year() == 1999);
    // the second set of tags has the id of its name
    BOOST_REQUIRE(library.song(second + ".n"));
    BOOST_TEST(library.song(second + ".n")->song == second);
    BOOST_TEST(library.song(second)->disc == 1);
    BOOST_TEST(library.song(second)->track == 0);
}

BOOST_AUTO_TEST_CASE(pages_that_are_none_are_malformed) {
    const auto good = text(R"({"songs":[)", row(first, "a", "b"), R"(],"next":"x"})");
    for (std::size_t n = 0; n < good.size(); ++n)
        BOOST_TEST(!LibraryBuilder{}.add_songs(good.substr(0, n)));
    BOOST_TEST(*LibraryBuilder{}.add_songs(good) == "x");
    auto hostile = good;
    hostile.replace(hostile.find("/songs/a/cover/b"), 16, "/events?cover/b\\");
    LibraryBuilder builder;
    if (builder.add_songs(hostile)) BOOST_TEST(builder.finish().songs()[0].covers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_rendition_is_the_highest_up_to_the_limit) {
    const auto library = library_of({row(first, "a", "b")});
    const auto& song = library.songs()[0];
    for (const auto& [most, kbps] :
         {std::pair{0, 320}, {1, 96}, {96, 96}, {159, 96}, {160, 160}, {321, 320}})
        BOOST_TEST(choose_kbps(song, static_cast<std::uint64_t>(most)) == kbps);
    BOOST_TEST(choose_cover(song.covers, 96)->px == 96);
    BOOST_TEST(choose_cover(song.covers, 97)->px == 600);
    BOOST_TEST(choose_cover(song.covers, 9999)->px == 600);
    BOOST_TEST(!choose_cover({}, 1));
}

BOOST_AUTO_TEST_CASE(a_scrobble_is_a_play_that_is_over) {
    const auto library = library_of({row(first, "a", "b")});
    const auto lines = [&](const std::string& query) {
        const auto outcome = call(library, "scrobble", "id=" + first + query);
        BOOST_REQUIRE(std::holds_alternative<Post>(outcome));
        return std::get<Post>(outcome).lines;
    };
    const auto one = lines("&time=500000");
    BOOST_TEST(one == lines("&time=500000"));
    BOOST_TEST(one != lines("&time=500001"));
    const auto start = Json::parse(one.substr(0, one.find('\n'))),
               end = Json::parse(one.substr(one.find('\n') + 1));
    BOOST_TEST(start->at("time_ms").integer() == 500'000);
    BOOST_TEST(end->at("time_ms").integer() == 550'300);
    BOOST_TEST(end->at("heard_ms").integer() == 50'300);
    // a time in the future is now
    const auto late = lines("&time=99999999999999999");
    BOOST_TEST(Json::parse(late.substr(late.find('\n') + 1))->at("time_ms").integer() == 1'000'000);
    BOOST_TEST(std::holds_alternative<Node>(
        call(library, "scrobble", "id=" + first + "&submission=false")));
}

BOOST_AUTO_TEST_CASE(lists_by_chance_hold_different_albums) {
    std::vector<std::string> rows;
    for (int i = 0; i < 30; ++i)
        rows.push_back(row(std::string(31, '1') + "0123456789abcdefghjkmnpqrstvwxyz"[i],
                           "a" + std::to_string(i), "b"));
    const auto library = library_of(rows);
    for (const auto* size : {"0", "1", "29", "30", "31", "9999"}) {
        const auto outcome =
            call(library, "getAlbumList2", std::string{"type=random&size="} + size);
        BOOST_REQUIRE(std::holds_alternative<Node>(outcome));
        const auto json = Json::parse(print(Format::json, std::get<Node>(outcome)));
        std::set<std::string> ids;
        const auto& albums = json->at("subsonic-response").at("albumList2").at("album").items();
        for (const auto& album : albums) ids.insert(album.at("id").string());
        BOOST_TEST(ids.size() == albums.size());
        BOOST_TEST(ids.size() == std::min<std::size_t>(30, std::stoul(size)));
    }
}

BOOST_AUTO_TEST_CASE(long_lists_are_made_piece_by_piece) {
    constexpr int n = 3000;
    std::vector<std::string> rows;
    for (int i = 0; i < n; ++i) rows.push_back(row(id_of(i), "", "", text("song ", i)));
    for (int i = 0; i < n; ++i) rows.push_back(row(id_of(n + i), "z", text("album ", 100'000 + i)));
    for (int i = 0; i < n; ++i) rows.push_back(row(id_of(2 * n + i), text("zz", 100'000 + i), "b"));
    const auto library = library_of(rows);
    BOOST_TEST(library.songs().size() == 3u * n);
    for (const auto& [method, query, list, keys] :
         {std::tuple{"getAlbum", "id=al-none-unknown", "song", n},
          {"getMusicDirectory", "id=al-none-unknown", "child", n},
          {"getMusicDirectory", "id=ar-z", "child", n},
          {"getArtist", "id=ar-z", "album", n},
          {"getArtists", "", "artist", n + 2},
          {"getIndexes", "", "artist", n + 2}})
        for (const auto format : {Format::json, Format::xml}) {
            const auto outcome = call(library, method, query);
            BOOST_REQUIRE(std::holds_alternative<Node>(outcome));
            const auto whole = print(format, std::get<Node>(outcome));
            Text pieces{format, std::get<Node>(outcome)};
            std::string all;
            for (bool more = true; more;) {
                std::string piece;
                more = pieces.more(piece, 1000) != Step::end;
                BOOST_TEST(piece.size() < 3000u);
                all += piece;
            }
            BOOST_TEST(all == whole, method);
            if (format == Format::json) {
                BOOST_TEST(static_cast<bool>(Json::parse(all)), method);
                BOOST_TEST(all.find(text_of_first(list)) != all.npos, list);
            }
            const std::string_view id = format == Format::json ? R"("id":")" : R"( id=")";
            int count = 0;
            for (auto at = all.find(id); at != all.npos; at = all.find(id, at + 1)) ++count;
            BOOST_TEST(count == keys + (std::string_view{query}.empty() ? 0 : 1), method);
        }
}

BOOST_AUTO_TEST_CASE(an_album_shows_its_first_cover) {
    auto bare = row(first, "a", "b");
    bare.replace(bare.find(R"("covers":{)"), std::string::npos, R"("covers":{}})");
    auto none = row(id_of(7), "c", "d");
    none.replace(none.find(R"("covers":{)"), std::string::npos, R"("covers":{}})");
    const auto library = library_of({bare, row(second, "a", "b"), row(id_of(6), "a", "b"), none});
    BOOST_REQUIRE(library.covered(library.albums()[0]));
    BOOST_TEST(library.covered(library.albums()[0])->id == second);
    BOOST_TEST(!library.covered(library.albums()[1]));
}

BOOST_AUTO_TEST_CASE(a_search_has_few_words_and_takes_turns) {
    std::string many, same;
    for (int i = 0; i < 40; ++i) many += text('w', i, ' ');
    for (int i = 0; i < 32'000; ++i) same += "e ";
    BOOST_TEST(words_of(many).size() == 16u);
    BOOST_TEST(words_of(same) == std::vector<std::string>{"e"});
    BOOST_TEST(words_of(std::string(5000, 'a'))[0].size() == 200u);
    std::vector<std::string> rows;
    for (int i = 0; i < 500; ++i)
        rows.push_back(row(id_of(i), "z", "album", std::string(5000, 'x') + std::to_string(i)));
    const auto library = library_of(rows);
    const auto search = [&](const std::string& query) {
        return std::get<Node>(call(library, "search3", query));
    };
    Text none{Format::json, search("query=y1+y2+y3&songCount=9")};
    std::string out;
    int turns = 1;
    for (auto step = Step::later; step != Step::end; ++turns) step = none.more(out, out.max_size());
    BOOST_TEST(turns > 5);
    BOOST_TEST(out.find(R"("song":[])") != out.npos);
    const auto found = [&](const std::string& query) {
        const auto json = Json::parse(print(Format::json, search(query)));
        std::vector<std::string> ids;
        for (const auto& song :
             json->at("subsonic-response").at("searchResult3").at("song").items())
            ids.push_back(song.at("id").string());
        return ids;
    };
    BOOST_TEST(found("query=x+499") == std::vector<std::string>{id_of(499)});
    BOOST_TEST(found("query=X49&songCount=2&songOffset=1") ==
               (std::vector<std::string>{id_of(490), id_of(491)}));
    BOOST_TEST(found("query=&songCount=2&songOffset=498") ==
               (std::vector<std::string>{id_of(498), id_of(499)}));
    BOOST_TEST(found("query=&songOffset=500").empty());
}

BOOST_AUTO_TEST_SUITE_END()
