#include "base/json_value.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

using namespace stretto;
using Theirs = nlohmann::ordered_json;  // the oracle

BOOST_AUTO_TEST_SUITE(base_json_value)

namespace {

const std::string sample =
    R"({"id":"x","names":["a","b\n\u0001\"\\"],"n":-3,"big":18446744073709551615,)"
    R"("real":0.1,"whole":2.0,"none":null,"yes":true,"deep":[[],{},[{"k":[1,2]}]],"音":"\u97f3"})";

Json parsed(std::string_view text) { return must(Json::parse(text), "test"); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_printed_value_is_read_back) {
    const auto json = parsed(sample);
    BOOST_TEST(json.dump() == Theirs::parse(sample).dump());
    BOOST_TEST(json.dump(2) == Theirs::parse(sample).dump(2));
    BOOST_TEST(parsed(json.dump(2)).dump() == json.dump());
}
BOOST_AUTO_TEST_CASE(every_sample_cut_short_is_malformed) {
    for (std::size_t n = 0; n < sample.size(); ++n)
        BOOST_TEST(!Json::parse(sample.substr(0, n)), "accepted " << sample.substr(0, n));
    for (const char* bad :
         {"", " ", "{\"a\":1}x", "01", "[1,]", "'a'", "\"\xff\"", "nul", "99999999999999999999999"})
        BOOST_TEST(!Json::parse(bad), "accepted " << bad);
}
BOOST_AUTO_TEST_CASE(depth_has_an_end) {
    BOOST_TEST(!Json::parse(std::string(100'000, '[')));
    BOOST_TEST(!Json::parse(std::string(2000, '[') + std::string(2000, ']')));
    BOOST_TEST(!!Json::parse(std::string(900, '[') + std::string(900, ']')));
}
BOOST_AUTO_TEST_CASE(lists_of_pairs_are_objects) {
    const Json json{{"a", 1}, {"b", {96, 160}}, {"c", nullptr}, {"d", {{"e", "f"}}}};
    BOOST_TEST(json.dump() == R"({"a":1,"b":[96,160],"c":null,"d":{"e":"f"}})");
    BOOST_TEST(Json::array({"a", "b"}).dump() == R"(["a","b"])");
    BOOST_TEST(Json(std::vector<std::string>{"a"}).dump() == R"(["a"])");
    BOOST_TEST(Json(std::optional<double>{}).dump() == "null");
}
BOOST_AUTO_TEST_CASE(doubles_read_back_bit_by_bit) {
    std::mt19937_64 random{1};
    for (int i = 0; i < 20'000; ++i) {
        const double value = i % 2 ? std::ldexp(static_cast<double>(random() >> 11), i % 400 - 250)
                                   : std::round(static_cast<double>(random() % 100'000'000)) / 100;
        BOOST_REQUIRE_EQUAL(parsed(Json(value).dump()).number(), value);
        BOOST_REQUIRE(!parsed(Json(value).dump()).is_integer());
    }
    for (const double v : {0.0, 1.0, -2.5, 1e14, 0.001, 1e-4, 14.4, 100.0})
        BOOST_TEST(Json(v).dump() == Theirs(v).dump());
    BOOST_TEST(Json(NAN).dump() == "null");
    BOOST_TEST(Json(-INFINITY).dump() == "null");
}
BOOST_AUTO_TEST_CASE(values_of_another_type_are_wrong) {
    const auto json = parsed(sample);
    BOOST_CHECK_THROW(json.at("id").integer(), Json::Wrong);
    BOOST_CHECK_THROW(json.at("real").integer(), Json::Wrong);
    BOOST_CHECK_THROW(json.at("big").integer(), Json::Wrong);
    BOOST_CHECK_THROW(json.at("n").natural(), Json::Wrong);
    BOOST_CHECK_THROW(json.at("n").string(), Json::Wrong);
    BOOST_CHECK_THROW(json.at("nothing"), Json::Wrong);
    BOOST_CHECK_THROW(json.at("names").at(2), Json::Wrong);
    BOOST_CHECK_THROW(json.at("id").at("x"), Json::Wrong);
    BOOST_CHECK_THROW(json.at("id").items(), Json::Wrong);
    BOOST_TEST(json.at("n").number() == -3);
    BOOST_TEST(json.at("big").natural() == UINT64_MAX);
    BOOST_TEST(json.at("yes").boolean());
}
BOOST_AUTO_TEST_CASE(of_two_members_with_one_name_the_last_counts) {
    BOOST_TEST(parsed(R"({"a":1,"a":2})").at("a").integer() == 2);
}
BOOST_AUTO_TEST_CASE(members_and_items_are_made_in_null) {
    Json json;
    json["list"].push_back(1);
    json["n"] = 2;
    json.update({{"n", 3}, {"m", 4}});
    BOOST_TEST(json.dump() == R"({"list":[1],"n":3,"m":4})");
    BOOST_CHECK_THROW(json["n"]["x"], Json::Wrong);
    BOOST_CHECK_THROW(json.push_back(1), Json::Wrong);
}

BOOST_AUTO_TEST_SUITE_END()
