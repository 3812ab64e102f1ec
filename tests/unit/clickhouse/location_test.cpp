#include "clickhouse/location.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace stretto::clickhouse;

namespace {
std::string why(std::string_view text) {
    const auto found = parse_location(text);
    return found ? "" : found.error().why;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(clickhouse_location)

BOOST_AUTO_TEST_CASE(a_location_is_one_shard_or_more_and_a_database) {
    BOOST_TEST((*parse_location("clickhouse://a.example:9000/music") ==
                Location{{"a.example:9000"}, "music"}));
    BOOST_TEST((*parse_location("clickhouse://a,10.0.0.2:81,[::1],[::2]:9/m_1") ==
                Location{{"a:8123", "10.0.0.2:81", "[::1]:8123", "[::2]:9"}, "m_1"}));
}

BOOST_AUTO_TEST_CASE(what_is_no_location_is_told) {
    for (const auto* text : {"",
                             "http://a/b",
                             "clickhouse:/a/b",
                             "clickhouse://a",
                             "clickhouse://a/",
                             "clickhouse:///b",
                             "clickhouse://a:/b",
                             "clickhouse://a:0/b",
                             "clickhouse://a:65536/b",
                             "clickhouse://a:1x/b",
                             "clickhouse://a,/b",
                             "clickhouse://a,a/b",
                             "clickhouse://a,a:8123/b",
                             "clickhouse://[::1/b",
                             "clickhouse://[]:1/b",
                             "clickhouse://[::1]x/b",
                             "clickhouse://a b/c",
                             "clickhouse://a/b/c",
                             "clickhouse://a/1b",
                             "clickhouse://a/b;DROP",
                             "clickhouse://a/b'",
                             "clickhouse://a/b?x"})
        BOOST_TEST(!why(text).empty(), "accepted " << text);
    BOOST_TEST(why("clickhouse://me:secret@a/b").find("CLICKHOUSE_PASSWORD") != std::string::npos);
    std::string many = "clickhouse://";
    for (std::size_t i = 0; i <= most_shards; ++i) many += (i ? ",h" : "h") + std::to_string(i);
    BOOST_TEST(why(many + "/b").find("more than 64") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sessions_spread_over_all_parts) {
    std::set<std::uint16_t> seen;
    for (int i = 0; i < 100'000; ++i) {
        const auto part = part_of("session-" + std::to_string(i));
        BOOST_TEST_REQUIRE(part < parts);
        seen.insert(part);
    }
    BOOST_TEST(seen.size() == parts);
    // on disks of servers: it may never change
    BOOST_TEST(part_of("k3v9q0") == 1196);
}

BOOST_AUTO_TEST_SUITE_END()
