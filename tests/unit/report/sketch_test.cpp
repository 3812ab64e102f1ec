#include "report/sketch.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <vector>

using namespace stretto::report;

BOOST_AUTO_TEST_SUITE(report_sketch)

BOOST_AUTO_TEST_CASE(buckets_are_exact_below_256_and_within_four_thousandths_above) {
    for (std::int64_t v = 0; v < 256; ++v) BOOST_TEST(Sketch::value(Sketch::bucket(v)) == v);
    for (double at = 256; at < std::ldexp(1.0, 50); at *= 1.0007) {
        const auto v = static_cast<std::int64_t>(at);
        const auto back = Sketch::value(Sketch::bucket(v));
        BOOST_TEST(std::abs(static_cast<double>(back - v)) <= 0.004 * at);
    }
}

BOOST_AUTO_TEST_CASE(larger_values_have_no_smaller_bucket) {
    int last = -1;
    for (std::int64_t v = 0; v < 100'000; ++v) {
        const int bucket = Sketch::bucket(v);
        BOOST_REQUIRE(bucket == last || bucket == last + 1);
        last = bucket;
    }
}

BOOST_AUTO_TEST_CASE(percentiles_are_nearest_ranks) {
    Sketch s;
    BOOST_TEST(s.percentile(0.5) == -1);
    for (const int v : {10, 20, 30, 40}) s.add(v);
    BOOST_TEST(s.percentile(0.25) == 10);
    BOOST_TEST(s.percentile(0.5) == 20);
    BOOST_TEST(s.percentile(0.51) == 30);
    BOOST_TEST(s.percentile(0.99) == 40);
    BOOST_TEST(s.percentile(0) == 10);
}

BOOST_AUTO_TEST_CASE(a_sum_of_sketches_is_the_sketch_of_all) {
    std::mt19937 random{1};
    Sketch all, one, two;
    for (int i = 0; i < 1000; ++i) {
        const auto v = static_cast<std::int64_t>(random() % 100'000);
        all.add(v);
        (i % 3 ? one : two).add(v);
    }
    two.add(one);
    BOOST_TEST((two.counts() == all.counts()));
    BOOST_TEST(two.count() == 1000);
}

BOOST_AUTO_TEST_SUITE_END()
