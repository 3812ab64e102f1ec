#include "swarm/edges.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

using namespace stretto::swarm;

namespace {

const Location berlin{52.5f, 13.4f}, sydney{-33.9f, 151.2f};
const std::vector<EdgeInfo> file{{"eu", "http://eu", Location{50.1f, 8.7f}, {}},
                                 {"us", "http://us", Location{39.0f, -77.5f}, {}},
                                 {"au", "http://au", Location{-33.9f, 151.2f}, {}},
                                 {"any", "http://any", {}, {}}};

std::vector<std::string> names(const Edges& edges, std::optional<Location> from,
                               std::uint64_t seed = 1) {
    std::vector<std::string> out;
    for (const auto& edge : edges.nearest(from, seed)) out.push_back(edge.name);
    return out;
}
using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_edges)

BOOST_AUTO_TEST_CASE(the_nearest_comes_first) {
    const Edges edges{file};
    BOOST_TEST(names(edges, berlin) == (Names{"eu", "us", "au", "any"}));
    BOOST_TEST(names(edges, sydney) == (Names{"au", "us", "eu", "any"}));
    BOOST_TEST(*edges.nearest(berlin, 1)[0].km == 424, boost::test_tools::tolerance(0.05));
    BOOST_TEST(!edges.nearest(berlin, 1)[3].km);
    BOOST_TEST(names(edges, {}).size() == 4u);
    BOOST_TEST(Edges{{}}.nearest(berlin, 1).empty());
}

BOOST_AUTO_TEST_CASE(two_failures_make_it_sick_and_two_successes_well) {
    Edges edges{file};
    BOOST_TEST(!edges.probed("http://eu", true));
    BOOST_TEST(!edges.probed("http://eu", false));
    BOOST_TEST(!edges.probed("http://eu", true));
    BOOST_TEST(!edges.probed("http://eu", false));
    BOOST_TEST(names(edges, berlin)[0] == "eu");
    BOOST_TEST(edges.probed("http://eu", false));
    BOOST_TEST(names(edges, berlin) == (Names{"us", "au", "any"}));
    BOOST_TEST(!edges.probed("http://eu", true));
    BOOST_TEST(names(edges, berlin)[0] == "us");
    BOOST_TEST(edges.probed("http://eu", true));
    BOOST_TEST(names(edges, berlin)[0] == "eu");
    BOOST_TEST(!edges.probed("http://gone", false));
}

BOOST_AUTO_TEST_CASE(the_first_probe_decides_alone) {
    Edges edges{file};
    BOOST_TEST(edges.probed("http://eu", false));
    BOOST_TEST(names(edges, berlin)[0] == "us");
}

BOOST_AUTO_TEST_CASE(edges_at_one_place_share_the_songs) {
    std::vector<EdgeInfo> same;
    for (const auto* name : {"a", "b", "c", "d"})
        same.push_back({name, std::string{"http://"} + name, berlin, {}});
    Edges edges{same};
    std::map<std::string, int> first;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        const std::uint64_t song = seed * 0x9e3779b97f4a7c15u;
        BOOST_TEST(names(edges, sydney, song) == names(edges, sydney, song));
        ++first[names(edges, sydney, song)[0]];
    }
    for (const auto& [name, n] : first) BOOST_TEST(std::abs(n - 1000) < 150, name << ' ' << n);
    // when one is gone, the songs of the others stay where they are
    const auto before = edges;
    edges.probed("http://a", false);
    for (std::uint64_t seed = 0; seed < 1000; ++seed)
        if (names(before, sydney, seed)[0] != "a")
            BOOST_TEST(names(before, sydney, seed)[0] == names(edges, sydney, seed)[0]);
}

BOOST_AUTO_TEST_CASE(a_reloaded_file_keeps_the_health) {
    Edges edges{file};
    edges.probed("http://eu", false);
    auto changed = file;
    changed[0].name = "renamed";
    changed.pop_back();
    changed.push_back({"new", "http://new", berlin, {}});
    edges.replace(changed);
    BOOST_TEST(names(edges, berlin) == (Names{"new", "us", "au"}));
    edges.probed("http://eu", true);
    edges.probed("http://eu", true);
    BOOST_TEST(names(edges, berlin)[1] == "renamed");
}

BOOST_AUTO_TEST_SUITE_END()
