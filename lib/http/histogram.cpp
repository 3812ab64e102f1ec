#include "http/histogram.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/status.hpp"

namespace stretto::http {

void Histogram::note(Duration took) noexcept {
    const double seconds = std::chrono::duration<double>(took).count();
    const auto range = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    counts_[static_cast<std::size_t>(range)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(static_cast<std::uint64_t>(std::max<std::int64_t>(0, took.count())),
                      std::memory_order_relaxed);
}

void Histogram::add_to(std::vector<Metric>& metrics, const std::string& name,
                       const std::string& help, const std::string& labels) const {
    const auto add = [&](const char* part, double value, const std::string& with) {
        metrics.push_back({name + part, help, value, with, name});
    };
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        count += counts_[i].load(std::memory_order_relaxed);
        const auto end = i < bounds.size() ? text(bounds[i]) : "+Inf";
        add("_bucket", static_cast<double>(count),
            text(labels, labels.empty() ? "" : ",", "le=\"", end, "\""));
    }
    add("_sum", static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) * 1e-9, labels);
    add("_count", static_cast<double>(count), labels);
}

}  // namespace stretto::http
