#include "report/royalty.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>
#include <random>

using namespace stretto::report;

BOOST_AUTO_TEST_SUITE(report_royalty)

BOOST_AUTO_TEST_CASE(amounts_are_read_to_the_cent) {
    BOOST_TEST((parse_cents("1234.56") == 123456));
    BOOST_TEST((parse_cents("0.1") == 10));
    BOOST_TEST((parse_cents("7") == 700));
    for (const auto* bad : {"", ".", "1.", ".5", "1.234", "-1", "1e3", "1,5", "1.-2", " 1",
                            "1000000000000.00x", "9999999999999"})
        BOOST_TEST(!parse_cents(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(shares_add_up_and_are_within_a_cent_of_exact) {
    std::mt19937_64 random{1};
    for (int round = 0; round < 200; ++round) {
        std::vector<std::uint64_t> weights(1 + random() % 50);
        for (auto& w : weights) w = random() % (round % 2 ? 5 : 1'000'000'000'000'000);
        weights[0] += 1;
        const auto cents = static_cast<std::int64_t>(random() % 1'000'000'000'000);
        const auto shares = share(cents, weights);
        BOOST_TEST(std::accumulate(shares.begin(), shares.end(), std::int64_t{0}) == cents);
        const long double sum = std::accumulate(weights.begin(), weights.end(), 0.0L);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const long double exact = static_cast<long double>(cents) * weights[i] / sum;
            BOOST_TEST(static_cast<double>(std::abs(shares[i] - exact)) < 1.001);
            if (weights[i] == 0) BOOST_TEST(shares[i] == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(cents_left_over_go_to_the_largest_remainders) {
    BOOST_TEST(share(100, {1, 1, 1}) == (std::vector<std::int64_t>{34, 33, 33}),
               boost::test_tools::per_element());
    BOOST_TEST(share(10, {5, 3, 1}) == (std::vector<std::int64_t>{6, 3, 1}),
               boost::test_tools::per_element());
    BOOST_TEST(share(10, {0, 0}) == (std::vector<std::int64_t>{0, 0}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
