#include "http/cache_status.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

BOOST_AUTO_TEST_SUITE(http_cache_status)

BOOST_AUTO_TEST_CASE(the_parameters_of_rfc_9211_2) {
    CacheStatus hit;
    hit.hit = true;
    hit.ttl = 376;
    BOOST_TEST(print_cache_status("eu-west", hit) == "eu-west; hit; ttl=376");
    hit.ttl = -412;
    BOOST_TEST(print_cache_status("eu west", hit) == "\"eu west\"; hit; ttl=-412");
    CacheStatus miss;
    miss.fwd = "uri-miss";
    miss.fwd_status = 304;
    miss.stored = miss.collapsed = true;
    miss.detail = "manifest knows \"it\"";
    BOOST_TEST(print_cache_status("a", miss) ==
               "a; fwd=uri-miss; fwd-status=304; stored; collapsed; "
               "detail=\"manifest knows \\\"it\\\"\"");
    BOOST_TEST(print_cache_status("a", {}) == "a");
}

BOOST_AUTO_TEST_SUITE_END()
