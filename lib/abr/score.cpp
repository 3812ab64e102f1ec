#include "abr/score.hpp"

#include <algorithm>
#include <cmath>

namespace stretto::abr {

double utility(int kbps) {
    const auto between = [&](double a, double u_a, double b, double u_b) {
        return u_a + (u_b - u_a) * std::log2(kbps / a) / std::log2(b / a);
    };
    if (kbps >= 320) return 1;
    if (kbps >= 160) return between(160, 0.85, 320, 1);
    if (kbps >= 96) return between(96, 0.6, 160, 0.85);
    if (kbps >= 45) return between(45, 0.35, 96, 0.6);
    return 0.35 * std::max(kbps, 0) / 45;
}

double Score::of(double song_s) const {
    return 100 / song_s *
           (quality_s - stall_second_cost * stalled_s - stall_cost * stalls -
            start_second_cost * std::max(0.0, start_s - start_free_s) - change_cost * changes);
}

}  // namespace stretto::abr
