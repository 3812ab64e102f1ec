// Memory shared by clients: the sum, the part of one source, and that all of it is given back.
#include "http/budget.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <vector>

using namespace stretto::http;

namespace {

auto from(const char* source) {
    return [source] { return std::string{source}; };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_budget)

BOOST_AUTO_TEST_CASE(what_is_taken_is_given_back_and_the_sum_is_bounded) {
    Budget budget{800};
    {
        std::vector<Budget::Share> shares(10);
        for (int i = 0; i < 8; ++i)
            BOOST_TEST(shares[i].grow(budget, 100, from(std::to_string(i).c_str())));
        BOOST_TEST(!shares[8].grow(budget, 1, from("8")));
        BOOST_TEST(shares[8].grow(budget, 0, from("8")));
        BOOST_TEST(budget.taken() == 800u);
        shares.erase(shares.begin());
        BOOST_TEST(budget.taken() == 700u);
        BOOST_TEST(shares[8].grow(budget, 100, from("9")));
    }
    BOOST_TEST(budget.taken() == 0u);
    BOOST_TEST(budget.sources() == 0u);
}
BOOST_AUTO_TEST_CASE(a_source_has_at_most_a_quarter_in_many_shares_and_others_go_on) {
    Budget budget{800};
    std::vector<Budget::Share> his(100);
    std::size_t took = 0;
    for (auto& share : his)
        for (int i = 0; i < 3; ++i) took += share.grow(budget, 4, from("his")) ? 4 : 0;
    BOOST_TEST(took == 200u);
    Budget::Share mine;
    BOOST_TEST(mine.grow(budget, 100, from("mine")));
    BOOST_TEST(!mine.grow(budget, 1, from("mine")));
    Budget::Share proxy;
    BOOST_TEST(proxy.grow(budget, 500, from("")));
    BOOST_TEST(budget.taken() == 800u);
    his.clear();
    BOOST_TEST(budget.taken() == 600u);
    BOOST_TEST(budget.sources() == 1u);
    // it is over, and may begin anew
    BOOST_TEST(Budget::Share{}.grow(budget, 100, from("his")));
}
BOOST_AUTO_TEST_CASE(a_share_that_is_moved_gives_back_once) {
    Budget budget{80};
    Budget::Share low, first;
    BOOST_REQUIRE(low.grow(budget, 10, from("")));
    BOOST_REQUIRE(first.grow(budget, 10, from("a")));
    std::optional<Budget::Share> second{std::move(first)};
    BOOST_TEST(budget.taken() == 20u);
    first = {};
    BOOST_TEST(budget.taken() == 20u);
    second.reset();
    BOOST_TEST(budget.taken() == 10u);
    BOOST_TEST(budget.sources() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
