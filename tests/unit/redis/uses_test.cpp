// The order of use: what is forgotten, and what that costs.
#include "redis/uses.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <vector>

using stretto::redis::Uses;
using Fate = Uses<int>::Fate;

BOOST_AUTO_TEST_SUITE(redis_uses)

BOOST_AUTO_TEST_CASE(the_least_recently_used_is_forgotten_first_and_the_last_used_never) {
    Uses<int> uses;
    std::map<int, Uses<int>::Place> places;
    for (int i = 0; i < 5; ++i) places[i] = uses.add(i);
    uses.use(places[0]);
    std::vector<int> gone;
    uses.forget([&](int key) {
        gone.push_back(key);
        return Fate::gone;
    });
    BOOST_TEST(gone == (std::vector<int>{1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_stays_ends_the_search) {
    Uses<int> uses;
    for (int i = 0; i < 5; ++i) uses.add(i);
    std::vector<int> seen;
    uses.forget([&](int key) {
        seen.push_back(key);
        return key < 2 ? Fate::gone : Fate::stays;
    });
    BOOST_TEST(seen == (std::vector<int>{0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_held_is_kept_and_what_comes_after_it_forgotten) {
    Uses<int> uses;
    for (int i = 0; i < 100; ++i) uses.add(i);
    std::set<int> gone;
    const auto fate = [&](int key) {
        if (key % 2) return Fate::held;
        gone.insert(key);
        return Fate::gone;
    };
    for (int i = 0; i < 100; ++i) uses.forget(fate);
    BOOST_TEST(gone.size() == 50u);
}

// 25,000 requests for unknown songs stopped a tracker for a minute
BOOST_AUTO_TEST_CASE(thousands_that_are_held_cost_a_few_looks_for_each_addition) {
    constexpr int n = 20'000;
    Uses<int> uses;
    std::size_t looks = 0;
    for (int i = 0; i < n; ++i) {
        uses.add(i);
        uses.forget([&](int) {
            ++looks;
            return Fate::held;
        });
        if (looks > 10u * n) break;
    }
    BOOST_TEST(looks <= 10u * n);
    std::size_t gone = 0;  // and none of them is lost
    uses.forget([&](int) {
        ++gone;
        return Fate::gone;
    });
    BOOST_TEST(gone == n - 1u);
}

BOOST_AUTO_TEST_SUITE_END()
