#include "report/seen.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace stretto::report;

BOOST_AUTO_TEST_SUITE(report_seen)

BOOST_AUTO_TEST_CASE(any_order_of_numbers_is_seen_once) {
    std::mt19937 random{1};
    std::vector<std::int64_t> numbers(5000);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
    std::shuffle(numbers.begin(), numbers.end(), random);
    Seen seen;
    for (const auto n : numbers) {
        BOOST_REQUIRE(!seen.all_to(4999));
        BOOST_REQUIRE(seen.add(n));
        BOOST_REQUIRE(!seen.add(n));
    }
    BOOST_TEST(seen.all_to(4999));
    for (const auto n : numbers) BOOST_REQUIRE(!seen.add(n));
}

BOOST_AUTO_TEST_CASE(a_much_higher_number_takes_no_memory_and_forgets_much_lower_ones) {
    Seen seen;
    BOOST_TEST(seen.add(0));
    BOOST_TEST(seen.add(std::int64_t{1} << 50));
    BOOST_TEST(!seen.add(1));
    BOOST_TEST(seen.add((std::int64_t{1} << 50) - 16'000));
    BOOST_TEST(!seen.all_to(std::int64_t{1} << 50));
}

BOOST_AUTO_TEST_SUITE_END()
