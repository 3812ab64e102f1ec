// Two ends of a DTLS connection. The input says what happens to each datagram between them: it
// arrives, is lost, doubled, delayed, cut or changed. What one reads, the other has written,
// whatever happens; a connection opens only with the certificate that was announced.
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "rtc/dtls.hpp"

using namespace stretto;
using rtc::Dtls;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

constexpr std::size_t most_datagrams = 200, most_record_bytes = 1163;

const rtc::Certificate& certificate(int number) {
    static const rtc::Certificate certificates[2];
    return certificates[number];
}

struct End {
    std::deque<Bytes> out, delayed;
    std::set<Bytes> written;
    End* other = nullptr;
    bool open = false, closed = false, may_open = true;
    std::optional<Dtls> dtls;

    void begin(int number, bool right) {
        auto fingerprint = certificate(1 - number).fingerprint();
        may_open = right;
        if (!right) fingerprint[7] ^= 1;
        dtls.emplace(
            certificate(number), number == 0, fingerprint,
            Dtls::Calls{
                [this](BytesView datagram) { out.emplace_back(datagram.begin(), datagram.end()); },
                [this] { check(may_open && !std::exchange(open, true) && !closed); },
                [this](BytesView bytes) {
                    check(open && !closed && other->written.contains({bytes.begin(), bytes.end()}));
                },
                [this](const char* why) { check(!std::exchange(closed, true) && why); }});
    }
};

void run(BytesView rest, End (&ends)[2]) {
    const auto next = [&]() -> unsigned {
        if (rest.empty()) return 0;
        const unsigned byte = rest[0];
        rest = rest.subspan(1);
        return byte;
    };
    const unsigned how = next();
    for (int i = 0; i < 2; ++i) {
        ends[i].other = &ends[1 - i];
        ends[i].begin(i, (how >> i & 3) != 3);
    }
    for (auto& end : ends) end.dtls->start();
    for (std::size_t n = 0; n < most_datagrams && !rest.empty(); ++n) {
        const unsigned what = next();
        auto &from = ends[what & 1], &to = ends[~what & 1];
        if (what & 128 && from.open && !from.closed) {
            Bytes record(1 + (what * next()) % most_record_bytes, static_cast<std::uint8_t>(what));
            from.written.insert(record);
            from.dtls->send(record);
            continue;
        }
        if (from.out.empty()) {
            from.dtls->tick();
            continue;
        }
        auto datagram = std::move(from.out.front());
        from.out.pop_front();
        switch (what >> 1 & 7) {
            default:
                to.dtls->receive(datagram);
                break;
            case 1:
                break;  // lost
            case 2:
                for (int i = 0; i < 2; ++i) to.dtls->receive(datagram);
                break;
            case 3:
                from.delayed.push_back(std::move(datagram));
                break;
            case 4:
                to.dtls->receive(datagram);
                if (from.delayed.empty()) break;
                to.dtls->receive(from.delayed.back());
                from.delayed.pop_back();
                break;
            case 5:
                datagram.resize(datagram.size() * next() / 256);
                to.dtls->receive(datagram);
                break;
            case 6:
                for (auto changes = next() & 7; changes > 0; --changes) {
                    const auto at = next() + 4 * next();
                    if (at < datagram.size()) datagram[at] = static_cast<std::uint8_t>(next());
                }
                to.dtls->receive(datagram);
                break;
            case 7: {  // a record of the input's own
                const auto length = std::min<std::size_t>(next(), rest.size());
                to.dtls->receive(rest.first(length));
                rest = rest.subspan(length);
                break;
            }
        }
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
