#include "base/note.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_note)

BOOST_AUTO_TEST_CASE(control_bytes_for_a_terminal_are_escaped) {
    BOOST_TEST(printable("a\x1b[2J\n") == "a\\x1b[2J\\x0a");
    BOOST_TEST(printable("\x7f\xc2\x9b") == "\\x7f\\xc2\\x9b");
}
BOOST_AUTO_TEST_CASE(text_stays_and_broken_utf8_shows) {
    BOOST_TEST(printable("Für Elise 音") == "Für Elise 音");
    BOOST_TEST(printable("\xff\xc3") == "\\xff\\xc3");
    BOOST_TEST(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
}

BOOST_AUTO_TEST_SUITE_END()
