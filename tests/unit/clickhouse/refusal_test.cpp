#include "clickhouse/refusal.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::clickhouse;

BOOST_AUTO_TEST_SUITE(clickhouse_refusal)

BOOST_AUTO_TEST_CASE(an_exception_has_a_code_and_a_message) {
    const auto refusal = parse_refusal(
        "Code: 60, e.displayText() = DB::Exception: Table music.events doesn't exist., e.what() = "
        "DB::Exception\n");
    BOOST_TEST(refusal.code == 60);
    BOOST_TEST(refusal.message == "Table music.events doesn't exist.");
    BOOST_TEST(!is_passing(refusal));
    // later versions
    const auto later =
        parse_refusal("Code: 252. DB::Exception: Too many parts (300). (TOO_MANY_PARTS)");
    BOOST_TEST(later.code == 252);
    BOOST_TEST(is_passing(later));
}

BOOST_AUTO_TEST_CASE(another_text_is_a_message_without_a_code) {
    const auto refusal = parse_refusal("<html>\x1b[2J bad gateway" + std::string(1000, 'x'));
    BOOST_TEST(refusal.code == 0);
    BOOST_TEST(refusal.message.size() <= 200u);
    BOOST_TEST(refusal.message.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
