#include "report/published.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

BOOST_AUTO_TEST_SUITE(report_published)

BOOST_AUTO_TEST_CASE(measured_figures_are_compared_with_published_ones) {
    Experience seen;
    for (const int ms : {100, 200, 220, 250}) seen.startup.add(std::int64_t{ms});
    seen.sessions = seen.started = 4;
    seen.with_stall = 1;
    Traffic traffic;
    traffic.bytes[static_cast<int>(Source::cache)] = 50;
    traffic.bytes[static_cast<int>(Source::peer)] = 30;
    traffic.bytes[static_cast<int>(Source::edge_hit)] = 15;
    traffic.bytes[static_cast<int>(Source::edge_miss)] = 5;
    const auto table = published_table(seen, traffic);
    BOOST_REQUIRE(table.rows.size() == 7u);
    const auto here = [&](std::size_t row) { return table.rows[row][2]; };
    BOOST_TEST((here(0) == Cell{std::int64_t{200}}));
    BOOST_TEST((here(1) == Cell{std::int64_t{220}}));
    BOOST_TEST((here(2) == Cell{std::int64_t{250}}));
    BOOST_TEST((here(3) == Cell{25.0}));
    BOOST_TEST((here(4) == Cell{20.0}));
    BOOST_TEST((here(5) == Cell{30.0}));
    BOOST_TEST((here(6) == Cell{50.0}));
    BOOST_TEST((table.rows[0][1] == Cell{265.0}));
}

BOOST_AUTO_TEST_CASE(without_transfers_there_are_no_reports) {
    for (const auto& row : published_table({}, {}).rows) BOOST_TEST((row[2] == Cell{}));
}

BOOST_AUTO_TEST_SUITE_END()
