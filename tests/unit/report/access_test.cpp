#include "report/access.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

namespace {

const std::string line =
    R"(192.0.2.0 - - [27/Nov/2026:18:13:20 +0000] "GET /songs/x/96/chunk_0.ogg HTTP/1.1" 206 36396 "http://a/" "b\x22 c" HIT 12 "s-1" "eu-west")";

std::string with(std::string_view from, std::string_view to) {
    std::string other = line;
    other.replace(other.find(from), from.size(), to);
    return other;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_access)

BOOST_AUTO_TEST_CASE(a_line_is_read) {
    const auto access = parse_access(line);
    BOOST_REQUIRE(access);
    BOOST_TEST(access->time_ms == 1795803200000);
    BOOST_TEST(access->status == 206);
    BOOST_TEST(access->bytes == 36396);
    BOOST_TEST(access->cache == "HIT");
    BOOST_TEST(access->session == "s-1");
    BOOST_TEST(access->via == "eu-west");
}
BOOST_AUTO_TEST_CASE(a_dash_means_that_session_or_via_is_absent) {
    const auto other = with(R"(HIT 12 "s-1" "eu-west")", R"(- 12 "-" "-")");
    const auto access = parse_access(other);
    BOOST_REQUIRE(access);
    BOOST_TEST(access->cache == "-");
    BOOST_TEST(access->session.empty());
    BOOST_TEST(access->via.empty());
}
BOOST_AUTO_TEST_CASE(a_line_of_before_sessions_were_logged_is_read) {
    const auto other = with(R"( "s-1" "eu-west")", "");
    const auto access = parse_access(other);
    BOOST_REQUIRE(access);
    BOOST_TEST(access->session.empty());
    BOOST_TEST(access->bytes == 36396);
}
BOOST_AUTO_TEST_CASE(a_request_that_could_not_be_read_has_a_line_too) {
    BOOST_TEST(parse_access(with("GET /songs/x/96/chunk_0.ogg HTTP/1.1", "-")).has_value());
}
BOOST_AUTO_TEST_CASE(days_are_those_of_the_calendar) {
    BOOST_TEST(parse_access(with("27/Nov/2026:18:13:20", "01/Jan/1970:00:00:01"))->time_ms == 1000);
    BOOST_TEST(parse_access(with("27/Nov/2026", "29/Feb/2028")).has_value());
    for (const auto* day : {"29/Feb/2026", "31/Nov/2026", "00/Nov/2026", "27/Nob/2026",
                            "27/ovD/2026", "27/Nov/1969", "27/Nov/9999", "2x/Nov/2026"})
        BOOST_TEST(!parse_access(with("27/Nov/2026", day)), day);
    for (const auto* time : {":24:13:20 +0000", ":18:60:20 +0000", ":18:13:61 +0000",
                             ":18:13:20 +0100", ":18-13:20 +0000", ":18:13 +0000"})
        BOOST_TEST(!parse_access(with(":18:13:20 +0000", time)), time);
}
BOOST_AUTO_TEST_CASE(every_truncated_line_is_refused) {
    const auto without = line.find(" \"s-1\"");
    for (std::size_t n = 0; n < line.size(); ++n) {
        const auto access = parse_access(std::string_view{line}.substr(0, n));
        // a number may end early, and what stands behind it was not always there
        if (n <= without + 1 && n >= without - 1) continue;
        BOOST_TEST(!access, line.substr(0, n));
    }
}
BOOST_AUTO_TEST_CASE(other_lines_are_refused) {
    for (const auto* other :
         {"", "-", "{}", "not read",
          R"(1.2.3.4 - - [27/Nov/2026:18:13:20 +0000] "GET / HTTP/1.1" 200 5 "-" "curl")",
          "\" [\" \"", "Nov 27 18:13:20 host sshd[1]: no"})
        BOOST_TEST(!parse_access(other), other);
    BOOST_TEST(!parse_access(with("36396", "-5")));
    BOOST_TEST(!parse_access(with("36396", "9999999999999999999")));
    BOOST_TEST(!parse_access(with("206", "2060")));
    BOOST_TEST(!parse_access(with("206", "1000000000006")));
    BOOST_TEST(!parse_access(with("HIT", "SOME")));
    BOOST_TEST(!parse_access(line + " more"));
    BOOST_TEST(!parse_access(with("s-1", std::string(300, 'x'))));
}
BOOST_AUTO_TEST_CASE(a_server_has_the_name_of_its_log) {
    BOOST_TEST(server_of_log("logs/eu-west.log") == "eu-west");
    BOOST_TEST(server_of_log("eu-west.log.2.gz") == "eu-west");
    BOOST_TEST(server_of_log("access") == "access");
    BOOST_TEST(server_of_log("-") == "-");
}

BOOST_AUTO_TEST_SUITE_END()
