#include "report/intake.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace stretto;
using namespace stretto::report;

namespace {

struct Fixture {
    Intake intake(std::size_t most_open = Intake::default_most_open) {
        return {names, "", [this](const std::string& id, Session& s) { taken.emplace_back(id, s); },
                most_open};
    }
    static events::Event event(const char* session, std::int64_t seq,
                               events::Kind kind = events::Kind::progress) {
        events::Event e;
        e.kind = kind;
        e.seq = seq;
        e.time_ms = 1000 * seq;
        e.session = session;
        e.listener = "l";
        e.song = "x";
        e.why = "finished";
        e.heard_ms = 900 * seq;
        return e;
    }
    Dictionary names;
    std::vector<std::pair<std::string, Session>> taken;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_intake, Fixture)

BOOST_AUTO_TEST_CASE(any_order_of_numbers_is_seen_once) {
    std::mt19937 random{1};
    std::vector<std::int64_t> numbers(5000);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
    std::shuffle(numbers.begin(), numbers.end(), random);
    Seen seen;
    for (const auto n : numbers) {
        BOOST_REQUIRE(!seen.all_to(4999));
        BOOST_REQUIRE(seen.add(n));
        BOOST_REQUIRE(!seen.add(n));
    }
    BOOST_TEST(seen.all_to(4999));
    for (const auto n : numbers) BOOST_REQUIRE(!seen.add(n));
}

BOOST_AUTO_TEST_CASE(a_much_higher_number_takes_no_memory_and_forgets_much_lower_ones) {
    Seen seen;
    BOOST_TEST(seen.add(0));
    BOOST_TEST(seen.add(std::int64_t{1} << 50));
    BOOST_TEST(!seen.add(1));
    BOOST_TEST(seen.add((std::int64_t{1} << 50) - 16'000));
    BOOST_TEST(!seen.all_to(std::int64_t{1} << 50));
}

BOOST_AUTO_TEST_CASE(a_session_is_complete_when_its_last_missing_line_arrives) {
    auto in = intake();
    in.add(event("a", 2, events::Kind::end));
    in.add(event("a", 0, events::Kind::start));
    BOOST_TEST(taken.empty());
    in.add(event("a", 1));
    BOOST_TEST_REQUIRE(taken.size() == 1u);
    BOOST_TEST(taken[0].first == "a");
    BOOST_TEST(taken[0].second.heard() == 1800);
    in.add(event("a", 1));
    in.add(event("a", 2, events::Kind::end));
    in.finish();
    BOOST_TEST(taken.size() == 1u);
    BOOST_TEST(in.counts().doubled == 2);
    BOOST_TEST(in.counts().events == 3);
}

BOOST_AUTO_TEST_CASE(a_session_without_an_end_is_passed_on_at_the_end_of_the_input) {
    auto in = intake();
    in.add(event("a", 0));
    in.add(event("b", 5));
    in.finish();
    BOOST_TEST(taken.size() == 2u);
}

BOOST_AUTO_TEST_CASE(too_many_open_sessions_close_those_that_were_silent_longest) {
    auto in = intake(4);
    for (const auto* id : {"a", "b", "c", "d"}) in.add(event(id, 0));
    in.add(event("a", 1));
    in.add(event("e", 0));
    std::vector<std::string> ids;
    for (const auto& [id, session] : taken) ids.push_back(id);
    BOOST_TEST(std::count(ids.begin(), ids.end(), "a") == 0);
    BOOST_TEST(std::count(ids.begin(), ids.end(), "b") == 1);
    in.add(event("b", 1));
    BOOST_TEST(in.counts().late == 1);
    in.finish();
    BOOST_TEST(taken.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_session_has_one_song_and_one_listener) {
    auto in = intake();
    in.add(event("a", 0));
    auto other = event("a", 1);
    other.song = "y";
    in.add(other);
    other = event("a", 1);
    other.listener = "m";
    in.add(other);
    BOOST_TEST(in.counts().foreign == 2);
    BOOST_TEST(in.counts().events == 1);
}

BOOST_AUTO_TEST_CASE(at_most_half_a_million_keys_are_remembered) {
    Remembered keys;
    const auto n = Remembered::generation;
    for (std::uint64_t k = 0; k < 3 * n; ++k) keys.add(k);
    for (std::uint64_t k = 2 * n; k < 3 * n; ++k) BOOST_REQUIRE(keys.has(k));
    BOOST_TEST(!keys.has(0));
}

BOOST_AUTO_TEST_SUITE_END()
