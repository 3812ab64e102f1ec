#include "report/remembered.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <unordered_map>

using namespace stretto::report;

BOOST_AUTO_TEST_SUITE(report_remembered)

BOOST_AUTO_TEST_CASE(no_key_is_forgotten_and_the_last_number_stays) {
    std::mt19937_64 random{3};
    Remembered keys{100};
    std::unordered_map<std::uint64_t, std::int64_t> all;
    for (int i = 0; i < 60'000; ++i) {
        // some come again; dense keys, as small numbers are, and ones that differ in high bits only
        const auto key = i % 3 == 0 ? random() : i % 3 == 1 ? random() % 20'000 : random() << 50;
        const auto number = static_cast<std::int64_t>(random() % 1000) - 1;
        keys.set(key, number);
        all[key] = number;
    }
    for (const auto& [key, number] : all) BOOST_REQUIRE(keys.find(key) == number);
    for (int i = 0; i < 10'000; ++i) {
        const auto key = random();
        BOOST_REQUIRE(keys.has(key) == all.contains(key));
    }
}

BOOST_AUTO_TEST_CASE(zero_is_a_key_like_others) {
    Remembered keys{1};
    BOOST_TEST(!keys.has(0));
    keys.set(0);
    BOOST_TEST((keys.find(0) == 0));
    BOOST_TEST(!keys.has(1));
}

BOOST_AUTO_TEST_SUITE_END()
