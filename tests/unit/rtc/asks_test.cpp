#include "rtc/asks.hpp"

#include <boost/test/unit_test.hpp>

#include "http/parser.hpp"

using namespace stretto;
using rtc::Frame;

BOOST_AUTO_TEST_SUITE(rtc_asks)

namespace {

/// Our end, with what it sent and got in words.
struct End {
    std::vector<std::string> sent, got;
    rtc::Asks asks{[this](const Frame& frame) {
                       sent.push_back(text(static_cast<int>(frame.kind), ' ', frame.request, ' ',
                                           as_text(frame.bytes)));
                   },
                   http::parse_response_head};

    std::uint32_t ask(std::uint64_t most = 10, const char* method = "GET") {
        http::Request request;
        request.method = method;
        request.target = "/songs/x";
        request.fields.add("Range", "bytes=0-9");
        rtc::AskCalls calls;
        calls.head = [this](http::Response&& head) { got.push_back(text(head.status)); };
        calls.body = [this](BytesView bytes) { got.emplace_back(as_text(bytes)); };
        calls.end = [this](const char* why) { got.push_back(why ? text("no: ", why) : "end"); };
        return asks.ask(request, most, std::move(calls));
    }
    bool take(Frame::Kind kind, bool last, std::uint32_t number, std::string_view bytes) {
        return static_cast<bool>(asks.take({kind, last, number, as_bytes(bytes)}));
    }
    bool head(std::uint32_t number, int length, bool last = false) {
        return take(Frame::head, last, number,
                    text("HTTP/1.1 206 Partial Content\r\nContent-Length: ", length, "\r\n\r\n"));
    }
};
using Words = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_is_sent_and_its_response_received) {
    End end;
    const auto n = end.ask();
    BOOST_TEST(end.sent == Words{text("1 ", n,
                                      " GET /songs/x HTTP/1.1\r\nHost: peer\r\n"
                                      "Range: bytes=0-9\r\n\r\n")});
    BOOST_TEST(end.head(n, 6));
    BOOST_TEST(end.take(Frame::body, false, n, "abc"));
    BOOST_TEST(end.take(Frame::body, true, n, "def"));
    BOOST_TEST(end.got == (Words{"206", "abc", "def", "end"}));
    BOOST_TEST(end.asks.empty());
}

BOOST_AUTO_TEST_CASE(a_head_that_is_the_last_has_no_body) {
    End end;
    const auto n = end.ask(10, "HEAD");
    BOOST_TEST(end.head(n, 1000, true));
    BOOST_TEST(end.got == (Words{"206", "end"}));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_too_short_ends_with_a_reason) {
    End end;
    const auto n = end.ask();
    end.head(n, 6);
    BOOST_TEST(end.take(Frame::body, true, n, "abc"));
    BOOST_TEST(end.got == (Words{"206", "abc", "no: the rest will not come"}));
}

BOOST_AUTO_TEST_CASE(more_bytes_than_requested_violate_the_protocol) {
    End end;
    BOOST_TEST(!end.head(end.ask(), 11));
    const auto n = end.ask();
    BOOST_TEST(end.head(n, 2));
    BOOST_TEST(!end.take(Frame::body, false, n, "abc"));
}

BOOST_AUTO_TEST_CASE(a_message_that_was_not_requested_violates_the_protocol) {
    End end;
    const auto n = end.ask();
    BOOST_TEST(!end.head(n + 1, 2));
    BOOST_TEST(!end.take(Frame::body, true, n + 1, "x"));
    BOOST_TEST(!end.take(Frame::body, true, n, "x"));  // before its head
    BOOST_TEST(end.head(n, 2));
    BOOST_TEST(!end.head(n, 2));
    const auto other = end.ask();
    BOOST_TEST(!end.take(Frame::head, false, other, "hello\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(bytes_of_a_stopped_request_may_still_arrive) {
    End end;
    const auto n = end.ask();
    end.head(n, 8);
    end.asks.stop(n);
    BOOST_TEST(end.sent.back() == text("4 ", n, ' '));
    BOOST_TEST(end.take(Frame::body, false, n, "abc"));
    BOOST_TEST(end.take(Frame::body, false, n, "def"));
    BOOST_TEST(!end.take(Frame::body, false, n, "ghi"));  // 9 of 8 bytes
    BOOST_TEST(end.got == Words{"206"});
}

BOOST_AUTO_TEST_CASE(a_callback_may_stop_its_own_request) {
    End end;
    http::Request request;
    request.method = "GET";
    request.target = "/songs/x";
    std::uint32_t n = 0;
    rtc::AskCalls calls;
    calls.head = [](http::Response&&) {};
    calls.body = [&](BytesView) { end.asks.stop(n); };
    calls.end = [](const char*) { BOOST_ERROR("it was stopped"); };
    n = end.asks.ask(request, 10, std::move(calls));
    end.head(n, 3);
    BOOST_TEST(end.take(Frame::body, true, n, "abc"));
    BOOST_TEST(end.asks.empty());
}

BOOST_AUTO_TEST_CASE(four_at_a_time_make_it_full) {
    End end;
    for (int i = 0; i < 3; ++i) end.ask();
    BOOST_TEST(!end.asks.full());
    const auto n = end.ask();
    BOOST_TEST(end.asks.full());
    end.asks.stop(n);
    BOOST_TEST(!end.asks.full());
}

BOOST_AUTO_TEST_CASE(the_end_of_a_link_ends_all) {
    End end;
    end.ask();
    end.head(end.ask(), 5);
    end.asks.end("gone");
    BOOST_TEST(end.got == (Words{"206", "no: gone", "no: gone"}));
    BOOST_TEST(end.asks.empty());
}

BOOST_AUTO_TEST_SUITE_END()
