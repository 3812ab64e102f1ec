#include "report/dates.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

namespace {

constexpr std::int64_t now = 1'795'000'000'000;

Dates week(int sessions) {
    Dates dates;
    for (int i = 0; i < sessions; ++i) {
        const auto at = now - 7 * day_ms + i * (7 * day_ms / sessions);
        dates.add(at, at + 60'000, false);
    }
    return dates;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_dates)

BOOST_AUTO_TEST_CASE(an_isolated_year_is_not_a_date) {
    for (const std::int64_t lie :
         {std::int64_t{5000}, std::int64_t{946'684'800'000}, now + 64 * 365 * day_ms}) {
        auto dates = week(1000);
        for (int i = 0; i < 400; ++i) dates.add(lie, lie + 60'000, false);
        dates.settle(now);
        BOOST_TEST(!dates.known(lie, false));
        BOOST_TEST(dates.known(lie, true));
        BOOST_TEST(dates.known(now - day_ms, false));
        BOOST_TEST(dates.from_ms() == now - 7 * day_ms);
        BOOST_TEST(dates.to_ms() < now + 60'000);
    }
}

BOOST_AUTO_TEST_CASE(a_few_distant_dates_do_not_stretch_the_span) {
    auto dates = week(1000);
    dates.add(now - 300 * day_ms, now - 300 * day_ms, true);
    dates.settle(now);
    BOOST_TEST(dates.from_ms() == now - 7 * day_ms);
}

BOOST_AUTO_TEST_CASE(the_dates_of_a_listener_with_two_sessions_a_year_are_believed) {
    Dates dates;
    dates.add(now - 200 * day_ms, now - 200 * day_ms + 1, false);
    dates.add(now, now + 1, false);
    dates.settle(now);
    BOOST_TEST(dates.known(now - 200 * day_ms, false));
    BOOST_TEST(dates.from_ms() == now - 200 * day_ms);
}

BOOST_AUTO_TEST_CASE(if_all_sessions_are_in_the_future_the_clock_of_this_machine_is_wrong) {
    auto dates = week(100);
    dates.settle(now - 1000 * day_ms);
    BOOST_TEST(dates.known(now - day_ms, false));
    BOOST_TEST(dates.from_ms() == now - 7 * day_ms);
}

BOOST_AUTO_TEST_CASE(no_dates_give_no_span) {
    Dates dates;
    dates.settle(now);
    BOOST_TEST(dates.from_ms() == -1);
}

BOOST_AUTO_TEST_SUITE_END()
