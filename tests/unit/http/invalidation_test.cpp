#include "http/invalidation.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

using Targets = std::vector<std::string>;

Targets after(std::string method, int status, Fields fields = {}) {
    return invalidated({std::move(method), "/a/b?q=1", 1, {}}, {status, std::move(fields)},
                       "Music.example:8480");
}
/// What Location makes invalid beside the target itself.
std::string location(std::string value) {
    const auto targets = after("POST", 201, {{"Location", std::move(value)}});
    return targets.size() < 2 ? "" : targets[1];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_invalidation)

BOOST_AUTO_TEST_CASE(unsafe_methods_that_succeed_invalidate_their_target) {  // RFC 9111 4.4
    for (const auto method : {"POST", "PUT", "DELETE", "PATCH", "MKCOL", "get"})
        for (const int status : {200, 204, 302, 399})
            BOOST_TEST((after(method, status) == Targets{"/a/b?q=1"}), method << status);
}
BOOST_AUTO_TEST_CASE(errors_and_safe_methods_invalidate_nothing) {  // RFC 9111 4.4, RFC 9110 9.2.1
    for (const int status : {100, 400, 404, 500, 503}) BOOST_TEST(after("PUT", status).empty());
    for (const auto method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
        BOOST_TEST(is_safe(method));
        BOOST_TEST(after(method, 200, {{"Location", "/x"}}).empty());
    }
}
BOOST_AUTO_TEST_CASE(references_are_resolved) {  // RFC 3986 5.2
    BOOST_TEST(location("/x?y=1") == "/x?y=1");
    BOOST_TEST(location("c") == "/a/c");
    BOOST_TEST(location("../d") == "/d");
    BOOST_TEST(location("?q=2") == "/a/b?q=2");
    BOOST_TEST(location("/x#frag") == "/x");
    BOOST_TEST(location("//music.EXAMPLE:8480/x") == "/x");
    BOOST_TEST(location("http://music.example:8480/x") == "/x");
    BOOST_TEST(location("https://music.example:8480") == "/");
}
BOOST_AUTO_TEST_CASE(other_origins_are_not_invalidated) {  // 4.4: MUST NOT
    for (const auto uri : {"http://music.example/x", "http://music.example:81/x",
                           "http://other.example:8480/x", "//other.example/x",
                           "ftp://music.example:8480/x", "http://", "http://[::1", "mailto:a@b"})
        BOOST_TEST(location(uri) == "", uri);
    const auto at_default_port = [](std::string uri) {
        return invalidated({"POST", "/", 1, {}}, {201, {{"Location", std::move(uri)}}}, "a.example")
            .size();
    };
    BOOST_TEST(at_default_port("http://a.example:80/x") == 2u);
    BOOST_TEST(at_default_port("https://a.example/x") == 2u);
    BOOST_TEST(at_default_port("http://a.example:81/x") == 1u);
}
BOOST_AUTO_TEST_CASE(content_location_is_invalidated_and_no_path_twice) {
    BOOST_TEST((after("POST", 200, {{"Location", "/x"}, {"Content-Location", "/y"}}) ==
                Targets{"/a/b?q=1", "/x", "/y"}));
    BOOST_TEST((after("POST", 200, {{"Location", "/x"}, {"Content-Location", "/a/b?q=1"}}) ==
                Targets{"/a/b?q=1", "/x"}));
}

BOOST_AUTO_TEST_SUITE_END()
