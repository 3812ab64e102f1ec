#include "base/bytes.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_bytes)

BOOST_AUTO_TEST_CASE(integers_are_little_endian_and_come_back) {
    Bytes bytes{9};
    append_u32(bytes, 0x04030201);
    BOOST_TEST((bytes == Bytes{9, 1, 2, 3, 4}));
    for (std::uint32_t v : {0U, 1U, 0x80000000U, 0xffffffffU, 0xdeadbeefU}) {
        Bytes one;
        append_u32(one, v);
        BOOST_TEST(read_u32(one, 0) == v);
    }
    BOOST_TEST(read_u32(bytes, 1) == 0x04030201U);
}
BOOST_AUTO_TEST_CASE(text_and_bytes_are_two_views_of_one_thing) {
    const std::string_view text{"a\0\xff", 3};
    Bytes bytes{1};
    append(bytes, as_bytes(text));
    BOOST_TEST((bytes == Bytes{1, 'a', 0, 255}));
    BOOST_TEST(as_text(BytesView{bytes}.subspan(1)) == text);
}

BOOST_AUTO_TEST_SUITE_END()
