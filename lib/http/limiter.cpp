#include "http/limiter.hpp"

#include <algorithm>

namespace stretto::http {

bool Limiter::admit(const std::string& source, std::uint64_t now_ms) {
    if (!enabled()) return true;
    const double most = std::max(1.0, 2 * rate_);
    const std::lock_guard lock{mutex_};
    auto found = buckets_.find(source);
    if (found == buckets_.end()) {
        if (buckets_.size() >= most_sources) make_room(now_ms);
        found = buckets_.emplace(source, Bucket{most, now_ms}).first;
    }
    auto& [tokens, at_ms] = found->second;
    tokens = std::min(most, tokens + earned(at_ms, now_ms));
    at_ms = std::max(at_ms, now_ms);
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
}

/// The number of requests allowed between two times. Clocks of workers differ by a turn of their
/// loops, so `now` may be before a time written by another worker.
double Limiter::earned(std::uint64_t from_ms, std::uint64_t to_ms) const noexcept {
    return to_ms > from_ms ? rate_ * static_cast<double>(to_ms - from_ms) / 1000 : 0;
}

/// Forget sources that have their full allowance again, which loses nothing. If too many remain,
/// forget all, so that a distributed attack does not exclude new clients.
void Limiter::make_room(std::uint64_t now_ms) {
    const double most = std::max(1.0, 2 * rate_);
    std::erase_if(buckets_, [&](const auto& entry) {
        const auto& bucket = entry.second;
        return bucket.tokens + earned(bucket.at_ms, now_ms) >= most;
    });
    if (buckets_.size() > most_sources / 2) buckets_.clear();
}

}  // namespace stretto::http
