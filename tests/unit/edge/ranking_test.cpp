#include "edge/ranking.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/text.hpp"

using namespace stretto;
using edge::Ranking;

namespace {

using Places = std::vector<std::size_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_ranking)

BOOST_AUTO_TEST_CASE(working_servers_are_asked_in_their_order) {
    Ranking ranking{{"a", "b", "c"}, Ranking::By::order};
    BOOST_TEST(ranking.order("/x", 0) == (Places{0, 1, 2}));
    BOOST_TEST(ranking.order("/y", 0) == (Places{0, 1, 2}));
}
BOOST_AUTO_TEST_CASE(a_failed_server_comes_last_until_one_request_tries_it) {
    Ranking ranking{{"a", "b", "c"}, Ranking::By::order};
    ranking.failed(0, 1000);
    BOOST_TEST(!ranking.is_up(0));
    BOOST_TEST(ranking.order("/x", 1999) == (Places{1, 2, 0}));
    BOOST_TEST(ranking.order("/x", 2000) == (Places{0, 1, 2}));
    BOOST_TEST(ranking.order("/x", 2000) == (Places{1, 2, 0}));
    ranking.answered(0);
    BOOST_TEST(ranking.order("/x", 2000) == (Places{0, 1, 2}));
}
BOOST_AUTO_TEST_CASE(the_pause_of_a_server_doubles_up_to_30_s_and_concurrent_failures_count_once) {
    Ranking ranking{{"a", "b"}, Ranking::By::order};
    std::uint64_t now = 0;
    for (const std::uint64_t pause : {1000, 2000, 4000, 8000, 16000, 30000, 30000}) {
        for (int i = 0; i < 100; ++i) ranking.failed(0, now);
        BOOST_TEST(ranking.order("/x", now + pause - 1) == (Places{1, 0}));
        now += pause;
        BOOST_TEST(ranking.order("/x", now) == (Places{0, 1}));
    }
}
BOOST_AUTO_TEST_CASE(a_failed_server_is_not_tried_while_an_earlier_one_works) {
    Ranking ranking{{"a", "b"}, Ranking::By::order};
    ranking.failed(1, 0);
    BOOST_TEST(ranking.order("/x", 5000) == (Places{0, 1}));
    ranking.failed(0, 5000);
    BOOST_TEST(ranking.order("/x", 5000) == (Places{1, 0}));
}
BOOST_AUTO_TEST_CASE(if_all_servers_have_failed_they_are_still_asked) {
    Ranking ranking{{"a", "b"}, Ranking::By::order};
    ranking.failed(1, 0);
    ranking.failed(0, 10);
    BOOST_TEST(ranking.order("/x", 20) == (Places{1, 0}));
}
BOOST_AUTO_TEST_CASE(by_hash_paths_spread_evenly_and_a_new_server_takes_its_share_from_all) {
    Ranking three{{"a", "b", "c"}, Ranking::By::hash},
        four{{"d", "c", "b", "a"}, Ranking::By::hash};
    int count[3] = {}, moved = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto path = text("/songs/", i);
        const auto order = three.order(path, 0);
        BOOST_TEST((std::set<std::size_t>{order.begin(), order.end()}.size() == 3));
        ++count[order[0]];
        const auto& after = four.name(four.order(path, 0)[0]);
        if (after == three.name(order[0])) continue;
        BOOST_TEST(after == "d");
        ++moved;
    }
    for (const int n : count) BOOST_TEST((n > 900 && n < 1100));
    BOOST_TEST((moved > 650 && moved < 850));
}

BOOST_AUTO_TEST_SUITE_END()
