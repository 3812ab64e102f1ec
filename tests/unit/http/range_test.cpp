#include "http/range.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

constexpr Time now{Seconds{1767225600}};

/// "whole", "416" or "first+length".
std::string wanted(std::string_view range, std::uint64_t size = 10000) {
    const auto got = wanted_range(range, size);
    if (got.kind == Wanted::whole) return "whole";
    if (got.kind == Wanted::unsatisfiable) return "416";
    return std::to_string(got.range.first) + "+" + std::to_string(got.range.length);
}

Condition condition(std::string method, Fields fields, std::string_view etag = "\"a\"",
                    std::string_view modified = "Sun, 06 Nov 1994 08:49:37 GMT") {
    return precondition({std::move(method), "/", 1, std::move(fields)}, etag, modified, now);
}

bool if_range(std::string_view value, std::string_view etag = "\"a\"",
              std::string_view modified = "Sun, 06 Nov 1994 08:49:37 GMT",
              std::string_view date = "Sun, 06 Nov 1994 08:49:38 GMT") {
    return if_range_holds({"GET", "/", 1, {{"If-Range", std::string{value}}}}, etag, modified, date,
                          now);
}

constexpr auto before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr auto exactly = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr auto after = "Sun, 06 Nov 1994 08:49:38 GMT";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_range)

