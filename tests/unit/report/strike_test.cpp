#include "report/strike.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

namespace {

std::string log_line(const std::string& target, const std::string& session,
                     const std::string& referer = "-") {
    return "192.0.2.0 - - [27/Nov/2026:18:13:20 +0000] \"GET " + target +
           " HTTP/1.1\" 206 36396 \"" + referer + "\" \"agent\" HIT 12 \"" + session + "\" \"-\"";
}

std::string without(std::string line, const std::string& id) {
    const auto is_id = [&](std::string_view value) { return value == id; };
    const auto before = line;
    const bool struck = strike(line, is_id) == Struck::some;
    BOOST_TEST(struck == (line != before));
    return line;
}

bool mentioned(std::string_view line, const std::string& id) {
    return mentions(line, [&](std::string_view value) { return value == id; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_strike)

BOOST_AUTO_TEST_CASE(session_query_and_path_of_a_line_become_a_dash) {
    BOOST_TEST(without(log_line("/a/s1/b?x=s1&y=s10", "s1", "http://h/s1?s1"), "s1") ==
               log_line("/a/-/b?x=-&y=s10", "-", "http://h/-?-"));
}
BOOST_AUTO_TEST_CASE(a_path_in_a_line_of_another_session_is_unchanged) {
    const auto line = log_line("/songs/x/96/chunk_0.ogg", "other");
    for (const auto* id : {"songs", "96", "GET", "HIT", "12", "206", "192.0.2.0", "agent", "-"})
        BOOST_TEST(without(line, id) == line);
}
BOOST_AUTO_TEST_CASE(encoded_values_are_found) {
    for (const auto* value : {"b%C3%A4r%20%221%22", "b\\xc3\\xa4r+\\x221\\x22",
                              "sf%3Do%2Csid%3D%22b%C3%A4r%20%221%22%22"})
        BOOST_TEST(without(log_line(std::string{"/?l="} + value, "x"), "b\xc3\xa4r \"1\"") ==
                   log_line("/?l=-", "x"));
    BOOST_TEST(without(log_line("/?l=%ZZ%2", "x"), "y") == log_line("/?l=%ZZ%2", "x"));
}
BOOST_AUTO_TEST_CASE(an_invalid_line_is_unchanged) {
    std::string line = "GET /?l=a HTTP/1.1";
    BOOST_TEST((strike(line, [](auto) { return true; }) == Struck::nothing));
    BOOST_TEST(line == "GET /?l=a HTTP/1.1");
}
BOOST_AUTO_TEST_CASE(an_id_in_json_is_a_whole_value) {
    BOOST_TEST(
        mentioned(R"({"a":"x","b" : "l\u00e4\ud83d\ude00\n1"})", "l\xc3\xa4\xf0\x9f\x98\x80\n1"));
    BOOST_TEST(mentioned(R"({"a":["x\"\\"]})", "x\"\\"));
    BOOST_TEST(!mentioned(R"({"a":"x","b":1})", "b"));
    BOOST_TEST(!mentioned(R"({"a":"x","b":1})", "1"));
    BOOST_TEST(!mentioned(R"({"a":"xyz","b":"\)", "y"));
}
BOOST_AUTO_TEST_CASE(an_id_in_another_line_is_a_value_of_a_query) {
    BOOST_TEST(mentioned(R"(h [t] "GET /?l=x HTTP/1.1" 200 0 "-" "x")", "x"));
    BOOST_TEST(!mentioned(R"(h [t] "GET /x/y HTTP/1.1" 200 0 "-" "x")", "x"));
}

BOOST_AUTO_TEST_SUITE_END()
