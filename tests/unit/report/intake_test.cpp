#include "report/intake.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <random>
#include <tuple>

#include "report/partial.hpp"

using namespace stretto;
using namespace stretto::report;

namespace {

struct Fixture {
    Intake intake(const Intake::Limits& limits = {}) {
        return {names, "", [this](const std::string& id, Session& s) { taken.emplace_back(id, s); },
                limits};
    }
    /// All sessions that were taken, in an order of their own.
    std::vector<std::string> printed() {
        std::vector<std::string> lines;
        for (const auto& [id, session] : taken) lines.push_back(print_partial(id, session, names));
        std::sort(lines.begin(), lines.end());
        return lines;
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

BOOST_AUTO_TEST_CASE(strangers_sessions_end_no_session_early) {
    auto in = intake({.open = 4, .remembered = 4});
    in.add(event("a", 0, events::Kind::start));
    in.add(event("a", 1));
    const auto flood = [&](const char* kind) {
        for (int i = 0; i < 500; ++i) in.add(event((kind + std::to_string(i)).c_str(), 0));
    };
    flood("open ");
    in.add(event("a", 1));
    flood("more ");
    in.add(event("a", 3, events::Kind::end));
    BOOST_TEST(taken.empty());
    flood("again ");
    in.add(event("a", 2));
    BOOST_TEST_REQUIRE(taken.size() == 1u);
    BOOST_TEST(taken[0].first == "a");
    BOOST_TEST(taken[0].second.heard() == 2700);
    BOOST_TEST(in.counts().doubled == 1);
    in.finish();
    BOOST_TEST(taken.size() == 1501u);
    BOOST_TEST(in.counts().events == 1504);
    BOOST_TEST(in.counts().skipped() == 1);
}

BOOST_AUTO_TEST_CASE(a_repeated_session_counts_once_whatever_ended_since) {
    auto in = intake({.open = 4, .remembered = 4});
    const auto play = [&] {
        in.add(event("a", 0, events::Kind::start));
        in.add(event("a", 1, events::Kind::end));
        in.add(event("a", 2, events::Kind::upload));
    };
    play();
    for (int i = 0; i < 500; ++i) in.add(event(std::to_string(i).c_str(), 0, events::Kind::end));
    BOOST_TEST(taken.size() == 501u);
    play();
    in.finish();
    BOOST_TEST(taken.size() == 501u);
    BOOST_TEST(in.counts().doubled == 3);
    BOOST_TEST(in.counts().events == 503);
}

BOOST_AUTO_TEST_CASE(memory_for_few_sessions_gives_what_memory_for_all_gives) {
    std::mt19937 random{7};
    std::vector<std::string> ids;
    for (int i = 0; i < 60; ++i) ids.push_back("session " + std::to_string(i));
    std::vector<events::Event> lines;
    for (const auto& id : ids) {
        const auto last = static_cast<std::int64_t>(random() % 12);
        for (std::int64_t seq = 0; seq <= last; ++seq) {
            auto line = event(id.c_str(), seq);
            line.kind = seq == 0      ? events::Kind::start
                        : seq == last ? events::Kind::end
                                      : std::array{events::Kind::progress, events::Kind::chunk,
                                                   events::Kind::stall, events::Kind::reject,
                                                   events::Kind::playing}[random() % 5];
            line.title = seq == 0 ? "a title" : "";
            line.source = "edge";
            line.from = "eu-west";
            line.kbps = 96, line.bytes = 1000, line.audio_ms = 2000, line.first_byte_ms = 7;
            line.startup_ms = 400;
            line.received_ms = line.sent_ms = 1'700'000'000'000 + line.time_ms;
            line.address = "192.0.2.7";
            lines.insert(lines.end(), 1 + random() % 2, line);
        }
    }
    std::shuffle(lines.begin(), lines.end(), random);
    const auto collect = [&](const Intake::Limits& limits) {
        taken.clear();
        auto in = intake(limits);
        for (const auto& line : lines) in.add(line);
        in.finish();
        return std::tuple{printed(), in.counts().events, in.counts().doubled};
    };
    const auto all = collect({});
    BOOST_TEST(std::get<0>(all).size() == ids.size());
    BOOST_TEST((collect({.open = 5, .remembered = 3}) == all));
    BOOST_TEST((collect({.open = 2, .remembered = 1}) == all));
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

BOOST_AUTO_TEST_SUITE_END()
