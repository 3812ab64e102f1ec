#include "edge/troubles.hpp"

#include <boost/test/unit_test.hpp>

using stretto::edge::Troubles;

BOOST_AUTO_TEST_SUITE(edge_troubles)

BOOST_AUTO_TEST_CASE(a_line_a_minute_of_each_kind_and_all_are_counted) {
    std::vector<std::string> said;
    std::uint64_t now = 5;
    Troubles troubles{[&](const std::string& line) { said.push_back(line); }, [&] { return now; }};
    for (int i = 0; i < 10; ++i) troubles.tell("disk", "full");
    troubles.tell("damage", "/a");
    BOOST_TEST((said == std::vector<std::string>{"disk: full", "damage: /a"}));
    now += 59999;
    troubles.tell("disk", "full");
    BOOST_TEST(said.size() == 2u);
    now += 1;
    troubles.tell("disk", "still full");
    BOOST_TEST(said.back() == "disk: still full (and 10 more since the last line)");
    now += 60000;
    troubles.tell("disk", "full");
    BOOST_TEST(said.back() == "disk: full");
    const std::vector<std::pair<std::string, std::uint64_t>> wanted{{"damage", 1}, {"disk", 13}};
    BOOST_TEST((troubles.numbers() == wanted));
}

BOOST_AUTO_TEST_SUITE_END()
