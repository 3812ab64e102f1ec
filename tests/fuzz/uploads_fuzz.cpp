// Asks and stops of a peer, as the messages of a stream with u16 lengths, while time passes: a page
// never reads more than a few files at a time, gives only what was announced, keeps to its upload
// limit, and answers each ask at most once. If the first byte is odd, passes are demanded: then a
// file is read only after a pass for it has been verified.
#include <cmath>
#include <map>

#include "web/browser.hpp"
#include "web/heads.hpp"
#include "web/uploads.hpp"

using namespace stretto;
using rtc::Frame;

namespace {

void check(bool holds) {
    if (!holds) __builtin_trap();
}

const std::string given(32, '0'), kept_back(32, '1');
constexpr double bytes_per_s = 20'000, longest_wait_s = 2.55;
constexpr std::size_t file_bytes = 30'000;

struct Nothing : web::Browser {
    std::map<int, std::string> reading;
    bool demanded = false, allowed = false;
    void read(int number, const std::string& path, bool use) override {
        check(!use && path.starts_with("songs/" + given + "/") && (!demanded || allowed));
        check(reading.emplace(number, path).second);
        check(reading.size() <= web::Uploads::most);
    }
    void fetch(int, const std::string&, const web::Fields&) override {}
    void cancel(int) override {}
    std::map<int, std::string> verifying;
    void request(int, const std::string&, const std::string&, std::string_view) override {}
    void verify(int number, const std::string& points, const std::string& pass) override {
        check(points == "point\n" && !pass.empty());
        check(verifying.emplace(number, pass).second);
        check(verifying.size() <= web::Uploads::most);
    }
    void link(int, const std::string&, std::string_view) override {}
    void accept(int, std::string_view) override {}
    void send(int, BytesView) override {}
    void unlink(int) override {}
    void keep(const std::string&, BytesView) override {}
    void drop(const std::string&) override {}
    void open(int) override {}
    void play(const web::Block&) override {}
    void silence() override {}
    void post(std::string_view) override {}
    void show(std::string_view) override {}
    std::uint32_t random() override { return 0; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Nothing browser;
    web::Shelf shelf{1'000'000};
    for (const auto& id : {given, kept_back}) shelf.found(id, "96/chunk_1.ogg", file_bytes, 1);
    web::Page page{browser, shelf, 0, 0, 0, true};
    web::Uploads::Rules rules{.urgent = false, .passes = web::Passes{true}, .given = {given}};
    browser.demanded = size > 0 && data[0] & 1;
    if (browser.demanded) rules.passes.learn("point", 0);
    web::Bucket bucket{bytes_per_s};
    std::map<std::uint32_t, std::size_t> due;  // bytes of bodies that a head has promised
    double sent = 0;
    web::Uploads uploads{page, rules, bucket, "peer", [&](const Frame& frame) {
                             const auto message = rtc::print_frame(frame);
                             const auto again = rtc::parse_frame(message);
                             check(again && again->request == frame.request);
                             sent += static_cast<double>(frame.bytes.size());
                             if (frame.kind == Frame::head) {
                                 const auto head = web::parse_response_head(as_text(frame.bytes));
                                 check(static_cast<bool>(head));
                                 if (!frame.last) {
                                     const auto* length = head->fields.find("content-length");
                                     check(length != nullptr);
                                     due[frame.request] = std::stoul(*length);
                                 }
                                 return;
                             }
                             check(frame.kind == Frame::body);
                             auto& left = due[frame.request];
                             check(frame.bytes.size() <= left);
                             left -= frame.bytes.size();
                             check(frame.last == (left == 0));
                         }};
    BytesView rest{data, size};
    const Bytes file(file_bytes, 7);
    int asks = 0;
    while (rest.size() >= 2) {
        // the upper five bits of the second byte: what happens before the message
        const auto length = std::min<std::size_t>(rest[0] | (rest[1] & 7) << 8, rest.size() - 2);
        const unsigned before = rest[1] >> 3;
        const auto message = rest.subspan(2, length);
        rest = rest.subspan(2 + length);
        page.now += longest_wait_s * (before & 7) / 7;
        if (before & 8 && !browser.reading.empty()) {
            const auto number = browser.reading.begin()->first;
            browser.reading.erase(browser.reading.begin());
            uploads.read(number,
                         before & 16 ? std::optional<BytesView>{} : std::optional<BytesView>{file});
        }
        if (before & 16)
            while (uploads.fill() > 0) {
            }
        if (before & 4 && !browser.verifying.empty()) {
            // a pass whose signature is right says what stands in it
            const auto [number, pass] = *browser.verifying.begin();
            browser.verifying.erase(browser.verifying.begin());
            const auto dot = std::min(pass.find('.'), pass.size());
            const auto header = pass.substr(0, dot), claims = pass.substr(dot);
            const auto said = swarm::parse_pass(header, claims);
            if (said && said->song == given && said->rtc == "peer") browser.allowed = true;
            if (!uploads.verified(number, header, claims)) break;
        }
        const auto frame = rtc::parse_frame(message);
        if (!frame || (frame->kind != Frame::ask && frame->kind != Frame::stop)) continue;
        asks += frame->kind == Frame::ask;
        const bool known = due.contains(frame->request);
        if (!uploads.take(*frame)) break;
        if (known && frame->kind == Frame::ask) due.erase(frame->request);
        // heads are sent at once, and paid for by what comes later
        constexpr double most_head = 400, burst = 16'384;
        check(sent <= bytes_per_s * page.now + burst + most_head * asks);
    }
    check(std::isfinite(bucket.wait()) && bucket.wait() >= 0);
    return 0;
}
