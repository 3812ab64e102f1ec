// A client's HTTP/2 after decryption: whatever comes, the requests do not depend on how it was cut,
// are few at a time and have a target that we can serve; what is produced is frames, and ends.
#include "http/http2.hpp"
#include "http/parser.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

/// Waits at first, then gives what it has and breaks.
class Odd : public Body {
   public:
    Odd(std::string bytes, State last, std::vector<std::function<void()>>& wakes)
        : bytes_(std::move(bytes)), last_(last), wakes_(wakes) {}
    State next(Slice& slice, const std::function<void()>& wake) override {
        switch (++calls_) {
            case 1:
                wakes_.push_back(wake);
                return State::wait;
            case 2:
                slice.bytes = as_bytes(bytes_);
                return State::ready;
            default:
                return last_;
        }
    }

   private:
    std::string bytes_;
    State last_;
    std::vector<std::function<void()>>& wakes_;
    int calls_ = 0;
};

struct Host final : Http2::Host {
    void note_request(Exchange&, const Request& request) override {
        check(request.target == "*" || request.target.starts_with('/'));
        check(request.fields.count("Host") == 1 && request.fields.size() <= most_fields);
        check(request.major == 2 && request.target.size() <= most_target_bytes);
    }
    void pass_on(Exchange&, Incoming&& incoming, std::uint64_t number) override {
        check(incoming.body.size() <= limits.body_bytes);
        seen += text(number, " ", incoming.request.method, " ", incoming.request.target, " ",
                     incoming.body.size(), "\n");
        if (mute) return;
        check(++open <= static_cast<int>(Http2::streams));
        Outgoing out;
        out.fields = "Content-Type: a/b\r\n";
        switch (number / 2 % 5) {
            case 0:
                return http2->send(number, plain_answer(200, "here"));
            case 1:
                out.length = 100'000;
                out.body = body_of(std::string(100'000, 'x'));
                return http2->send(number, std::move(out));
            case 2:
            case 3:
                out.length.reset();
                out.body = std::make_unique<Odd>(
                    std::string(20'000, 'y'),
                    number / 2 % 5 == 2 ? Body::State::end : Body::State::broken, wakes);
                http2->interim(number, {103, {{"Link", "</a>"}}});
                return http2->send(number, std::move(out));
            default:
                http2->when_gone(number, [this] { --open; });
        }
    }
    void note_response(Exchange&, const Outgoing&) override {}
    void ended(const Exchange&) override { --open; }
    void note_bad_request() override {}
    void note_broken() override {}
    void pending() override {}
    bool take(Budget::Share& share, Budgets::Of of, const Exchange*, std::size_t bytes) override {
        const bool upload = of == Budgets::Of::uploads;
        return share.grow(upload ? uploads_ : responses_, bytes,
                          [upload] { return std::string{upload ? "192.0.2.1" : ""}; });
    }
    std::uint64_t now_ms() override { return now; }
    const std::string& date() override { return day; }

    Limits limits;
    Http2* http2 = nullptr;
    std::vector<std::function<void()>> wakes;
    std::string seen, day = "Thu, 01 Jan 1970 00:00:00 GMT";
    int open = 0;
    bool mute = false;
    std::uint64_t now = 1000;
    Budget uploads_{std::size_t{1} << 30}, responses_{150'000};  // of a response of 100 kB, one
};

/// Frames, whole ones.
void check_frames(BytesView bytes) {
    while (!bytes.empty()) {
        check(bytes.size() >= 9);
        const std::size_t length = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
        check(length <= 16384 && bytes.size() >= 9 + length && bytes[3] <= 9);
        bytes = bytes.subspan(9 + length);
    }
}

/// @param answers  and is answered between the pieces
std::string run(BytesView bytes, std::size_t piece, bool answers) {
    Host host;
    host.limits.body_bytes = 1000;
    host.mute = !answers;
    Http2 http2{host, net::Address{}, host.limits};
    host.http2 = &http2;
    const auto produce = [&] {
        Bytes out;
        for (;;) {
            const auto before = out.size();
            http2.produce(out, before + 3000);
            check(out.size() < 100u << 20);
            if (out.size() == before) break;
        }
        check_frames(out);
    };
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
        http2.take(bytes.first(std::min(piece, bytes.size())));
        if (!answers) continue;
        produce();
        for (const auto& wake : std::exchange(host.wakes, {})) wake();
        host.now += 50;
        produce();
    }
    if (answers) {
        host.now += 100'000;
        http2.expire();
        produce();
        http2.drain();
        produce();
        host.now += 100'000;
        http2.expire();
        produce();
        check(http2.finished() || !http2.idle());
    }
    http2.abort();
    check(http2.idle());
    Bytes rest;
    http2.produce(rest, 1000);
    check(rest.empty());
    for (const auto& wake : host.wakes) wake();  // of streams that are no more
    return host.seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // most inputs would end at the preface
    Bytes bytes{Http2::preface.begin(), Http2::preface.end()};
    append(bytes, BytesView{data, size});
    const auto whole = run(bytes, bytes.size(), false);
    if (run(bytes, 7, false) != whole) __builtin_trap();
    run(bytes, 61, true);
    run(bytes, bytes.size(), true);
    return 0;
}
