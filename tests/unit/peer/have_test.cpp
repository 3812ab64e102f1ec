// What a peer says it has, printed and parsed.
#include "peer/have.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::peer;

BOOST_AUTO_TEST_SUITE(stream_have)

BOOST_AUTO_TEST_CASE(chunks_are_printed_as_ranges_and_read_back) {
    const std::vector<bool> here{true, true, false, true, false, true, true, true};
    BOOST_TEST(print_have(here) == "0-1, 3, 5-7");
    BOOST_TEST((parse_have("0-1, 3, 5-7", 8) == here));
    BOOST_TEST(print_have({}) == "");
    BOOST_TEST((parse_have("", 2) == std::vector<bool>{false, false}));
}

BOOST_AUTO_TEST_CASE(chunks_that_the_song_has_not_are_passed_over) {
    BOOST_TEST((parse_have("1-4000000000, 9", 3) == std::vector<bool>{false, true, true}));
}

BOOST_AUTO_TEST_CASE(order_repeats_blanks_and_empty_members_do_not_matter) {
    const std::vector<bool> here{true, false, true, true};
    for (const auto* text : {"2-3, 0", "0,2-3,2,0", " 0 ,\t3,2 ", ",0,,2-3,"})
        BOOST_TEST((parse_have(text, 4) == here), text);
}

BOOST_AUTO_TEST_CASE(every_stored_key_is_found_again) {
    for (unsigned word = 0; word < 1024; ++word) {
        std::vector<bool> here;
        for (unsigned bit = 0; bit < 10; ++bit) here.push_back(word >> bit & 1);
        BOOST_TEST((parse_have(print_have(here), 10) == here));
    }
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused) {
    for (const auto* text : {"a", "-1", "1-", "2-1", "1--2", "1;2", "99999999999999999999", "1 2",
                             "1-2-3", "+1", "0x1", "1.5", "1,\"2\"", "\x80"})
        BOOST_TEST(!parse_have(text, 4), text);
}

BOOST_AUTO_TEST_CASE(pieces_are_printed_by_chunk_and_read_back) {
    const Parts parts{{8, 0b1001'1111}, {9, 1}, {12, 1ull << 63}};
    BOOST_TEST(print_parts(parts) == "8/0-4, 8/7, 9/0, 12/63");
    BOOST_TEST((parse_parts("8/0-4, 8/7, 9/0, 12/63", 13) == parts));
    BOOST_TEST(print_parts({{3, ~0ull}}) == "3/0-63");
    BOOST_TEST((parse_parts("3/0-63", 4) == Parts{{3, ~0ull}}));
    BOOST_TEST((parse_parts("", 4) == Parts{}));
}

BOOST_AUTO_TEST_CASE(chunks_and_pieces_beyond_the_song_are_passed_over) {
    BOOST_TEST(
        (parse_parts("4/0, 99999999999/1, 3/62-4000000000, 2/64", 4) == Parts{{3, 3ull << 62}}));
}

BOOST_AUTO_TEST_CASE(parts_that_are_none_are_refused) {
    for (const auto* text : {"8", "8/", "/1", "8/1/2", "8-9/1", "8/2-1", "8/-1", "8/1-", "8;1",
                             "8 /1", "8/ 1", "x/1", "8/x", "99999999999999999999/1"})
        BOOST_TEST(!parse_parts(text, 10), text);
}

BOOST_AUTO_TEST_SUITE_END()
