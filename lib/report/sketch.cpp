#include "report/sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace stretto::report {

Sketch::Bucket Sketch::bucket(std::int64_t value) noexcept {
    const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
    if (v < 256) return static_cast<Bucket>(v);
    const int shift = static_cast<int>(std::bit_width(v)) - 8;
    return static_cast<Bucket>(128 + shift * 128 + static_cast<int>((v >> shift) - 128));
}

std::int64_t Sketch::value(Bucket bucket) noexcept {
    if (bucket < 256) return bucket;
    const int shift = bucket / 128 - 1;
    const std::int64_t low = static_cast<std::int64_t>(128 + bucket % 128) << shift;
    return low + (std::int64_t{1} << shift) / 2;
}

void Sketch::add(const Sketch& other) {
    for (const auto& [bucket, times] : other.counts_) add(bucket, times);
}

std::int64_t Sketch::percentile(double p) const noexcept {
    if (total_ == 0) return -1;
    const auto rank = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(p * static_cast<double>(total_) - 1e-9)));
    std::int64_t below = 0;
    for (const auto& [bucket, times] : counts_)
        if ((below += times) >= rank) return value(bucket);
    return value(counts_.rbegin()->first);
}

}  // namespace stretto::report
