#include "events/outbox.hpp"

#include <algorithm>

namespace stretto::events {
namespace {

bool may_pass(int status) { return status == 0 || status == 408 || status == 429 || status >= 500; }

}  // namespace

void Outbox::add(std::string_view lines) {
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        lines_.emplace_back(line);
        bytes_ += line.size() + 1;
    }
    while (bytes_ > most_bytes && lines_.size() > posted_) {
        const auto oldest = lines_.begin() + static_cast<std::ptrdiff_t>(posted_);
        bytes_ -= oldest->size() + 1;
        lines_.erase(oldest);
        ++lost_;
    }
}

std::optional<std::int64_t> Outbox::pause_ms(std::int64_t now_ms) const {
    if (posted_ > 0 || lines_.empty()) return {};
    return std::max<std::int64_t>(0, not_before_ms_ - now_ms);
}

std::string Outbox::post() {
    std::string body;
    for (const auto& line : lines_) {
        const bool fits = body.empty() || body.size() + line.size() < most_post_bytes;
        if (posted_ == most_post_lines || !fits) break;
        body.append(line).append(1, '\n');
        ++posted_;
    }
    return body;
}

std::string Outbox::newest(std::size_t most) const {
    auto from = lines_.end();
    for (std::size_t bytes = 0; from != lines_.begin(); --from) {
        bytes += std::prev(from)->size() + 1;
        if (bytes > most) break;
    }
    std::string body;
    for (; from != lines_.end(); ++from) body.append(*from).append(1, '\n');
    return body;
}

void Outbox::answered(int status, std::int64_t retry_after_ms, std::int64_t now_ms, double chance) {
    const auto posted = posted_;
    posted_ = 0;
    if (may_pass(status)) {
        const auto doubled = std::int64_t{1000} << std::min(failures_++, 5);
        const auto pause = std::min(std::max(doubled, retry_after_ms), longest_pause_ms);
        not_before_ms_ =
            now_ms + static_cast<std::int64_t>(static_cast<double>(pause) * (0.75 + chance / 2));
        return;
    }
    failures_ = 0;
    if (status / 100 != 2) lost_ += posted;
    drop(posted);
}

void Outbox::drop(std::size_t lines) {
    for (; lines > 0; --lines) {
        bytes_ -= lines_.front().size() + 1;
        lines_.pop_front();
    }
}

}  // namespace stretto::events
