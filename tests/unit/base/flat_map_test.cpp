// A small map: ordered, whatever the order in which entries come and go.
#include "base/flat_map.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <stdexcept>

using stretto::FlatMap;

BOOST_AUTO_TEST_SUITE(base_flat_map)

BOOST_AUTO_TEST_CASE(it_behaves_like_the_map_of_the_standard_library) {
    std::minstd_rand chance{1};
    FlatMap<int, int> flat;
    std::map<int, int> tree;
    for (int i = 0; i < 2000; ++i) {
        const int key = static_cast<int>(chance() % 40);
        if (chance() % 3 == 0)
            flat.erase(key), tree.erase(key);
        else
            flat[key] += i, tree[key] += i;
        BOOST_REQUIRE(flat.size() == tree.size());
        BOOST_REQUIRE(std::ranges::equal(flat, tree, [](const auto& a, const auto& b) {
            return a.first == b.first && a.second == b.second;
        }));
        BOOST_REQUIRE(flat.contains(key) == tree.contains(key));
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_there) {
    const FlatMap<int, int> map{{3, 30}, {1, 10}};
    BOOST_TEST(map.begin()->first == 1);
    BOOST_TEST(map.at(3) == 30);
    BOOST_TEST((map.find(2) == map.end()));
    BOOST_CHECK_THROW(map.at(2), std::out_of_range);
    BOOST_TEST((FlatMap<int, int>{}.find(1) == FlatMap<int, int>{}.end()));
}

BOOST_AUTO_TEST_SUITE_END()
