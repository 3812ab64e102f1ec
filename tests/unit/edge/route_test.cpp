#include "edge/route.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::edge;

namespace {

const std::string id = "0123456789abcdefghjkmnpqrstvwxyz";

struct Expected {
    std::string path;
    Route::Kind kind;
    std::string song = {};
    int kbps = 0;
    std::int64_t chunk = 0;
};

void check(const Expected& e) {
    const auto found = route(e.path);
    BOOST_TEST(static_cast<int>(found.kind) == static_cast<int>(e.kind), e.path);
    BOOST_TEST(found.song == e.song, e.path);
    BOOST_TEST(found.kbps == e.kbps, e.path);
    BOOST_TEST(found.chunk == e.chunk, e.path);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_route)

BOOST_AUTO_TEST_CASE(every_path_of_ours) {
    check({"/", Route::page});
    check({"/songs", Route::songs});
    check({"/healthz", Route::health});
    check({"/metrics", Route::metrics});
    check({"/stats.json", Route::stats});
    check({"/names/a.b_c-1", Route::name, "a.b_c-1"});
    check({"/stream/a", Route::stream, "a"});
    check({"/stream/" + id, Route::stream, id});
    check({"/songs/a/manifest.json", Route::manifest, "a"});
    check({"/songs/" + id + "/manifest.json", Route::manifest, id});
    check({"/songs/a/chunk_0.ogg", Route::chunk_by_field, "a"});
    check({"/songs/" + id + "/chunk_65535.ogg", Route::chunk_by_field, id, 0, 65535});
    check({"/songs/" + id + "/96/index", Route::index, id, 96});
    check({"/songs/" + id + "/320/chunk_12.ogg", Route::rendition_chunk, id, 320, 12});
}
BOOST_AUTO_TEST_CASE(similar_paths_are_not_ours) {
    const std::string song = "/songs/" + id;
    for (const auto& path : {std::string{},
                             std::string{"//"},
                             std::string{"/songs/"},
                             std::string{"/Songs"},
                             std::string{"/healthz/"},
                             std::string{"/names/"},
                             std::string{"/names/a/b"},
                             "/names/" + id,
                             std::string{"/names/A"},
                             std::string{"/names/.a"},
                             std::string{"/names/a..b"},
                             std::string{"/stream/"},
                             std::string{"/stream/a/"},
                             std::string{"/stream/A"},
                             std::string{"/songs/a"},
                             std::string{"/songs/a/"},
                             std::string{"/songs/a/index"},
                             std::string{"/songs/a/96/index"},
                             std::string{"/songs/a/96/chunk_0.ogg"},
                             std::string{"/songs//manifest.json"},
                             song + "/manifest.json/",
                             song + "/96/manifest.json",
                             song + "/96",
                             song + "/96/",
                             song + "/96/index/",
                             song + "/0/index",
                             song + "/096/index",
                             song + "/-96/index",
                             song + "/65536/index",
                             song + "/96/chunk_.ogg",
                             song + "/96/chunk_00.ogg",
                             song + "/96/chunk_-1.ogg",
                             song + "/96/chunk_+1.ogg",
                             song + "/96/chunk_1",
                             song + "/96/chunk_1.ogg/",
                             song + "/96/chunk_65536.ogg",
                             song + "/96/chunk_1 .ogg",
                             song + "/96/chunk_99999999999999999999.ogg",
                             song + "/96/../96/index",
                             song + "//96/index",
                             song + "/96//index",
                             "/songs/" + id + "0/96/index"})
        check({path, Route::other});
}

BOOST_AUTO_TEST_CASE(an_object_is_found_at_the_path_that_asks_for_it) {
    for (const auto& path : {"/names/a", "/songs/a/manifest.json"}) {
        BOOST_TEST(route(path).is_object());
        BOOST_TEST("/" + object_path(route(path)) == path);
    }
    for (const auto& rest : {"/manifest.json", "/96/index", "/320/chunk_12.ogg"}) {
        BOOST_TEST(route("/songs/" + id + rest).is_object());
        BOOST_TEST("/" + object_path(route("/songs/" + id + rest)) == "/songs/" + id + rest);
    }
    for (const auto& path :
         {"/", "/songs", "/stream/a", "/songs/a/chunk_0.ogg", "/events", "/no"}) {
        BOOST_TEST(!route(path).is_object());
        BOOST_TEST(object_path(route(path)) == "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
