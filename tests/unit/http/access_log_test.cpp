#include "http/access_log.hpp"

#include <arpa/inet.h>
#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>

#include "base/error.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

struct Folder {
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "stretto-log-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

std::string contents(const std::filesystem::path& path) {
    return std::string{as_text(read_file(path, 1u << 20))};
}

net::Address peer() {
    sockaddr_storage raw{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(raw);
    v4.sin_family = AF_INET;
    inet_pton(AF_INET, "192.0.2.77", &v4.sin_addr);
    return net::Address{raw};
}

std::string line_of(const LogEntry& entry, bool full = false) {
    const Folder folder;
    AccessLog log{folder.path / "log", full};
    LogLines{log}.add(peer(), entry);
    return contents(folder.path / "log");
}

LogEntry get(std::string_view target) {
    return {"GET", target, "", "", "", 1, 1, 200, 0, 0, "", ""};
}

/// What follows the time.
std::string rest_of(const LogEntry& entry) {
    const auto line = line_of(entry);
    return line.substr(line.find("] ") + 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_access_log)

BOOST_AUTO_TEST_CASE(a_line_is_in_the_combined_format_with_cache_and_milliseconds) {
    const auto line =
        line_of({"GET", "/a?b", "http://c/", "d/1", "HIT", 1, 1, 206, 1234, 5, "s1", "eu-west"});
    const std::regex shape{
        R"re(192\.0\.2\.0 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /a\?b HTTP/1\.1" 206 1234 "http://c/" "d/1" HIT 5 "s1" "eu-west"\n)re"};
    BOOST_TEST(std::regex_match(line, shape), line);
}
BOOST_AUTO_TEST_CASE(addresses_are_shortened_by_default) {
    BOOST_TEST(line_of(get("/"), true).starts_with("192.0.2.77 - - "));
    BOOST_TEST(line_of(get("/"), false).starts_with("192.0.2.0 - - "));
}
BOOST_AUTO_TEST_CASE(nothing_that_is_quoted_can_end_the_quotes_or_drive_a_terminal) {
    std::string every;
    for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
    const auto line = line_of({"GET", every, every, every, "", 1, 1, 200, 0, 0, every, every});
    for (const char c : line.substr(0, line.size() - 1)) BOOST_TEST((c >= ' ' && c <= '~'));
    BOOST_TEST(std::count(line.begin(), line.end(), '"') == 10);
    BOOST_TEST(line.find(R"(\x00\x01)") != std::string::npos);
    BOOST_TEST(line.find(R"(!\x22#)") != std::string::npos);
    BOOST_TEST(line.find(R"([\x5c])") != std::string::npos);
    BOOST_TEST(line.find(R"(~\x7f\x80)") != std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_missing_value_is_a_dash) {
    BOOST_TEST(rest_of({"GET", "/", "", "", "", 1, 0, 200, 0, 0, "", ""}) ==
               "\"GET / HTTP/1.0\" 200 0 \"-\" \"-\" - 0 \"-\" \"-\"\n");
    BOOST_TEST(rest_of({"GET", "/", "", "", "", 2, 0, 200, 0, 0, "", ""}) ==
               "\"GET / HTTP/2.0\" 200 0 \"-\" \"-\" - 0 \"-\" \"-\"\n");
    BOOST_TEST(rest_of({"", "", "", "", "", 1, 1, 400, 11, 0, "", ""}) ==
               "\"-\" 400 11 \"-\" \"-\" - 0 \"-\" \"-\"\n");
}
BOOST_AUTO_TEST_CASE(a_session_is_the_sid_of_cmcd) {
    const auto session = [](const char* value) {
        return session_of(Fields{{"cmcd-session", value}});
    };
    BOOST_TEST(session(R"(cid="x",sf=o,sid="6e2f-1",st=v)") == "6e2f-1");
    BOOST_TEST(session(R"(sid="a\"b")") == "a\"b");
    BOOST_TEST(session(R"(cid="sid")").empty());
    BOOST_TEST(session("sid=5").empty());
    BOOST_TEST(session(R"(sid="open)").empty());
    BOOST_TEST(session(("sid=\"" + std::string(100, 'x') + '"').c_str()).size() == 64U);
    BOOST_TEST(session_of({}).empty());
}
BOOST_AUTO_TEST_CASE(via_contains_the_last_server_on_the_path) {
    const auto via = [](const char* value) { return via_of(Fields{{"Via", value}}); };
    BOOST_TEST(via("1.1 eu-west") == "eu-west");
    BOOST_TEST(via("1.0 far, HTTP/1.1  near:8481 (a, comment)") != "far");
    BOOST_TEST(via("1.0 far, 1.1 near:8481") == "near:8481");
    BOOST_TEST(via("1.1 near (x)") == "near");
    BOOST_TEST(via("odd") == "odd");
    BOOST_TEST(via("").empty());
    BOOST_TEST(via_of({}).empty());
}
BOOST_AUTO_TEST_CASE(a_log_is_appended_to_and_can_be_reopened) {
    const Folder folder;
    const auto path = folder.path / "log", old = folder.path / "old";
    for (int i = 0; i < 2; ++i) AccessLog{path, false}.write("a\n");
    BOOST_TEST(contents(path) == "a\na\n");
    AccessLog log{path, false};
    std::filesystem::rename(path, old);
    log.write("b\n");
    log.reopen();
    log.write("c\n");
    BOOST_TEST(contents(old) == "a\na\nb\n");
    BOOST_TEST(contents(path) == "c\n");
}
BOOST_AUTO_TEST_CASE(the_old_log_is_kept_when_the_new_one_cannot_be_opened) {
    const Folder folder;
    std::filesystem::create_directory(folder.path / "a");
    AccessLog log{folder.path / "a/log", false};
    std::filesystem::rename(folder.path / "a", folder.path / "b");
    BOOST_CHECK_THROW(log.reopen(), Error);
    log.write("kept\n");
    BOOST_TEST(contents(folder.path / "b/log") == "kept\n");
}
BOOST_AUTO_TEST_CASE(lines_that_a_full_disk_does_not_take_are_counted) {
    AccessLog log{"/dev/full", false};
    {
        LogLines lines{log};
        for (int i = 0; i < 3; ++i) lines.add(peer(), get("/"));
    }
    BOOST_TEST(log.lost() == 3U);
}
BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened_is_an_error_and_an_empty_path_disables_logging) {
    BOOST_CHECK_THROW((AccessLog{"/nowhere/log", false}), Error);
    AccessLog none{"", false};
    BOOST_TEST(!none.enabled());
    none.reopen();
    LogLines{none}.add(peer(), get("/"));
}

BOOST_AUTO_TEST_SUITE_END()
