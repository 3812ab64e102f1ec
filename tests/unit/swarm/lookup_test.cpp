// The hash table against std::unordered_map, over keys that collide on purpose.
#include "swarm/lookup.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <unordered_map>

using namespace stretto::swarm;

namespace {

struct Object {
    std::uint64_t key = 0;
    std::uint32_t next = nobody;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_lookup)

BOOST_AUTO_TEST_CASE(it_finds_the_same_as_a_map) {
    for (const std::uint64_t spread :
         {std::uint64_t{3}, std::uint64_t{50}, std::uint64_t{1} << 60}) {
        Pool<Object> pool;
        Lookup lookup;
        std::unordered_map<std::uint64_t, std::uint32_t> truth;
        std::mt19937_64 random{spread};
        const auto hash = [&](std::uint64_t key) { return key % spread; };
        const auto hash_of = [&](std::uint32_t i) { return hash(pool[i].key); };
        const auto find = [&](std::uint64_t key) {
            return lookup.find(hash(key), [&](std::uint32_t i) { return pool[i].key == key; });
        };
        for (int step = 0; step < 20000; ++step) {
            const std::uint64_t key = random() % 400;
            const auto there = truth.find(key);
            BOOST_REQUIRE(find(key) == (there == truth.end() ? nobody : there->second));
            if (there == truth.end()) {
                const std::uint32_t i = pool.add();
                pool[i].key = key;
                lookup.add(hash(key), i, hash_of);
                truth.emplace(key, i);
            } else if (random() % 2) {
                lookup.remove(hash(key), there->second, hash_of);
                pool.remove(there->second);
                truth.erase(there);
            }
            BOOST_REQUIRE(pool.size() == truth.size());
        }
        BOOST_TEST(pool.end() <= 400u);  // numbers are used again
    }
}

BOOST_AUTO_TEST_CASE(the_hash_depends_on_its_seed_and_on_every_bit) {
    const Hash a{1}, b{2};
    BOOST_TEST(a(5, 6) != b(5, 6));
    for (int bit = 0; bit < 64; ++bit) {
        BOOST_TEST(a(5 ^ std::uint64_t{1} << bit, 6) != a(5, 6));
        BOOST_TEST(a(5, 6 ^ std::uint64_t{1} << bit) != a(5, 6));
    }
}

BOOST_AUTO_TEST_SUITE_END()
