// Messages of a data channel from a stranger: what is read is printed as the same bytes; answers to
// our asks, as the messages of a stream with u16 lengths, never bring more than was asked for, and
// nothing after a breach or an end.
#include "http/parser.hpp"
#include "rtc/asks.hpp"
#include "rtc/frame.hpp"

using namespace stretto;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr std::uint64_t most = 1000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    BytesView rest{data, size};
    rtc::Asks asks{[](const rtc::Frame& sent) { check(rtc::print_frame(sent).size() < 4096); },
                   http::parse_response_head};
    http::Request request;
    request.method = "GET";
    request.target = "/songs/x";
    std::uint64_t got[3] = {};
    bool ended[3] = {};
    for (int i = 0; i < 3; ++i) {
        rtc::AskCalls calls;
        calls.head = [&, i](http::Response&&) { check(!ended[i]); };
        calls.body = [&, i](BytesView bytes) {
            check(!ended[i]);
            got[i] += bytes.size();
            if (got[i] == 7) asks.stop(static_cast<std::uint32_t>(i + 1));
        };
        calls.end = [&, i](const char*) {
            check(!ended[i]);
            ended[i] = true;
        };
        request.method = i == 2 ? "HEAD" : "GET";
        check(asks.ask(request, most, std::move(calls)) == static_cast<std::uint32_t>(i + 1));
    }
    while (rest.size() >= 2) {
        const auto length = std::min<std::size_t>(rest[0] | rest[1] << 8, rest.size() - 2);
        const auto message = rest.subspan(2, length);
        rest = rest.subspan(2 + length);
        const auto frame = rtc::parse_frame(message);
        if (!frame) continue;
        const auto printed = rtc::print_frame(*frame);
        check(std::ranges::equal(printed, message));
        const bool answer = frame->kind == rtc::Frame::head || frame->kind == rtc::Frame::body;
        if (answer && !asks.take(*frame)) break;
        for (const auto bytes : got) check(bytes <= most);
    }
    asks.end("over");
    check(asks.empty());
    return 0;
}
