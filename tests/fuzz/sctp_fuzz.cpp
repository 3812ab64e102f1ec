// Two ends of an SCTP association with our settings. The input says what happens to each packet
// between them: it arrives, is lost, doubled, delayed, cut or changed. What arrives as a message
// was sent, in this order, as long as no packet was changed; nothing else arrives before the
// association is open, and nothing after its end.
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "rtc/association.hpp"

using namespace stretto;
using rtc::Association;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr std::size_t most_packets = 400;
constexpr unsigned step_ms = 50;
std::uint64_t clock_ms = 0;

/// Once in a process, as usrsctp's own state is.
rtc::Associations& associations() {
    static rtc::Associations all = [] {
        rtc::start_sctp();
        return rtc::Associations{[] { return clock_ms; }, {}};
    }();
    return all;
}

struct End {
    std::deque<Bytes> out, delayed;
    std::deque<Bytes> due;  // messages of the other end that have not come
    bool open = false, closed = false, honest = true;
    std::optional<Association> association;

    void begin() {
        association.emplace(
            associations(),
            Association::Calls{
                [this](BytesView packet) { out.emplace_back(packet.begin(), packet.end()); },
                [this] { check(!std::exchange(open, true) && !closed); },
                [this](BytesView message) {
                    check(open && !closed && message.size() <= Association::most_message_bytes);
                    if (!honest) return;
                    check(!due.empty() && std::ranges::equal(due.front(), message));
                    due.pop_front();
                },
                [this] { check(!closed); },
                [this](const char* why) { check(!std::exchange(closed, true) && why); }});
        association->connect();
    }
};

void run(BytesView rest, End (&ends)[2]) {
    for (auto& end : ends) end.begin();
    const auto next = [&]() -> unsigned {
        if (rest.empty()) return 0;
        const unsigned byte = rest[0];
        rest = rest.subspan(1);
        return byte;
    };
    const auto arrive = [](End& to, BytesView packet) {
        // usrsctp writes into what it is given
        Bytes copy(packet.begin(), packet.end());
        if (!to.closed) to.association->receive(copy);
    };
    for (std::size_t packets = 0; packets < most_packets && !rest.empty(); ++packets) {
        const unsigned what = next();
        auto &from = ends[what & 1], &to = ends[~what & 1];
        if (what & 128 && from.open && !from.closed) {
            Bytes message(1 + (next() << (what >> 4 & 7)) % 3000, static_cast<std::uint8_t>(what));
            to.due.push_back(message);
            from.association->send(std::move(message));
            continue;
        }
        if (from.out.empty()) {
            clock_ms += step_ms;
            rtc::run_sctp_timers(step_ms);
            for (auto& end : ends)
                if (!end.closed) end.association->tick();
            continue;
        }
        auto packet = std::move(from.out.front());
        from.out.pop_front();
        switch (what >> 1 & 7) {
            default:
                arrive(to, packet);
                break;
            case 1:
                break;  // lost
            case 2:
                arrive(to, packet);
                arrive(to, packet);
                break;
            case 3:
                from.delayed.push_back(std::move(packet));
                break;
            case 4:
                arrive(to, packet);
                if (from.delayed.empty()) break;
                arrive(to, from.delayed.back());
                from.delayed.pop_back();
                break;
            case 5:
                to.honest = from.honest = false;
                packet.resize(packet.size() * next() / 256);
                arrive(to, packet);
                break;
            case 6:  // behind the ports and the tag, without which it is thrown away
                to.honest = from.honest = false;
                for (auto n = next() & 7; n > 0; --n) {
                    const auto at = 12 + next() + 4 * next();
                    if (at < packet.size()) packet[at] = static_cast<std::uint8_t>(next());
                }
                arrive(to, packet);
                break;
            case 7: {  // a chunk of the input's own
                to.honest = from.honest = false;
                packet.resize(12);
                const auto length = std::min<std::size_t>(next() * 4, rest.size());
                append(packet, rest.first(length));
                rest = rest.subspan(length);
                arrive(to, packet);
                break;
            }
        }
        check(from.out.size() < 4096);
    }
}

/// Where nothing is lost, a connection opens: else the inputs would try little.
bool opens() {
    End ends[2];
    std::uint8_t fair[40] = {};
    for (std::size_t i = 0; i < sizeof fair; ++i) fair[i] = i & 1;
    run(fair, ends);
    return ends[0].open && ends[1].open && !ends[0].closed && !ends[1].closed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool opened = opens();
    check(opened);
    End ends[2];
    run({data, size}, ends);
    return 0;
}