BOOST_AUTO_TEST_CASE(the_examples_of_rfc_9110_14_1_2) {
    BOOST_TEST(wanted("bytes=0-499") == "0+500");
    BOOST_TEST(wanted("bytes=500-999") == "500+500");
    BOOST_TEST(wanted("bytes=-500") == "9500+500");
    BOOST_TEST(wanted("bytes=9500-") == "9500+500");
    BOOST_TEST(wanted("bytes=0-0,-1") == "whole");  // two parts, which we send as none
    BOOST_TEST(wanted("bytes= 0-999, 4500-5499, -1000") == "whole");
    BOOST_TEST(wanted("bytes=500-600,601-999") == "500+500");
    BOOST_TEST(wanted("bytes=500-700,601-999") == "500+500");
}
BOOST_AUTO_TEST_CASE(ranges_end_where_the_bytes_end) {  // 14.1.2
    BOOST_TEST(wanted("bytes=0-") == "0+10000");
    BOOST_TEST(wanted("bytes=9999-10000") == "9999+1");
    BOOST_TEST(wanted("bytes=9999-") == "9999+1");
    BOOST_TEST(wanted("bytes=10000-") == "416");
    BOOST_TEST(wanted("bytes=10000-10001,20000-") == "416");
    BOOST_TEST(wanted("bytes=20000-,5-6") == "5+2");
    BOOST_TEST(wanted("bytes=-10001") == "0+10000");
    BOOST_TEST(wanted("bytes=-0") == "416");
    BOOST_TEST(wanted("bytes=-0,5-6") == "5+2");
}
BOOST_AUTO_TEST_CASE(an_empty_representation_has_no_ranges) {
    BOOST_TEST(wanted("bytes=0-", 0) == "416");
    BOOST_TEST(wanted("bytes=0-0", 0) == "416");
    BOOST_TEST(wanted("bytes=-1", 0) == "whole");  // satisfiable, but no Content-Range can say it
    BOOST_TEST(wanted("bytes=-0", 0) == "416");
}
BOOST_AUTO_TEST_CASE(ranges_in_any_order_that_touch_are_one) {
    BOOST_TEST(wanted("bytes=20-29,0-9,10-19") == "0+30");
    BOOST_TEST(wanted("bytes=0-29,10-19") == "0+30");
    BOOST_TEST(wanted("bytes=0-9,11-19") == "whole");
    BOOST_TEST(wanted("bytes=9990-,-20") == "9980+20");
    std::string many = "bytes=0-0";
    for (int i = 1; i < 32; ++i) many += "," + std::to_string(i) + "-" + std::to_string(i);
    BOOST_TEST(wanted(many) == "0+32");
    BOOST_TEST(wanted(many + ",32-32") == "whole");  // too many to bother
}
BOOST_AUTO_TEST_CASE(an_invalid_range_is_ignored) {  // 14.2: ignored
    for (const auto range :
         {"",           "bytes",         "bytes=",      "bytes=,",    "bytes=-",    "bytes=a-b",
          "bytes=5-4",  "bytes=0-1,5-4", "bytes=0 -1",  "bytes=0- 1", "bytes=+0-1", "bytes=0--1",
          "bytes=--1",  "bytes=0-1-2",   "bytes=0x0-1", "bytes=0",    "bytes 0-1",  "items=0-1",
          "bytes =0-1", "bytes=0-1;",    "bytes:0-1",   "bytes=0-1,x"})
        BOOST_TEST(wanted(range) == "whole", range);
    BOOST_TEST(wanted("BYTES=0-1") == "0+2");
    BOOST_TEST(wanted("bytes=,0-1, ,") == "0+2");
}
BOOST_AUTO_TEST_CASE(numbers_beyond_64_bits_lie_behind_every_end) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    BOOST_TEST(wanted("bytes=0-18446744073709551615") == "0+10000");
    BOOST_TEST(wanted("bytes=0-99999999999999999999999") == "0+10000");
    BOOST_TEST(wanted("bytes=99999999999999999999999-") == "416");
    BOOST_TEST(wanted("bytes=99999999999999999999998-99999999999999999999999") == "416");
    BOOST_TEST(wanted("bytes=-99999999999999999999999") == "0+10000");
    BOOST_TEST(wanted("bytes=0-18446744073709551615", most) == "0+18446744073709551615");
    BOOST_TEST(wanted("bytes=1-99999999999999999999999,0-0", most) == "0+18446744073709551615");
    BOOST_TEST(wanted("bytes=00000000000000000000000-1") == "0+2");
}
BOOST_AUTO_TEST_CASE(some_ranges_need_no_size) {
    const auto open = open_range("bytes=5-9");
    BOOST_REQUIRE(open.has_value());
    BOOST_TEST(open->first == 5u);
    BOOST_TEST(*open->last == 9u);
    BOOST_TEST(!open_range("bytes=5-")->last.has_value());
    BOOST_TEST(!open_range("bytes=5-18446744073709551615")->last.has_value());
    BOOST_TEST(!open_range("bytes=5-99999999999999999999999")->last.has_value());
    for (const auto range : {"bytes=-5", "bytes=0-1,2-3", "bytes=9-5", "bytes=", "", "x=0-1",
                             "bytes=99999999999999999999999-", "bytes=9223372036854775807-"})
        BOOST_TEST(!open_range(range).has_value(), range);
}
BOOST_AUTO_TEST_CASE(content_range_says_where_and_of_how_much) {  // 14.4
    const auto range = parse_content_range("bytes 42-1233/1234");
    BOOST_REQUIRE(range.has_value());
    BOOST_TEST((range->range == ByteRange{42, 1192}));
    BOOST_TEST(range->size == 1234u);
    BOOST_TEST(print_content_range(range->range, range->size) == "bytes 42-1233/1234");
    BOOST_TEST(parse_content_range("Bytes 0-0/1").has_value());
    for (const auto bad :
         {"", "bytes 0-9/*", "bytes */100", "bytes 0-9", "bytes 9-0/100", "bytes 0-100/100",
          "bytes -9/100", "bytes 0-/100", "bytes=0-9/100", "bytes  0-9/100", "bytes 0-9/100 ",
          "bytes 0-9/18446744073709551616", "items 0-9/100", "bytes 0-9/100/100", "bytes 0-9/",
          "/bytes 0-9", "bytes 0-18446744073709551615/18446744073709551615"})
        BOOST_TEST(!parse_content_range(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(the_table_of_rfc_9110_8_8_3_2) {
    BOOST_TEST(!same_strongly("W/\"1\"", "W/\"1\""));
    BOOST_TEST(same_weakly("W/\"1\"", "W/\"1\""));
    BOOST_TEST(!same_weakly("W/\"1\"", "W/\"2\""));
    BOOST_TEST(!same_strongly("W/\"1\"", "\"1\""));
    BOOST_TEST(same_weakly("W/\"1\"", "\"1\""));
    BOOST_TEST(same_strongly("\"1\"", "\"1\""));
    BOOST_TEST(same_weakly("\"1\"", "\"1\""));
    BOOST_TEST(!same_strongly("", ""));
    BOOST_TEST(!same_weakly("", ""));
    BOOST_TEST(!same_weakly("W/", "W/"));
}
BOOST_AUTO_TEST_CASE(if_match_compares_strongly) {  // 13.1.1
    BOOST_TEST((condition("PUT", {{"If-Match", "\"b\", \"a\""}}) == Condition::pass));
    BOOST_TEST(
        (condition("PUT", {{"If-Match", "\"b\""}, {"If-Match", "\"a\""}}) == Condition::pass));
    BOOST_TEST((condition("PUT", {{"If-Match", "*"}}) == Condition::pass));
    BOOST_TEST((condition("GET", {{"If-Match", "\"b\""}}) == Condition::failed));
    BOOST_TEST((condition("PUT", {{"If-Match", "W/\"a\""}}, "W/\"a\"") == Condition::failed));
    BOOST_TEST((condition("PUT", {{"If-Match", "\"a\""}}, "") == Condition::failed));
}
BOOST_AUTO_TEST_CASE(if_none_match_compares_weakly) {  // 13.1.2
    BOOST_TEST((condition("GET", {{"If-None-Match", "W/\"a\""}}) == Condition::not_modified));
    BOOST_TEST((condition("HEAD", {{"If-None-Match", "\"b\",\"a\""}}) == Condition::not_modified));
    BOOST_TEST((condition("GET", {{"If-None-Match", "*"}}) == Condition::not_modified));
    BOOST_TEST((condition("PUT", {{"If-None-Match", "*"}}) == Condition::failed));
    BOOST_TEST((condition("GET", {{"If-None-Match", "\"b\""}}) == Condition::pass));
    BOOST_TEST((condition("GET", {{"If-None-Match", "\"x,a\""}}, "\"a\"") == Condition::pass));
    BOOST_TEST((condition("GET", {{"If-None-Match", ""}}, "") == Condition::pass));
}
BOOST_AUTO_TEST_CASE(dates_count_to_the_second) {  // 13.1.3, 13.1.4
    const auto since = [](std::string name, std::string date, std::string method = "GET") {
        return condition(std::move(method), {{std::move(name), std::move(date)}});
    };
    BOOST_TEST((since("If-Modified-Since", exactly) == Condition::not_modified));
    BOOST_TEST((since("If-Modified-Since", after) == Condition::not_modified));
    BOOST_TEST((since("If-Modified-Since", before) == Condition::pass));
    BOOST_TEST((since("If-Modified-Since", "yesterday") == Condition::pass));
    BOOST_TEST((since("If-Modified-Since", exactly, "POST") == Condition::pass));
    BOOST_TEST(
        (condition("GET", {{"If-Modified-Since", exactly}}, "\"a\"", "") == Condition::pass));
    BOOST_TEST((condition("GET", {{"If-Modified-Since", after}, {"If-Modified-Since", after}}) ==
                Condition::pass));
    BOOST_TEST((since("If-Unmodified-Since", before) == Condition::failed));
    BOOST_TEST((since("If-Unmodified-Since", exactly) == Condition::pass));
    BOOST_TEST((since("If-Unmodified-Since", "yesterday") == Condition::pass));
    BOOST_TEST((condition("GET", {{"If-Unmodified-Since", before}}, "", "") == Condition::pass));
}
BOOST_AUTO_TEST_CASE(conditions_have_an_order) {  // 13.2.2
    BOOST_TEST((condition("GET", {{"If-Match", "\"a\""}, {"If-Unmodified-Since", before}}) ==
                Condition::pass));
    BOOST_TEST((condition("GET", {{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}) ==
                Condition::failed));
    BOOST_TEST((condition("GET", {{"If-None-Match", "\"b\""}, {"If-Modified-Since", after}}) ==
                Condition::pass));
    BOOST_TEST((condition("GET", {{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}) ==
                Condition::not_modified));
}
BOOST_AUTO_TEST_CASE(if_range_wants_a_strong_validator) {  // 13.1.5
    BOOST_TEST(if_range_holds({"GET", "/", 1, {}}, "", "", "", now));
    BOOST_TEST(if_range("\"a\""));
    BOOST_TEST(!if_range("\"b\""));
    BOOST_TEST(!if_range("W/\"a\"", "W/\"a\""));
    BOOST_TEST(!if_range("\"a\"", "W/\"a\""));
    BOOST_TEST(!if_range("\"a\", \"b\""));
    BOOST_TEST(!if_range("a", "a"));
    BOOST_TEST(if_range(exactly));
    BOOST_TEST(!if_range(after));
    BOOST_TEST(!if_range(before));
    BOOST_TEST(!if_range(exactly, "", exactly, exactly));  // 8.8.2.2: it may change again
    BOOST_TEST(!if_range(exactly, "", exactly, ""));
    BOOST_TEST(!if_range(exactly, "", ""));
    BOOST_TEST(!if_range(""));
}

BOOST_AUTO_TEST_SUITE_END()
