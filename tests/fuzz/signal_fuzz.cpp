// What a stranger sends a tracker before a WebRTC connection, as JSON and over UDP: what is taken
// is bounded and printed as it was read; no response is longer than a little more than its request.
#include "base/bytes.hpp"
#include "swarm/signal.hpp"
#include "swarm/stun.hpp"

using namespace stretto;
using namespace stretto::swarm;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes{data, size};
    static const Ip here = *parse_ip("192.0.2.1"), there = *parse_ip("2001:db8::1");
    if (auto signal = parse_signal(as_text(bytes))) {
        check(is_rtc_id(signal->from) && signal->candidates.size() <= most_candidates);
        const auto again = parse_signal(print_signal(*signal));
        check(again && *again == *signal);
        pass_on(signal->candidates, here, there);
        for (const auto& one : signal->candidates)
            check(one.type == Candidate::Type::srflx && one.address == here.print());
    }
    (void)parse_signals(as_text(bytes));
    for (const auto& from : {here, there})
        if (const auto answer = answer_stun(bytes, {from, 40000}))
            check(size >= 20 && answer->size() <= 44);
    return 0;
}
