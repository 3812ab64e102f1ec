#include "cache/popularity.hpp"

#include <boost/test/unit_test.hpp>

using stretto::cache::Popularity;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_SUITE(cache_popularity)

BOOST_AUTO_TEST_CASE(requests_are_counted_by_key) {
    Popularity songs;
    for (int i = 0; i < 3; ++i) songs.add(7);
    songs.add(0);
    BOOST_TEST(songs.of(7) == 3);
    BOOST_TEST(songs.of(0) == 1);
    BOOST_TEST(songs.of(8) == 0);
}
BOOST_AUTO_TEST_CASE(a_halving_affects_old_counts_and_not_new_ones) {
    Popularity songs;
    for (int i = 0; i < 8; ++i) songs.add(7);
    songs.age(1);
    songs.add(7);
    BOOST_TEST(songs.of(7) == 5);
    songs.age(0.5);
    songs.age(0.5);
    BOOST_TEST(songs.of(7) == 2.5, tt::tolerance(1e-6));
}
BOOST_AUTO_TEST_CASE(ten_thousand_halvings_leave_the_newest_counts_right) {
    Popularity songs;
    for (int i = 0; i < 10'000; ++i) {
        songs.age(1);
        songs.add(7);
    }
    BOOST_TEST(songs.of(7) == 2, tt::tolerance(1e-6));
    songs.age(3);
    BOOST_TEST(songs.of(7) == 0.25, tt::tolerance(1e-6));
}
BOOST_AUTO_TEST_CASE(growing_forgets_nothing) {
    Popularity songs;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        songs.reserve(4 * (i + 1));
        for (std::uint32_t n = 0; n <= i % 3; ++n) songs.add(i * 0x9e3779b9);
    }
    int wrong = 0;
    for (std::uint32_t i = 0; i < 20'000; ++i) wrong += songs.of(i * 0x9e3779b9) != i % 3 + 1;
    // a set of eight overflows now and then at a quarter full
    BOOST_TEST(wrong < 20);
}
BOOST_AUTO_TEST_CASE(a_new_key_in_a_full_table_wears_down_the_lowest_count) {
    Popularity songs;
    for (std::uint32_t key = 1; key <= songs.capacity(); ++key)
        for (std::uint32_t n = 0; n < 2 + key; ++n) songs.add(key);
    songs.add(1000);
    songs.add(1000);
    BOOST_TEST(songs.of(1000) == 0);
    BOOST_TEST(songs.of(1) == 1);
    songs.add(1000);
    BOOST_TEST(songs.of(1) == 0);
    songs.add(1000);
    BOOST_TEST(songs.of(1000) == 1);
    BOOST_TEST(songs.of(2) == 4);
}
BOOST_AUTO_TEST_CASE(things_that_take_turns_do_not_all_push_each_other_out) {
    Popularity songs;
    for (int round = 0; round < 10; ++round)
        for (std::uint32_t key = 1; key <= songs.capacity() + 1; ++key) songs.add(key);
    int known = 0;
    for (std::uint32_t key = 1; key <= songs.capacity() + 1; ++key) known += songs.of(key) > 5;
    BOOST_TEST(known >= 6);
}

BOOST_AUTO_TEST_SUITE_END()
