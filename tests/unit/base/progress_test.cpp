#include "base/progress.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_progress)

BOOST_AUTO_TEST_CASE(times_read_like_a_clock) {
    BOOST_TEST(clock_text(0) == "0:00");
    BOOST_TEST(clock_text(59.6) == "1:00");
    BOOST_TEST(clock_text(123) == "2:03");
    BOOST_TEST(clock_text(3723) == "1:02:03");
    BOOST_TEST(clock_text(-1) == "0:00");
}
BOOST_AUTO_TEST_CASE(sizes_have_three_digits_and_a_unit) {
    BOOST_TEST(size_text(0) == "0 B");
    BOOST_TEST(size_text(999) == "999 B");
    BOOST_TEST(size_text(999.5) == "1.0 kB");
    BOOST_TEST(size_text(9840000) == "9.8 MB");
    BOOST_TEST(size_text(312000) == "312 kB");
    BOOST_TEST(size_text(99960) == "100 kB");
    BOOST_TEST(size_text(5e15) == "5000 TB");
}
BOOST_AUTO_TEST_CASE(quiet_is_quiet) { BOOST_TEST(!Progress{false}.shown()); }

BOOST_AUTO_TEST_SUITE_END()
