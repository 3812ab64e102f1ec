#include "listen/poster.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <utility>

#include "base/clock.hpp"
#include "http/address.hpp"
#include "http/place.hpp"
#include "http/token.hpp"

namespace stretto::listen {
namespace {

constexpr std::int64_t gather_ms = 1000;
constexpr std::chrono::seconds last_time{5};  // for the last lines when the program ends

http::Upstream::Limits limits() {
    http::Upstream::Limits limits;
    limits.connections = 1;
    limits.proxy = true;  // the user named it
    limits.connect = std::chrono::milliseconds{5000};
    limits.stall = std::chrono::seconds{10};
    return limits;
}

/// Seconds of Retry-After; 0 for a date, which no server of ours sends.
std::int64_t retry_after_ms(const http::Fields& fields) {
    const auto* value = fields.find("Retry-After");
    std::int64_t seconds = 0;
    if (value) std::from_chars(value->data(), value->data() + value->size(), seconds);
    return std::clamp<std::int64_t>(seconds, 0, 3600) * 1000;
}

}  // namespace

bool is_url(std::string_view events) { return http::is_url(events); }

Poster::Poster(net::Loop& loop, const std::string& url, std::function<void(const std::string&)> say,
               std::function<std::string()> token)
    : loop_(loop),
      base_(http::split_url(url).base),
      target_(http::split_url(url).target),
      token_(std::move(token)),
      say_(std::move(say)),
      upstream_(loop, base_, limits()),
      next_(loop, [this] { post(); }),
      late_(loop, [this] { over(); }) {
    if (target_ == "/") target_ = "/events";
}

void Poster::write(std::string_view lines, std::int64_t) {
    outbox_.add(lines);
    if (outbox_.lost() > 0) tell_of_loss(why_);
    schedule(gather_ms);
}

void Poster::flush() {
    next_.stop();
    schedule(0);
}

void Poster::schedule(std::int64_t least_ms) {
    const auto pause = outbox_.pause_ms(static_cast<std::int64_t>(loop_.now_ms()));
    if (!pause || next_.active()) return;
    next_.once(std::chrono::milliseconds{std::max(*pause, least_ms)});
}

void Poster::post() {
    const auto pause = outbox_.pause_ms(static_cast<std::int64_t>(loop_.now_ms()));
    if (!pause) return;
    const auto body = outbox_.post();
    http::Request request;
    request.method = "POST";
    // the server compares it with its own clock
    request.target =
        text(target_, target_.find('?') == target_.npos ? '?' : '&', "sent_ms=", utc_ms());
    request.fields.add("Content-Type", "application/x-ndjson");
    if (token_) http::authorize(request, token_());
    http::ask(upstream_, std::move(request), Bytes{body.begin(), body.end()}, 4096,
              [this](const http::Whole& answer) { take(answer); });
}

void Poster::take(const http::Whole& answer) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto lost = outbox_.lost();
    outbox_.answered(answer.status, retry_after_ms(answer.fields),
                     static_cast<std::int64_t>(loop_.now_ms()),
                     std::uniform_real_distribution{}(random));
    why_ = answer.status / 100 == 2 ? "" : answer.why;
    if (outbox_.lost() > lost) tell_of_loss(why_);
    // at the end there is no time for pauses
    if (finishing_) outbox_.hurry();
    if (finishing_ && outbox_.empty()) return over();
    schedule(finishing_ && why_.empty() ? 0 : gather_ms / 5);
}

void Poster::tell_of_loss(const std::string& why) {
    if (std::exchange(told_, true)) return;
    say_(text("events are lost: '", upstream_.url(), target_, "'", why.empty() ? "" : ": ", why));
}

void Poster::finish(std::function<void()> done) {
    done_ = std::move(done);
    if (outbox_.empty() || std::exchange(finishing_, true)) return over();
    outbox_.hurry();
    flush();
    late_.once(last_time);
}

void Poster::over() {
    if (!outbox_.empty()) tell_of_loss(why_.empty() ? "no answer in time" : why_);
    next_.stop();
    late_.stop();
    if (done_) std::exchange(done_, nullptr)();
}

}  // namespace stretto::listen
