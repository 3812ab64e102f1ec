#include "http/date.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {
constexpr Time at(long long unix) { return Time{Seconds{unix}}; }
constexpr Time now = at(1767225600);  // 1 Jan 2026
}  // namespace

BOOST_AUTO_TEST_SUITE(http_date)

BOOST_AUTO_TEST_CASE(the_three_forms_are_one_time) {  // RFC 9110 5.6.7
    for (const auto text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                            "Sun Nov  6 08:49:37 1994", "SUN, 06 nOV 1994 08:49:37 gmt"})
        BOOST_TEST((parse_date(text, now) == at(784111777)), text);
    BOOST_TEST(print_date(at(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
}
BOOST_AUTO_TEST_CASE(printed_and_read_it_is_the_same) {
    for (const long long t : {0ll, -1ll, 951782399ll, 951782400ll, 4107542400ll, 253402300799ll})
        BOOST_TEST((parse_date(print_date(at(t)), now) == at(t)), t);
}
BOOST_AUTO_TEST_CASE(other_texts_are_not_dates) {  // RFC 9111 4.2: other zones are invalid
    for (const auto text : {"",
                            "0",
                            "-1",
                            "now",
                            "Thu, 18 Aug 2050 02:01:18 UTC",
                            "Thu, 18 Aug 2050 02:01:18 AEST",
                            "Thu, 18 Aug 2050 02:01:18",
                            "Thu, 18 Aug 50 02:01:18 GMT",
                            "Thu 18 Aug 2050 02:01:18 GMT",
                            "Thu, 18  Aug  2050 02:01:18 GMT",
                            "Thu, 18-Aug-2050 02:01:18 GMT",
                            "Thu, 18 Aug 2050 02.01.18 GMT",
                            "Thu, 18 Aug 2050 2:01:18 GMT",
                            "Thu, 18 Aug 2050 24:01:18 GMT",
                            "Thu, 18 Aug 2050 02:60:18 GMT",
                            "Thu, 18 Aug 2050 02:01:61 GMT",
                            "Thu, 31 Feb 2050 02:01:18 GMT",
                            "Thu, 00 Aug 2050 02:01:18 GMT",
                            "Thu, 18 Agu 2050 02:01:18 GMT",
                            "Abc, 18 Aug 2050 02:01:18 GMT",
                            "Thu, 18 Aug 2050 02:01:18 GMT ",
                            " Thu, 18 Aug 2050 02:01:18 GMT",
                            "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT",
                            "Thu, 18 Aug 20500 02:01:18 GMT",
                            "Thu, +8 Aug 2050 02:01:18 GMT",
                            "Thu, -8 Aug 2050 02:01:18 GMT",
                            "Thu,  8 Aug 2050 02:01:18 GMT",
                            "Sun, 06-Nov-94 08:49:37 GMT",
                            "Sun Nov   6 08:49:37 1994",
                            "Sun Nov 6 08:49:37 1994"})
        BOOST_TEST(!parse_date(text, now).has_value(), text);
}
BOOST_AUTO_TEST_CASE(every_truncated_date_is_refused) {
    for (const std::string_view text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994"})
        for (std::size_t n = 0; n < text.size(); ++n)
            BOOST_TEST(!parse_date(text.substr(0, n), now).has_value(), text.substr(0, n));
}
BOOST_AUTO_TEST_CASE(two_digits_more_than_fifty_years_ahead_are_behind) {  // RFC 9110 5.6.7
    const auto year = [](std::string_view text, Time when) {
        const auto date = parse_date(text, when);
        BOOST_REQUIRE(date.has_value());
        return static_cast<int>(
            std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(*date)}.year());
    };
    BOOST_TEST(year("Sunday, 06-Nov-75 08:49:37 GMT", now) == 2075);
    BOOST_TEST(year("Sunday, 06-Nov-77 08:49:37 GMT", now) == 1977);
    BOOST_TEST(year("Sunday, 06-Nov-99 08:49:37 GMT", at(784111777)) == 1999);
    BOOST_TEST(year("Sunday, 29-Feb-04 08:49:37 GMT", now) == 2004);
}
BOOST_AUTO_TEST_CASE(leap_seconds_are_times) {
    BOOST_TEST((parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now) == at(1483228800)));
}

BOOST_AUTO_TEST_SUITE_END()
