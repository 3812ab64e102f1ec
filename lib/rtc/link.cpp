#include "rtc/link.hpp"

#include "http/parser.hpp"
#include "rtc/engine.hpp"

namespace stretto::rtc {
namespace {

constexpr std::uint64_t open_ms = 5000;    // from the decision to connect
constexpr std::uint64_t idle_ms = 60'000;  // it costs memory, and packets that keep a NAT open
constexpr std::uint64_t silent_ms = 8000;  // while something is asked: the other end is gone
constexpr std::uint64_t unread_ms = 8000;  // while bytes wait to be sent
constexpr std::size_t most_queued_bytes = 65536, least_queued_bytes = 16384;
/// Refusals alone fill the queue of who asks and does not read.
constexpr std::size_t most_unread_bytes = 4 * most_queued_bytes;

}  // namespace

Link::Link(Engine& engine, const Certificate& certificate, const IceOptions& options,
           const Provider& provider, std::string peer, Calls calls)
    : loop_(engine.loop()),
      calls_(std::move(calls)),
      used_ms_(loop_.now_ms()),
      heard_ms_(loop_.now_ms()),
      read_ms_(loop_.now_ms()),
      asks_([this](const Frame& frame) { send(frame); }, http::parse_response_head),
      answers_(
          provider, std::move(peer), [this](const Frame& frame) { send(frame); },
          [this] { fill(); }),
      channel_(engine, certificate, options,
               {[this] {
                    swarm::Signal here;
                    channel_.describe(here);
                    calls_.described(std::move(here));
                },
                [this] {
                    used_ms_ = heard_ms_ = loop_.now_ms();
                    calls_.open();
                },
                [this](BytesView message) { on_message(message); },
                [this] {
                    read_ms_ = loop_.now_ms();
                    fill();
                },
                [this](const char* why) { end(why, false); }}),
      second_(loop_, [this] { look(); }) {
    second_.every(std::chrono::seconds{1});
}

std::shared_ptr<void> Link::lease() {
    if (ended_ || *leases_ >= Asks::most) return nullptr;
    ++*leases_;
    used_ms_ = heard_ms_ = loop_.now_ms();
    return {leases_.get(), [leases = leases_](void*) { --*leases; }};
}

void Link::on_message(BytesView message) {
    if (ended_) return;
    heard_ms_ = loop_.now_ms();
    received_ += message.size();
    const auto taken = take(message);
    if (!taken) return end(taken.error().why, true);
    fill();
}

Result<bool> Link::take(BytesView message) {
    const auto frame = parse_frame(message);
    if (!frame) return frame.error();
    if (frame->kind == Frame::have) return true;  // the tracker says it too
    used_ms_ = heard_ms_;
    if (frame->kind == Frame::ask || frame->kind == Frame::stop) return answers_.take(*frame);
    return asks_.take(*frame);
}

void Link::send(const Frame& frame) {
    if (ended_) return;
    used_ms_ = loop_.now_ms();
    if (frame.kind == Frame::ask) heard_ms_ = used_ms_;  // an answer is due from now on
    channel_.send(print_frame(frame));
    if (channel_.queued() > most_unread_bytes) end("it asks and does not read", true);
}

/// A quarter of a second is queued at most, so that a stop is heeded soon.
void Link::fill() {
    if (std::exchange(filling_, true)) return;  // sending drains
    const auto quarter = channel_.bytes_per_s() / 4;
    const auto room = quarter == 0 ? most_queued_bytes
                                   : std::clamp(static_cast<std::size_t>(quarter),
                                                least_queued_bytes, most_queued_bytes);
    while (!ended_ && channel_.queued() < room && answers_.fill(channel_.queued() == 0)) {
    }
    filling_ = false;
}

void Link::look() {
    const auto now = loop_.now_ms();
    if (channel_.queued() == 0) read_ms_ = now;
    if (!is_open()) {
        if (now > used_ms_ + open_ms) end("it does not open", false);
    } else if (is_idle()) {
        if (now > used_ms_ + idle_ms) end("nobody needs it", false);
    } else if (!asks_.empty() && now > heard_ms_ + silent_ms) {
        end("the other end is silent", false);
    } else if (now > read_ms_ + unread_ms) {
        end("it asks and does not read", false);
    }
}

void Link::end(std::string why, bool breach) {
    if (std::exchange(ended_, true)) return;
    second_.stop();
    asks_.end(why.c_str());
    calls_.closed(why.c_str(), breach);
}

}  // namespace stretto::rtc
