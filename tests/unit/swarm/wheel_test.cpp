#include "swarm/wheel.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <vector>

using namespace stretto::swarm;

namespace {

struct Turning {
    explicit Turning(std::uint32_t now) : wheel(now) {}
    void add(std::uint32_t member, std::uint32_t due) { wheel.add(member, due, next[member]); }
    std::set<std::uint32_t> take(std::uint32_t until) {
        std::set<std::uint32_t> taken;
        for (;;) {
            const auto member = wheel.take(until, [&](std::uint32_t m) { return next[m]; });
            if (member == nobody) return taken;
            taken.insert(member);
        }
    }
    Wheel wheel;
    std::map<std::uint32_t, std::uint32_t> next;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_wheel)

BOOST_AUTO_TEST_CASE(each_comes_when_it_is_due) {
    Turning t{100};
    t.add(1, 101);
    t.add(2, 103);
    t.add(3, 103);
    t.add(4, 100 + Wheel::most_ahead_s);
    BOOST_TEST(t.take(100).empty());
    BOOST_TEST((t.take(102) == std::set<std::uint32_t>{1}));
    BOOST_TEST((t.take(103) == std::set<std::uint32_t>{2, 3}));
    BOOST_TEST(t.take(100 + Wheel::most_ahead_s - 1).empty());
    BOOST_TEST((t.take(200 + Wheel::most_ahead_s) == std::set<std::uint32_t>{4}));
}

BOOST_AUTO_TEST_CASE(an_overdue_member_is_next_and_one_too_far_ahead_is_early) {
    Turning t{100};
    BOOST_TEST(t.take(200).empty());
    t.add(1, 50);
    BOOST_TEST((t.take(200) == std::set<std::uint32_t>{1}));
    t.add(2, 1'000'000);
    BOOST_TEST((t.take(200 + Wheel::most_ahead_s) == std::set<std::uint32_t>{2}));
}

BOOST_AUTO_TEST_CASE(one_may_be_added_again_while_others_are_taken) {
    Turning t{0};
    for (std::uint32_t m = 0; m < 5; ++m) t.add(m, 10);
    std::size_t taken = 0;
    for (;;) {
        const auto member = t.wheel.take(10, [&](std::uint32_t m) { return t.next[m]; });
        if (member == nobody) break;
        ++taken;
        t.add(member, 20);
    }
    BOOST_TEST(taken == 5u);
    BOOST_TEST(t.take(20).size() == 5u);
}

BOOST_AUTO_TEST_CASE(years_without_a_turn_lose_no_member) {
    Turning t{5};
    t.add(1, 9);
    BOOST_TEST((t.take(100'000'000) == std::set<std::uint32_t>{1}));
    t.add(2, 100'000'001);
    BOOST_TEST((t.take(100'000'001) == std::set<std::uint32_t>{2}));
}

BOOST_AUTO_TEST_SUITE_END()
