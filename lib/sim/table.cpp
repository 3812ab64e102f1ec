#include "sim/table.hpp"

#include <algorithm>
#include <cmath>

#include "sim/confidence.hpp"

namespace stretto::sim {

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const auto last = static_cast<double>(values.size() - 1);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::ceil(share * last));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

Summary summarize(const Plays& plays, const std::vector<double>& optimum, const Plays& first,
                  const std::vector<std::size_t>& chosen) {
    Summary s;
    s.policy = plays.policy;
    s.songs = chosen.size();
    const auto n = static_cast<double>(s.songs);
    const auto mean = [&](auto of) {
        double sum = 0;
        for (const auto i : chosen) sum += of(plays.outcomes[i]);
        return sum / n;
    };
    s.q = mean([](const Outcome& o) { return o.q; });
    s.no_stall = mean([](const Outcome& o) { return o.score.stalls ? 0.0 : 100.0; });
    for (const auto i : chosen) s.stalled += plays.outcomes[i].score.stalls > 0;
    s.stalled_at_most = 100 * share_at_most(s.stalled, s.songs);
    s.stalled_s = mean([](const Outcome& o) { return o.score.stalled_s; });
    s.kbps = mean([](const Outcome& o) { return o.kbps; });
    s.switches = mean([](const Outcome& o) { return o.switches; });
    s.wasted = 100 * mean([](const Outcome& o) { return o.wasted; }) /
               std::max(1.0, mean([](const Outcome& o) { return o.bytes; }));
    std::vector<double> starts;
    for (const auto i : chosen) starts.push_back(plays.outcomes[i].score.start_s);
    s.start_p50_s = percentile(starts, 0.5);
    s.start_p95_s = percentile(starts, 0.95);
    s.songs_per_s = plays.cpu_s > 0 ? static_cast<double>(plays.outcomes.size()) / plays.cpu_s : 0;
    if (!optimum.empty()) {
        double best = 0;
        for (const auto i : chosen) best += optimum[i] / n;
        s.of_optimum = 100 * s.q / best;
    }
    double squares = 0;
    for (const auto i : chosen) {
        const double d = first.outcomes[i].q - plays.outcomes[i].q;
        s.ahead += d / n;
        squares += d * d / n;
    }
    s.ahead_error = n > 1 ? std::sqrt(std::max(0.0, squares - s.ahead * s.ahead) / (n - 1)) : 0;
    return s;
}

}  // namespace stretto::sim
