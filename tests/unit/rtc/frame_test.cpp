#include "rtc/frame.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using rtc::Frame;

BOOST_AUTO_TEST_SUITE(rtc_frame)

namespace {

Bytes frame(std::initializer_list<int> bytes) {
    Bytes all;
    for (const int one : bytes) all.push_back(static_cast<std::uint8_t>(one));
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_is_read_as_it_was_printed) {
    for (const auto kind : {Frame::ask, Frame::head, Frame::body, Frame::have}) {
        const bool last = kind == Frame::head || kind == Frame::body;
        const auto printed = rtc::print_frame({kind, last, 0x12345678, as_bytes("abc")});
        const auto read = rtc::parse_frame(printed);
        BOOST_REQUIRE(read);
        BOOST_TEST(read->kind == kind);
        BOOST_TEST(read->last == last);
        BOOST_TEST(read->request == 0x12345678u);
        BOOST_TEST(as_text(read->bytes) == "abc");
    }
}

BOOST_AUTO_TEST_CASE(the_bytes_are_as_the_protocol_has_them) {
    const auto printed = rtc::print_frame({Frame::body, true, 0x0102, as_bytes("x")});
    BOOST_TEST(printed == frame({3, 1, 0, 0, 2, 1, 0, 0, 'x'}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_head_cut_short_is_malformed) {
    const auto printed = rtc::print_frame({Frame::stop, false, 1, {}});
    for (std::size_t n = 0; n < printed.size(); ++n)
        BOOST_TEST(!rtc::parse_frame(BytesView{printed}.first(n)), "accepted " << n << " bytes");
    BOOST_TEST(static_cast<bool>(rtc::parse_frame(printed)));
}

BOOST_AUTO_TEST_CASE(unknown_kinds_and_flags_are_malformed) {
    BOOST_TEST(!rtc::parse_frame(frame({0, 0, 0, 0, 1, 0, 0, 0})));
    BOOST_TEST(!rtc::parse_frame(frame({6, 0, 0, 0, 1, 0, 0, 0})));
    BOOST_TEST(!rtc::parse_frame(frame({3, 2, 0, 0, 1, 0, 0, 0, 'x'})));
    BOOST_TEST(!rtc::parse_frame(frame({3, 0, 1, 0, 1, 0, 0, 0, 'x'})));
    BOOST_TEST(!rtc::parse_frame(frame({3, 0, 0, 1, 1, 0, 0, 0, 'x'})));
    BOOST_TEST(!rtc::parse_frame(frame({1, 1, 0, 0, 1, 0, 0, 0, 'x'})));  // an ask that is the last
    BOOST_TEST(!rtc::parse_frame(frame({4, 1, 0, 0, 1, 0, 0, 0})));
}

BOOST_AUTO_TEST_CASE(each_kind_has_its_length) {
    const Bytes many(20000, 'x');
    for (const auto kind : {Frame::ask, Frame::head, Frame::body, Frame::have, Frame::stop}) {
        auto message = rtc::print_frame({kind, false, 1, BytesView{many}.first(most_bytes(kind))});
        if (kind != Frame::stop) BOOST_TEST(static_cast<bool>(rtc::parse_frame(message)));
        message.push_back('x');
        BOOST_TEST(!rtc::parse_frame(message), "a kind " << static_cast<int>(kind));
    }
    BOOST_TEST(!rtc::parse_frame(frame({3, 0, 0, 0, 1, 0, 0, 0})));  // nothing, and not the last
    BOOST_TEST(static_cast<bool>(rtc::parse_frame(frame({3, 1, 0, 0, 1, 0, 0, 0}))));
}

BOOST_AUTO_TEST_SUITE_END()
