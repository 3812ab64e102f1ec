#include "base/config.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_config)

BOOST_AUTO_TEST_CASE(values_become_words_of_a_command_line_in_the_order_of_the_file) {
    const auto settings = parse_config(
        "name = \"a # b\"\nlisten = [\"h:1\", 'h:2']\ngrace = 30\nrate-limit = 2.5\nquiet = true\n",
        "f");
    BOOST_REQUIRE(settings.size() == 5u);
    const std::vector<std::vector<std::string>> values = {
        {"a # b"}, {"h:1", "h:2"}, {"30"}, {"2.5"}, {"true"}};
    for (std::size_t i = 0; i < values.size(); ++i) {
        BOOST_TEST(settings[i].values == values[i], boost::test_tools::per_element());
        BOOST_TEST(settings[i].line == i + 1);
    }
    BOOST_TEST(settings[1].name == "listen");
    BOOST_TEST(parse_config("# nothing\n", "f").empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_option_is_refused_with_its_line) {
    for (const auto* bad : {"\nx y", "\n[section]", "\nx = 2026-11-29", "\nx = [[1]]",
                            "\nx = {a = 1}", "\nx.y = 1", "\nx = \"open"})
        BOOST_CHECK_EXCEPTION(parse_config(bad, "f"), Error, [](const Error& e) {
            return e.exit() == EX_CONFIG && std::string{e.what()}.starts_with("'f', line 2: ");
        });
}

BOOST_AUTO_TEST_CASE(every_text_comes_back_from_toml) {
    for (const auto* value : {"", "0", "-0", "007", "12", "1.50", "2.5", "1e5", "a\"b\\c'", "-",
                              "a\tb\n", "\xc3\xa9", "1.2.3.4", "99999999999999999999"}) {
        const auto settings = parse_config("x = " + toml_value(value), "f");
        BOOST_REQUIRE(settings.size() == 1u);
        BOOST_TEST(settings[0].values[0] == value);
    }
    BOOST_TEST(toml_value("2.5") == "2.5");
    BOOST_TEST(toml_value("x") == "\"x\"");
}

BOOST_AUTO_TEST_SUITE_END()
