// What a peer says it has, printed and parsed.
#include "stream/seeder.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::stream;

BOOST_AUTO_TEST_SUITE(stream_seeder)

BOOST_AUTO_TEST_CASE(what_is_here_is_told_in_ranges_and_read_back) {
    const std::vector<bool> here{true, true, false, true, false, true, true, true};
    BOOST_TEST(print_have(here) == "0-1, 3, 5-7");
    BOOST_TEST((parse_have("0-1, 3, 5-7", 8) == here));
    BOOST_TEST(print_have({}) == "");
    BOOST_TEST((parse_have("", 2) == std::vector<bool>{false, false}));
}

BOOST_AUTO_TEST_CASE(chunks_that_the_song_has_not_are_passed_over) {
    BOOST_TEST((parse_have("1-4000000000, 9", 3) == std::vector<bool>{false, true, true}));
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
    for (const auto* text : {"a", "-1", "1-", "2-1", "1--2", "1;2", "99999999999999999999", "1 2"})
        BOOST_TEST(!parse_have(text, 4), text);
}

BOOST_AUTO_TEST_SUITE_END()
