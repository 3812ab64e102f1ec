// The bound of a share: published values, and the sum that it solves.
#include "sim/confidence.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

using stretto::sim::share_at_most;

namespace {

/// The probability to see at most k of n, summed term by term.
double at_most(std::size_t k, std::size_t n, double share) {
    double sum = 0;
    for (std::size_t i = 0; i <= k; ++i) {
        const auto a = static_cast<double>(i), b = static_cast<double>(n);
        sum += std::exp(std::lgamma(b + 1) - std::lgamma(a + 1) - std::lgamma(b - a + 1) +
                        a * std::log(share) + (b - a) * std::log1p(-share));
    }
    return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_confidence, *boost::unit_test::tolerance(1e-4))

BOOST_AUTO_TEST_CASE(the_bound_has_the_values_of_tables) {
    BOOST_TEST(share_at_most(0, 10) == 0.25887);
    BOOST_TEST(share_at_most(1, 10) == 0.39416);
    BOOST_TEST(share_at_most(5, 10) == 0.77756);
    BOOST_TEST(share_at_most(0, 100, 0.975) == 0.036217);
    BOOST_TEST(share_at_most(0, 300'000) == 0.99857e-5);
}

BOOST_AUTO_TEST_CASE(at_the_bound_so_little_is_seen_in_one_case_of_twenty) {
    for (const std::size_t n : {2, 30, 1000, 300'000, 12'000'000})
        for (const std::size_t k : {0, 1, 7, 25})
            if (k < n) BOOST_TEST(at_most(k, n, share_at_most(k, n)) == 0.05);
}

BOOST_AUTO_TEST_CASE(nothing_is_known_without_a_case_that_was_not_so) {
    BOOST_TEST(share_at_most(0, 0) == 1);
    BOOST_TEST(share_at_most(7, 7) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
