#include "http/structured.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

/// "key=value" of each member, joined by blanks; "bad" for what is no dictionary.
std::string read(std::string_view text) {
    const auto members = parse_dictionary(text);
    if (!members) return "bad";
    std::string out;
    for (const auto& [key, value] : *members) {
        if (!out.empty()) out += ' ';
        out += key + '=';
        if (const auto truth = std::get_if<bool>(&value)) out += *truth ? "yes" : "no";
        if (const auto number = std::get_if<std::int64_t>(&value)) out += std::to_string(*number);
        if (const auto words = std::get_if<std::string>(&value)) out += "'" + *words + "'";
        if (const auto bytes = std::get_if<stretto::Bytes>(&value))
            out.append(":").append(stretto::as_text(*bytes)).append(":");
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_structured)

BOOST_AUTO_TEST_CASE(members_of_every_type) {  // RFC 8941 3.2, 3.3
    BOOST_TEST(read("a, b=5 , c=-7,\td=tok/en:x, e=\"q\\\"\\\\,\", f=?0, g=?1") ==
               "a=yes b=5 c=-7 d='tok/en:x' e='q\"\\,' f=no g=yes");
    BOOST_TEST(read("a=1.5, b=:aGVsbG8=:, c=(1 \"x\";p tok), d=()") == "a= b=:hello: c= d=");
    BOOST_TEST(read("a=::, b=:aGVsbG8:") == "a=:: b=:hello:");  // 4.2.7: padding may be missing
    BOOST_TEST(read("*a-b_c.1*=1") == "*a-b_c.1*=1");
    BOOST_TEST(read("") == "");
    BOOST_TEST(read("  ") == "");
    BOOST_TEST(read("a=999999999999999") == "a=999999999999999");
}
BOOST_AUTO_TEST_CASE(parameters_are_checked_and_left_out) {
    BOOST_TEST(read("a=1;x;y=2;z=\"s\", b;q=1.0, c=(1);w") == "a=1 b=yes c=");
    BOOST_TEST(read("a=1; x=2") == "a=1");
    BOOST_TEST(read("a=1 ;x") == "bad");
    BOOST_TEST(read("a=1;X") == "bad");
    BOOST_TEST(read("a=1;") == "bad");
    BOOST_TEST(read("a=1;x =2") == "bad");
}
BOOST_AUTO_TEST_CASE(the_last_value_of_a_repeated_key_is_used_at_the_place_of_the_first) {  // 4.2.2
    BOOST_TEST(read("a=1, b=2, a=3") == "a=3 b=2");
}
BOOST_AUTO_TEST_CASE(other_texts_are_not_dictionaries) {
    for (const auto text : {"a,",
                            ",a",
                            "a,,b",
                            "A=1",
                            "1",
                            "=1",
                            "a b",
                            "a=",
                            "a= 1",
                            "a =1",
                            "a=1 b=2",
                            "a=1.",
                            "a=.5",
                            "a=--1",
                            "a=1.2345",
                            "a=1234567890123.1",
                            "a=1000000000000000",
                            "a=\"x",
                            "a=\"\\x\"",
                            "a=\"\\",
                            "a=\"\t\"",
                            "a=\"\xc3\xa9\"",
                            "a=?2",
                            "a=?",
                            "a=:x",
                            "a=:*:",
                            "a=(1",
                            "a=(1,2)",
                            "a=(1\t2)",
                            "a=(1\"x\")",
                            "a=&",
                            "max-age=10000, &&&&&",
                            "a=1,\n",
                            "a='1'"})
        BOOST_TEST(read(text) == "bad", text);
}
BOOST_AUTO_TEST_CASE(names_are_tokens_where_they_can_be) {  // 4.1.6, 4.1.7
    BOOST_TEST(print_token_or_string("eu-west") == "eu-west");
    BOOST_TEST(print_token_or_string("Eu/West:1") == "Eu/West:1");
    BOOST_TEST(print_token_or_string("1st") == "\"1st\"");
    BOOST_TEST(print_token_or_string("") == "\"\"");
    BOOST_TEST(print_token_or_string("a \"b\"\\") == "\"a \\\"b\\\"\\\\\"");
    BOOST_TEST(print_token_or_string("a\r\nb\xc3") == "\"a??b?\"");
}

BOOST_AUTO_TEST_SUITE_END()
