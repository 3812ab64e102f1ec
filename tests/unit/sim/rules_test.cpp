// One rule for fetch, play and the simulator: a constant of gather::Retry that is changed is
// changed for each of them.
#include <boost/test/unit_test.hpp>

#include "../gather/driven.hpp"
#include "sim/player.hpp"
#include "sim/song.hpp"

using namespace stretto;
using gather::Ask;
using gather::Fault;
using gather::tests::Driven;

namespace {

/// Requests in two minutes to an edge that refuses all.
template <class Rules>
int requests(Rules& rules) {
    Driven<Rules> driven{rules};
    rules.start(0, {});
    driven.step();
    while (driven.now < 120) {
        const auto asks = driven.asks;
        for (const auto& ask : asks) driven.fail(ask, Fault::broken);
        driven.run(0.05);
    }
    return driven.asked;
}

gather::Conductor::Options with(double longest_pause_s) {
    gather::Conductor::Options options;
    options.retry.patience_s = 1000;
    options.retry.longest_pause_s = longest_pause_s;
    return options;
}

int fetched(double longest_pause_s) {
    gather::Edges edges;
    edges.add_trusted("", "");
    gather::Fetching rules{edges, with(longest_pause_s), {}};
    return requests(rules);
}
int played(double longest_pause_s) {
    gather::Edges edges;
    edges.add_trusted("", "");
    const auto policy = abr::make_policy("96");
    gather::Listening rules{edges, with(longest_pause_s), *policy, {}};
    return requests(rules);
}
int simulated(double longest_pause_s) {
    sim::PlayerSettings settings;
    settings.retry.longest_pause_s = longest_pause_s;
    settings.give_up_s = 120;
    const sim::Kill kill{5, false};
    const auto song = sim::made_song(210, 1);
    const sim::Link link{std::vector<double>(400, 500.0), 0, 1, 0.05};
    return sim::play(song, link, *abr::make_policy("96"), settings, nullptr, &kill).requests;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_rules)

BOOST_AUTO_TEST_CASE(a_longer_pause_means_fewer_requests_everywhere) {
    for (auto* count : {fetched, played, simulated}) {
        const int often = count(2), seldom = count(20);
        BOOST_TEST(often > 2 * seldom);
        BOOST_TEST(seldom > 3);
    }
}

BOOST_AUTO_TEST_SUITE_END()
