// Bytes that come out of order.
#include "gather/spans.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

using namespace stretto::gather;

BOOST_AUTO_TEST_SUITE(gather_spans)

BOOST_AUTO_TEST_CASE(spans_agree_with_a_row_of_flags) {
    std::minstd_rand chance{7};
    for (int round = 0; round < 200; ++round) {
        Spans spans;
        std::vector<bool> flags(64);
        for (int i = 0; i < 12; ++i) {
            std::uint32_t a = chance() % 64, b = chance() % 65;
            spans.add(a, b);
            for (auto k = a; k < b; ++k) flags[k] = true;
            a = chance() % 64, b = chance() % 65;
            bool all = true;
            for (auto k = a; k < b; ++k) all = all && flags[k];
            BOOST_TEST(spans.covers(a, b) == all);
            const auto [first, end] = spans.gap(64);
            std::uint32_t f = 0;
            while (f < 64 && flags[f]) ++f;
            std::uint32_t e = f;
            while (e < 64 && !flags[e]) ++e;
            BOOST_TEST(first == f);
            BOOST_TEST(end == e);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
