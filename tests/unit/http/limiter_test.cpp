#include "http/limiter.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

int admitted(Limiter& limiter, const std::string& source, int tries, std::uint64_t now_ms) {
    int n = 0;
    for (int i = 0; i < tries; ++i) n += limiter.admit(source, now_ms);
    return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_limiter)

BOOST_AUTO_TEST_CASE(without_a_rate_all_are_admitted) {
    Limiter limiter{0};
    BOOST_TEST(!limiter.enabled());
    BOOST_TEST(admitted(limiter, "a", 10000, 0) == 10000);
}
BOOST_AUTO_TEST_CASE(a_burst_of_two_seconds_then_the_rate) {
    Limiter limiter{10};
    BOOST_TEST(admitted(limiter, "a", 100, 1000) == 20);
    BOOST_TEST(admitted(limiter, "a", 100, 1099) == 0);
    BOOST_TEST(admitted(limiter, "a", 100, 1500) == 5);
    BOOST_TEST(admitted(limiter, "a", 100, 100000) == 20);
}
BOOST_AUTO_TEST_CASE(frequent_refused_attempts_do_not_delay_the_next_allowed_one) {
    Limiter limiter{10};
    admitted(limiter, "a", 100, 0);
    int n = 0;
    for (std::uint64_t ms = 1; ms <= 10000; ++ms) n += limiter.admit("a", ms);
    BOOST_TEST(n == 100);
}
BOOST_AUTO_TEST_CASE(sources_do_not_pay_for_each_other) {
    Limiter limiter{1};
    BOOST_TEST(admitted(limiter, "a", 10, 0) == 2);
    BOOST_TEST(admitted(limiter, "b", 10, 0) == 2);
}
BOOST_AUTO_TEST_CASE(less_than_one_a_second_still_admits_one) {
    Limiter limiter{0.1};
    BOOST_TEST(admitted(limiter, "a", 10, 0) == 1);
    BOOST_TEST(admitted(limiter, "a", 10, 9000) == 0);
    BOOST_TEST(admitted(limiter, "a", 10, 10100) == 1);
}
// workers have clocks of their own, a turn of the loop apart
BOOST_AUTO_TEST_CASE(a_clock_that_is_behind_fills_no_bucket) {
    Limiter limiter{10};
    BOOST_TEST(admitted(limiter, "a", 100, 1000) == 20);
    BOOST_TEST(admitted(limiter, "a", 100, 999) == 0);
    BOOST_TEST(admitted(limiter, "a", 100, 1000) == 0);
    BOOST_TEST(admitted(limiter, "a", 100, 1100) == 1);
}
BOOST_AUTO_TEST_CASE(a_distributed_attack_does_not_exclude_new_clients) {
    Limiter limiter{1};
    for (int i = 0; i < 200000; ++i) BOOST_REQUIRE(limiter.admit(std::to_string(i), 0));
}

BOOST_AUTO_TEST_SUITE_END()
