#include "edge/passable.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using stretto::edge::why_not_passed;

BOOST_AUTO_TEST_SUITE(edge_passable)

BOOST_AUTO_TEST_CASE(an_unambiguous_path_is_passed) {
    for (const auto* target :
         {"/", "/?", "/a", "/caf%C3%A9.txt", "/a%2Fb", "/100%25.txt", "/a/...", "/.a", "/a..b",
          "/a//b", "/a%20b", "/%E9", "/a;b", "/a?../../%zz", "/a%252Fb", "/%2541"})
        BOOST_TEST(!why_not_passed(target), target);
}

BOOST_AUTO_TEST_CASE(an_ambiguous_path_is_refused) {
    for (const auto* target : {"",          "a",        "*",         "?",
                               "/..",       "/.",       "/../a",     "/a/./b",
                               "/a/..",     "/%2e",     "/%2e%2E/a", "/a%2f..",
                               "/..;",      "/.;x/a",   "/..%3bx",   "/..%20/a",
                               "/.%20.",    "/%20..",   "/a\\b",     "/a%5cb",
                               "/%00",      "/a%0ab",   "/%7f",      "/%",
                               "/%a",       "/%ag",     "/%+1",      "/%252e%252e/",
                               "/%25252e/", "/a%255cb", "/..%252fa", "/%252e./a%25zz"})
        BOOST_TEST(why_not_passed(target).has_value(), target);
    std::string deep = "/%2e";
    for (int i = 0; i < 20; ++i) deep.replace(1, 1, "%25");
    BOOST_TEST(why_not_passed(deep).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
