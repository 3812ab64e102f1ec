#include "listen/token.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/file.hpp"
#include "base/json_value.hpp"
#include "http/blocking.hpp"
#include "http/place.hpp"

namespace stretto::listen {
namespace {

constexpr std::size_t most_answer_bytes = 16384;
constexpr std::uint64_t look_ms = 1000;
constexpr std::chrono::seconds most_pause{86400};

/// A token alone, or {"token": "..."}.
std::string token_in(std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    if (!text.starts_with('{')) return std::string{text};
    const auto json = Json::parse(text);
    const auto* token = json ? json->find("token") : nullptr;
    return token && token->is_string() ? token->string() : std::string{};
}

/// What may be shown: the query may be somebody's secret.
std::string shown(const std::string& url) {
    return http::without_userinfo(url.substr(0, url.find_first_of("?#")));
}

http::Upstream::Limits limits() {
    http::Upstream::Limits limits;
    limits.connections = 1;
    limits.proxy = limits.follow_redirects = limits.decode = true;  // the user named it
    limits.connect = std::chrono::milliseconds{5000};
    limits.stall = std::chrono::seconds{10};
    return limits;
}

}  // namespace

TokenSource::TokenSource(net::Loop& loop, Options options,
                         std::function<void(const std::string&)> say)
    : loop_(loop),
      options_(std::move(options)),
      say_(std::move(say)),
      next_(loop, [this] { ask(); }) {
    if (!options_.text.empty()) take(options_.text, "STRETTO_TOKEN");
    if (!options_.file.empty()) {
        take(std::string{as_text(read_file(options_.file, most_answer_bytes))},
             options_.file.string());
        std::error_code none;
        written_ = std::filesystem::last_write_time(options_.file, none);
    }
    if (options_.url.empty()) return;
    const auto& url = options_.url;
    auto parts = http::split_url(url);
    target_ = std::move(parts.target);
    const auto answer = http::Blocking{parts.base, limits()}.get(target_, most_answer_bytes);
    if (!answer.ok())
        throw Error{answer.status == 401 || answer.status == 403 ? EX_NOPERM : EX_UNAVAILABLE,
                    text("cannot get a token from '", shown(url),
                         "': ", answer.status == 0 ? answer.why : text("status ", answer.status))};
    take(std::string{as_text(answer.body)}, shown(url));
    upstream_.emplace(loop_, parts.base, limits());
    schedule();
}

void TokenSource::take(std::string text, const std::string& from) {
    auto token = token_in(text);
    auto glance = sign::glance(token);
    if (!glance) throw bad_data(from, "not an access token (a JWT, signed with ES256)");
    token_ = std::move(token);
    glance_ = std::move(glance);
}

const std::string& TokenSource::token() {
    if (!options_.file.empty()) read_file_again();
    return token_;
}

int TokenSource::most_kbps() {
    token();
    return glance_ ? glance_->kbps : 0;
}

std::string TokenSource::id() {
    token();
    return glance_ ? glance_->id : std::string{};
}

/// One that is damaged, or just being written, leaves what there was.
void TokenSource::read_file_again() {
    const auto now = loop_.now_ms();
    if (looked_ms_ && now - *looked_ms_ < look_ms) return;
    looked_ms_ = now;
    std::error_code error;
    const auto written = std::filesystem::last_write_time(options_.file, error);
    if (error || written == written_) return;
    try {
        take(std::string{as_text(read_file(options_.file, most_answer_bytes))},
             options_.file.string());
        written_ = written;
    } catch (const Error&) {
        // the next look may find it whole
    }
}

/// When four fifths of its time have passed.
void TokenSource::schedule() {
    const auto left = glance_ ? glance_->expires - std::int64_t{std::time(nullptr)} : 0;
    next_.once(std::clamp(std::chrono::seconds{left * 4 / 5}, options_.least_pause, most_pause));
}

void TokenSource::ask() {
    http::get(*upstream_, target_, most_answer_bytes, [this](const http::Whole& answer) {
        std::string why = answer.ok() ? "" : answer.why;
        try {
            if (answer.ok()) take(std::string{as_text(answer.body)}, shown(options_.url));
        } catch (const Error& error) {
            why = error.what();
        }
        if (why.empty())
            told_ = false;
        else if (!std::exchange(told_, true))
            say_(text("no new token from '", shown(options_.url), "': ", why));
        schedule();
    });
}

}  // namespace stretto::listen
