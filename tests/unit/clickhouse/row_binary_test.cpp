#include "clickhouse/row_binary.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::clickhouse;

BOOST_AUTO_TEST_SUITE(clickhouse_row_binary)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    Bytes bytes;
    RowWriter to{bytes};
    to.number(std::uint16_t{0x1234});
    to.number(std::int64_t{-2});
    to.text(std::string(300, 'x'));
    to.text("");
    to.number(std::int8_t{-1});
    RowReader from{bytes};
    BOOST_TEST(from.number<std::uint16_t>() == 0x1234);
    BOOST_TEST(from.number<std::int64_t>() == -2);
    BOOST_TEST(from.text() == std::string(300, 'x'));
    BOOST_TEST(from.text() == "");
    BOOST_TEST(!from.over());
    BOOST_TEST(from.number<std::int8_t>() == -1);
    BOOST_TEST(from.over());
    BOOST_TEST(!from.broken());
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_manual) {
    Bytes bytes;
    RowWriter to{bytes};
    to.number(std::uint32_t{1});
    to.text("hi");
    to.length(128);
    BOOST_TEST(bytes == (Bytes{1, 0, 0, 0, 2, 'h', 'i', 0x80, 1}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(after_what_is_not_there_all_is_empty) {
    const Bytes bytes{5, 'a', 'b', 'c'};
    RowReader from{bytes};
    BOOST_TEST(from.text() == "");
    BOOST_TEST(from.broken());
    BOOST_TEST(from.over());
    BOOST_TEST(from.number<std::uint8_t>() == 0);
}

BOOST_AUTO_TEST_CASE(an_array_is_no_longer_than_its_bytes) {
    const Bytes whole{3, 1, 2, 3}, huge{0xff, 0xff, 0xff, 0xff, 0x7f, 1}, endless(20, 0xff);
    RowReader from{whole};
    BOOST_TEST(from.array(1) == 3);
    for (const auto& bytes : {huge, endless}) {
        RowReader wrong{bytes};
        BOOST_TEST(wrong.array(1) == 0);
        BOOST_TEST(wrong.broken());
    }
}

BOOST_AUTO_TEST_SUITE_END()
