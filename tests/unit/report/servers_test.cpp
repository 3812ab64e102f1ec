#include "report/servers.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

namespace {

Access access(std::string_view cache, std::int64_t bytes, std::string_view session,
              std::string_view via = "") {
    return {0, bytes, 200, cache, session, via};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_servers)

BOOST_AUTO_TEST_CASE(what_a_player_reports_is_not_counted_again_whatever_is_read_first) {
    for (const bool first : {false, true}) {
        ServerLogs logs;
        if (first) logs.reported(session_key("a"));
        logs.add(access("HIT", 10, "a"), 3);
        logs.add(access("MISS", 20, "a"), 3);
        logs.add(access("HIT", 100, "b"), 3);
        logs.add(access("MISS", 200, ""), 3);
        if (!first) logs.reported(session_key("a"));
        const auto sums = logs.sum();
        BOOST_REQUIRE(sums.size() == 1U);
        const auto& of = sums.at(3);
        BOOST_TEST(of.requests == 4);
        BOOST_TEST(of.bytes == 330);
        BOOST_TEST(of.reported == 30);
        BOOST_TEST(of.hit == 100);
        BOOST_TEST(of.miss == 200);
        BOOST_TEST(of.unreported() == 300);
        BOOST_TEST(of.unreported_requests == 2);
    }
}
BOOST_AUTO_TEST_CASE(servers_are_told_apart) {
    ServerLogs logs;
    logs.reported(session_key("a"));
    logs.add(access("HIT", 1, "a"), 1);
    logs.add(access("HIT", 2, "a"), 2);
    logs.add(access("-", 4, "b"), 1);
    BOOST_TEST(logs.sum().at(1).reported == 1);
    BOOST_TEST(logs.sum().at(2).reported == 2);
    BOOST_TEST(logs.sum().at(1).origin == 4);
}
BOOST_AUTO_TEST_CASE(what_a_server_asked_for_is_no_listeners_whoever_it_was_for) {
    ServerLogs logs;
    logs.reported(session_key("a"));
    logs.add(access("-", 5, "a", "eu-west"), 1);
    logs.add(access("MISS", 6, "b", "eu-west"), 1);
    const auto of = logs.sum().at(1);
    BOOST_TEST(of.to_servers == 11);
    BOOST_TEST(of.unreported() == 0);
    BOOST_TEST(of.reported == 0);
    BOOST_TEST(of.unreported_requests == 0);
}
BOOST_AUTO_TEST_CASE(without_logs_there_are_no_servers) {
    ServerLogs logs;
    logs.reported(session_key("a"));
    BOOST_TEST(logs.sum().empty());
}
BOOST_AUTO_TEST_CASE(what_is_passed_on_gives_the_same_sums) {
    ServerLogs logs, other;
    for (int i = 0; i < 1000; ++i) {
        const auto session = std::to_string(i % 50);
        logs.add(access(i % 3 ? "HIT" : "MISS", i, i % 7 ? session : ""), static_cast<Name>(i % 4));
        if (i % 50 < 20) logs.reported(session_key(session));
    }
    int records = 0;
    logs.each([&](const Sent& sent) {
        other.add(sent);
        ++records;
    });
    BOOST_TEST(records < 500);
    const auto a = logs.sum(), b = other.sum();
    BOOST_REQUIRE(a.size() == b.size());
    for (const auto& [name, of] : a) {
        BOOST_TEST(of.requests == 250);
        BOOST_TEST(b.at(name).requests == 250);
        BOOST_TEST(b.at(name).bytes == of.bytes);
        BOOST_TEST(b.at(name).reported == of.reported);
        BOOST_TEST(b.at(name).hit == of.hit);
        BOOST_TEST(of.reported + of.unreported() == of.bytes);
    }
}

BOOST_AUTO_TEST_SUITE_END()
