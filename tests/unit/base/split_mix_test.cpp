// SplitMix64 against published numbers.
#include "base/split_mix.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

using stretto::SplitMix64;

BOOST_AUTO_TEST_SUITE(base_split_mix)

// What Vigna's splitmix64.c gives, as many other implementations quote it.
BOOST_AUTO_TEST_CASE(it_gives_the_published_numbers) {
    SplitMix64 random{1234567};
    for (const std::uint64_t one :
         {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
          16408922859458223821U})
        BOOST_TEST(random() == one);
    BOOST_TEST(SplitMix64{0}() == 0xe220a8397b1dcdafU);
    static_assert(SplitMix64{1234567}() == 6457827717110365317U);
}

BOOST_AUTO_TEST_CASE(seeds_that_count_up_begin_differently) {
    std::set<std::uint64_t> upper;  // of the bits that small choices are made from
    for (std::uint64_t seed = 0; seed < 1000; ++seed) upper.insert(SplitMix64{seed}() >> 40);
    BOOST_TEST(upper.size() >= 995u);
}

BOOST_AUTO_TEST_CASE(the_standard_library_can_use_it) {
    static_assert(std::uniform_random_bit_generator<SplitMix64>);
    SplitMix64 random{7};
    std::array<int, 8> hits{};
    std::uniform_int_distribution<std::size_t> die{0, hits.size() - 1};
    for (int i = 0; i < 8000; ++i) ++hits[die(random)];
    BOOST_TEST(*std::ranges::min_element(hits) > 850);  // 30 is a standard deviation
    BOOST_TEST(*std::ranges::max_element(hits) < 1150);
}

BOOST_AUTO_TEST_SUITE_END()
