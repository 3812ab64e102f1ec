#include "base/json.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <random>

using namespace stretto;

namespace {

std::string printed(std::string_view value) {
    std::string out;
    append_json(out, value);
    return out;
}
std::string by_another_library(std::string_view value) {
    using Json = nlohmann::json;
    return Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_json)

BOOST_AUTO_TEST_CASE(a_string_is_printed_as_another_library_does) {
    for (int c = 0; c < 0x100; ++c) {
        const std::string one(1, static_cast<char>(c));
        BOOST_TEST(printed("a" + one + "b") == by_another_library("a" + one + "b"));
    }
    for (const std::string text :
         {"", "Für Elise", "\xf0\x9d\x84\x9e", "\xed\xa0\x80", "\xe2\x82", "\xc0\xaf", "\xff\xfe",
          "\xf4\x90\x80\x80", "\xe0\x80\xaf", "\xf0\x9d\x84", "\xf0\x9d\x84q", "\xe2\x82\xc3\xbc"})
        BOOST_TEST(printed(text) == by_another_library(text));
}
BOOST_AUTO_TEST_CASE(random_bytes_are_printed_as_another_library_does) {
    std::mt19937 random{17};
    constexpr std::string_view bytes =
        "a\"\x80\xbf\xc3\xe0\xe2\xed\xf0\xf4\x9f\xa0\x90\x8f\xff\x01";
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (int n = 0; n < 6; ++n) text += bytes[random() % bytes.size()];
        BOOST_TEST_REQUIRE(printed(text) == by_another_library(text));
        BOOST_TEST_REQUIRE(valid_utf8(text) ==
                           nlohmann::json::parse(by_another_library(text)).get<std::string>());
    }
}
BOOST_AUTO_TEST_CASE(objects_and_lists_nest) {
    std::string out;
    JsonObject json{out};
    append_json(json["n"], INT64_MIN);
    append_json_list(json["list"], std::vector{1, 2},
                     [](std::string& to, int n) { append_json(to, n); });
    append_json_list(json["empty"], std::vector<int>{}, [](std::string&, int) {});
    JsonObject{json["object"]}.end();
    json.end();
    BOOST_TEST(out == R"({"n":-9223372036854775808,"list":[1,2],"empty":[],"object":{}})");
}

BOOST_AUTO_TEST_SUITE_END()
