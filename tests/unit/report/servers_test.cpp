#include "report/servers.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/error.hpp"
#include "base/text.hpp"

using namespace stretto;
using namespace stretto::report;

namespace {

struct Removed {
    void operator()(const std::filesystem::path* path) const { std::filesystem::remove(*path); }
};

struct Fixture {
    /// Each line is another unless `line` says so.
    void add(std::string_view cache, std::int64_t bytes, std::string_view session, Name server,
             bool to_server = false, const std::string& line = {}, std::int64_t time_ms = 0) {
        Access access;
        access.time_ms = time_ms;
        access.bytes = bytes;
        access.status = 200;
        access.cache = cache;
        access.session = session;
        access.address = "192.0.2.0";
        logs.add(access, line.empty() ? std::to_string(++lines) : line, server,
                 std::to_string(server), to_server);
    }
    KnownServers known(const std::string& json) {
        const auto file = std::filesystem::temp_directory_path() / text("servers-", ::getpid());
        std::ofstream{file} << json;
        const std::unique_ptr<const std::filesystem::path, Removed> owner{&file};
        return KnownServers{file};
    }
    ServerLogs logs;
    int lines = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_servers, Fixture)

BOOST_AUTO_TEST_CASE(reported_bytes_are_not_counted_twice_in_any_order_of_input) {
    for (const bool first : {false, true}) {
        logs = {};
        if (first) logs.reported(session_key("a"));
        add("HIT", 10, "a", 3);
        add("MISS", 20, "a", 3);
        add("HIT", 100, "b", 3);
        add("MISS", 200, "", 3);
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
BOOST_AUTO_TEST_CASE(servers_are_distinguished_by_their_names) {
    logs.reported(session_key("a"));
    add("HIT", 1, "a", 1);
    add("HIT", 2, "a", 2);
    add("-", 4, "b", 1);
    BOOST_TEST(logs.sum().at(1).reported == 1);
    BOOST_TEST(logs.sum().at(2).reported == 2);
    BOOST_TEST(logs.sum().at(1).origin == 4);
}
BOOST_AUTO_TEST_CASE(requests_of_known_servers_are_not_listeners_requests) {
    logs.reported(session_key("a"));
    add("-", 5, "a", 1, true);
    add("MISS", 6, "b", 1, true);
    const auto of = logs.sum().at(1);
    BOOST_TEST(of.to_servers == 11);
    BOOST_TEST(of.unreported() == 0);
    BOOST_TEST(of.reported == 0);
    BOOST_TEST(of.unreported_requests == 0);
}
BOOST_AUTO_TEST_CASE(without_logs_the_table_of_servers_is_empty) {
    logs.reported(session_key("a"));
    BOOST_TEST(logs.sum().empty());
}
BOOST_AUTO_TEST_CASE(a_line_counts_as_often_as_one_pass_contains_it) {
    for (int file = 0; file < 2; ++file) {
        logs.next_file();
        add("HIT", 5, "", 1, false, "twice");
        add("HIT", 5, "", 1, false, "twice");
        add("HIT", 7, "", 1, false, "once");
    }
    add("HIT", 7, "", 2, false, "once");  // another server's
    BOOST_TEST(logs.sum().at(1).bytes == 17);
    BOOST_TEST(logs.sum().at(1).requests == 3);
    BOOST_TEST(logs.sum().at(2).bytes == 7);
}
BOOST_AUTO_TEST_CASE(a_new_pass_begins_if_times_in_a_log_go_back) {
    for (int pass = 0; pass < 2; ++pass)
        for (int i = 0; i < 100; ++i)
            add("HIT", 5, "", 1, false, "line " + std::to_string(i), i * 1000);
    BOOST_TEST(logs.sum().at(1).bytes == 500);
}
BOOST_AUTO_TEST_CASE(a_partial_report_gives_the_same_sums) {
    ServerLogs other;
    for (int i = 0; i < 1000; ++i) {
        const auto session = std::to_string(i % 50);
        add(i % 3 ? "HIT" : "MISS", i, i % 7 ? session : "", static_cast<Name>(i % 4));
        if (i % 50 < 20) logs.reported(session_key(session));
    }
    logs.each_line([&](const Logged& logged) { other.add(logged); });
    logs.each_reported([&](std::uint64_t session) { other.reported(session); });
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
BOOST_AUTO_TEST_CASE(servers_are_known_by_their_addresses) {
    const auto servers = known(
        R"([{"name":"a","url":"http://192.0.2.7:8481"},{"name":"b","url":"https://edge.example",
            "addresses":["198.51.100.64/26","2001:db8:1:2::5"]},{"url":"http://[2001:db8:9::1]:1"}])");
    for (const auto* address : {"192.0.2.7", "192.0.2.0", "198.51.100.65", "198.51.100.0",
                                "2001:db8:1:2::5", "2001:db8:1::", "2001:db8:9::1"})
        BOOST_TEST(servers.has(address), address);
    for (const auto* address : {"192.0.2.8", "192.0.3.0", "198.51.100.128",
                                "2001:db8:2::", "2001:db8:1:2::6", "-", "", "eu-west"})
        BOOST_TEST(!servers.has(address), address);
}
BOOST_AUTO_TEST_CASE(a_list_without_addresses_is_refused) {
    for (const auto* json : {"", "{}", "[]", R"([{"name":"a","url":"https://edge.example"}])",
                             R"([{"addresses":["192.0.2.0/33"]}])", R"([{"addresses":["here"]}])",
                             R"([{"addresses":[7]}])", R"([{"addresses":7}])", "[7]"})
        BOOST_CHECK_THROW(known(json), stretto::Error);
}

BOOST_AUTO_TEST_SUITE_END()
