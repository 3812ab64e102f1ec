#include "report/away.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

using namespace stretto::report;

namespace {

OpenSession session(std::int64_t heard_ms) {
    OpenSession open;
    open.session.heard_ms = heard_ms;
    open.session.title = std::string(300, 't');
    open.session.clock.add(heard_ms, -1, -1);
    open.seen.add(heard_ms);
    return open;
}

std::map<std::string, std::int64_t> all(const Away& away) {
    std::map<std::string, std::int64_t> heard;
    away.each([&](const std::string& id, Session& s) {
        BOOST_TEST(heard.emplace(id, s.heard_ms).second);
    });
    return heard;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_away)

BOOST_AUTO_TEST_CASE(a_session_comes_back_as_it_was_and_once) {
    Away away{2};
    auto a = session(5), b = session(6);
    away.put(1, "a", a);
    away.put(2, "b", b);
    away.settle();
    const auto back = away.take(1, "a");
    BOOST_TEST_REQUIRE(back.has_value());
    BOOST_TEST(back->session.heard_ms == 5);
    BOOST_TEST(back->session.title == a.session.title);
    BOOST_TEST(back->session.clock.lines() == 1);
    auto seen = back->seen;
    BOOST_TEST(!seen.add(5));
    BOOST_TEST(!away.take(1, "a").has_value());
    BOOST_TEST(!away.take(2, "another id").has_value());
    BOOST_TEST((all(away) == std::map<std::string, std::int64_t>{{"b", 6}}));
}

BOOST_AUTO_TEST_CASE(sessions_that_come_and_go_take_bounded_room) {
    constexpr std::uint64_t least = 20'000;
    Away away{4, least};
    for (std::int64_t round = 0; round < 200; ++round)
        for (std::uint64_t key = 0; key < 10; ++key) {
            const auto id = std::to_string(key);
            const auto back = away.take(key, id);
            BOOST_REQUIRE(back.has_value() == (round > 0));
            if (back) BOOST_REQUIRE(back->session.heard_ms == round - 1);
            auto now = session(round);
            away.put(key, id, now);
            away.settle();
            BOOST_REQUIRE(away.bytes() < 2 * least);
        }
    const auto left = all(away);
    BOOST_TEST(left.size() == 10u);
    for (const auto& [id, heard_ms] : left) BOOST_TEST(heard_ms == 199);
}

BOOST_AUTO_TEST_SUITE_END()
