#include "abr/expectation.hpp"

#include <algorithm>
#include <cmath>

namespace stretto::abr {

namespace {
constexpr double furthest = 2.5;  // of the log error that counts: in an outage it has no bound
}

void Expectation::sample(double seconds, double bytes) {
    if (seconds <= 0) return;
    if (run_seconds_ <= 0) before_ = empty() ? 0 : rate();
    run_bytes_ += bytes;
    run_seconds_ += seconds;
    const double keep = std::exp2(-seconds / settings_.half_life_s);
    bytes_ = bytes_ * keep + bytes;
    seconds_ = seconds_ * keep + seconds;
    const double keep_slow = std::exp2(-seconds / settings_.slow_half_life_s);
    slow_bytes_ = slow_bytes_ * keep_slow + bytes;
    slow_seconds_ = slow_seconds_ * keep_slow + seconds;
    if (run_seconds_ < 1) return;
    if (before_ > 0) {
        const double ratio = run_bytes_ / run_seconds_ / before_;
        const double off = std::clamp(std::log(std::max(ratio, 1e-6)), -furthest, furthest);
        const double fade = std::exp2(-run_seconds_ / settings_.spread_half_life_s);
        off_ = off_ * fade + off * off * run_seconds_;
        off_seconds_ = off_seconds_ * fade + run_seconds_;
    }
    run_bytes_ = run_seconds_ = 0;
}

double Expectation::spread() const {
    const double first = settings_.first_spread * settings_.first_spread;
    return std::sqrt((off_ + first * settings_.first_weight_s) /
                     (off_seconds_ + settings_.first_weight_s));
}

}  // namespace stretto::abr
