#include "song/index.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::song;

BOOST_AUTO_TEST_SUITE(song_index)

BOOST_AUTO_TEST_CASE(printed_and_read_it_is_the_same_and_every_prefix_is_malformed) {
    const Index index{{{0, 0, {1}}, {9000, 44100, {2}}}, {{0, 0, {3}}}};
    const auto bytes = print_index(index);
    BOOST_TEST(bytes.size() == 8u + 2 * 4 + 3 * 24);
    const auto back = parse_index(bytes);
    BOOST_REQUIRE(back);
    BOOST_TEST((*back == index));
    for (std::size_t n = 0; n < bytes.size(); ++n)
        BOOST_TEST(!parse_index(BytesView{bytes}.first(n)));
}
BOOST_AUTO_TEST_CASE(counts_that_promise_more_than_the_bytes_reserve_nothing) {
    Bytes bytes;
    append(bytes, as_bytes("SIX1"));
    append_u32(bytes, 0xffffffff);
    BOOST_TEST(!parse_index(bytes));
    bytes.resize(4);
    append_u32(bytes, 1);
    append_u32(bytes, 0xffffffff);
    BOOST_TEST(!parse_index(bytes));
}
BOOST_AUTO_TEST_CASE(pieces_that_do_not_rise_are_malformed) {
    BOOST_TEST(!parse_index(print_index({{{0, 0, {}}, {0, 44100, {}}}})));
    BOOST_TEST(!parse_index(print_index({{{1, 0, {}}}})));
}

BOOST_AUTO_TEST_SUITE_END()
