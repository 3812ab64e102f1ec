// Names of Redis servers.
#include "redis/location.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::redis;

BOOST_AUTO_TEST_SUITE(redis_location)

BOOST_AUTO_TEST_CASE(servers_are_named_with_or_without_a_port) {
    const std::vector<std::string> two{"a.example:6379", "[::1]:7000"};
    BOOST_TEST(*parse_location("redis://a.example,[::1]:7000") == two,
               boost::test_tools::per_element());
    BOOST_TEST(parse_location("redis://127.0.0.1/")->at(0) == "127.0.0.1:6379");
}

BOOST_AUTO_TEST_CASE(anything_else_is_malformed) {
    for (const char* bad : {"", "redis:", "redis://", "http://a", "redis://a,", "redis://a,a:6379",
                            "redis://u:p@a", "redis://a:0", "redis://a:65536", "redis://a:x",
                            "redis://a b", "redis://[::1", "redis://[]:1", "redis://a/b"})
        BOOST_TEST(!parse_location(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()
