#include "clickhouse/loader.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::clickhouse;

namespace {
std::string sum_of(std::size_t lines) {
    LineSum sum;
    for (std::size_t i = 0; i < lines; ++i) sum.add(std::to_string(i));
    return sum.sum();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(clickhouse_loader)

BOOST_AUTO_TEST_CASE(a_sum_depends_on_lines_alone) {
    BOOST_TEST(sum_of(5) == sum_of(5));
    BOOST_TEST(sum_of(5) != sum_of(6));
    LineSum one, other;
    one.add("ab");
    other.add("a");
    other.add("b");
    BOOST_TEST(one.sum() != other.sum());
}

BOOST_AUTO_TEST_CASE(a_sum_at_a_boundary_changes_nothing) {
    LineSum sum;
    std::size_t boundaries = 0;
    for (std::size_t i = 0; i < 20'000; ++i) {
        if (sum.at_boundary()) {
            ++boundaries;
            BOOST_TEST(sum.sum() == sum_of(i));
        }
        sum.add(std::to_string(i));
    }
    BOOST_TEST(boundaries == 3u);
    BOOST_TEST(sum.lines() == 20'000u);
    BOOST_TEST(sum.sum() == sum_of(20'000));
}

BOOST_AUTO_TEST_SUITE_END()
