// RobustMPC, section 4 of Yin et al., SIGCOMM 2015: plan five chunks as if the throughput were the
// harmonic mean of the last five, divided by one plus the largest of their prediction errors.
#include <algorithm>
#include <array>
#include <cmath>

#include "abr/rules.hpp"
#include "abr/score.hpp"
#include "abr/shape.hpp"
#include "abr/transfers.hpp"

namespace stretto::abr {
namespace {

constexpr int horizon = 5;
constexpr std::size_t memory = 5;
constexpr double grace_s = 0.5;  // dash.js's: before it a measurement says too little

class Mpc final : public Policy {
   public:
    void sample(const Sample& sample) override { transfers_.sample(sample); }
    void latency(double seconds) override { transfers_.latency(seconds); }

    Decision decide(const State& state) override {
        if (state.under_way) return while_loading(state);
        if (const auto ended = transfers_.end()) learn(ended->rate_with_latency());
        if (state.buffer > state.most) return {};
        if (mean_.empty()) return {Decision::Do::take, state.lowest};
        rate_ = predict();
        return {Decision::Do::take, plan(state)};
    }

   private:
    void learn(double rate) {
        errors_.push_back(predicted_ > 0 ? std::abs(predicted_ - rate) / rate : 0);
        if (errors_.size() > memory) errors_.pop_front();
        mean_.add(rate);
        predicted_ = mean_.value();
    }
    double predict() const {
        return mean_.value() / (1 + *std::max_element(errors_.begin(), errors_.end()));
    }

    struct Plan {
        double worth = 0;
        int first = 0;
    };
    int plan(const State& state) const {
        const int end = std::min(state.chunk + horizon, state.shape->chunks());
        return best(state, state.chunk, end, state.buffer, state.last).first;
    }
    /// All ways to take chunks [k, end), by depth first.
    Plan best(const State& s, int k, int end, double buffer, int last) const {
        Plan found{k < end ? -1e300 : 0, s.lowest};
        if (k == end) return found;
        const auto chunk = static_cast<std::size_t>(k);
        for (int q = s.lowest; q <= s.highest; ++q) {
            const auto& rendition = s.shape->renditions[static_cast<std::size_t>(q)];
            const double length = s.shape->chunk_s[chunk];
            const double spared = s.spared ? (*s.spared)[static_cast<std::size_t>(q)] : 0;
            const double takes = (rendition.chunks[chunk].bytes - spared) / rate_;
            const double stall = std::max(0.0, takes - buffer);
            double worth = utility_of(s, q) * length - stall_second_cost * stall -
                           (stall > 0 ? stall_cost : 0);
            if (last >= 0) worth -= change_cost * std::abs(utility_of(s, q) - utility_of(s, last));
            const double after = std::min(std::max(0.0, buffer - takes) + length, s.most + length);
            worth += best(s, k + 1, end, after, q).worth;
            if (worth > found.worth) found = {worth, q};
        }
        return found;
    }
    static double utility_of(const State& s, int q) {
        return utility(s.shape->renditions[static_cast<std::size_t>(q)].kbps);
    }

    /// At the rate seen, would it come too late? Then the best that would not, or the lowest.
    Decision while_loading(const State& s) {
        const auto& now = *s.under_way;
        const Decision go_on{Decision::Do::go_on, now.rendition};
        const double left = now.stop - now.begin - now.got;
        const auto& seen = transfers_.now();
        if (s.now - now.asked < grace_s + seen.latency || seen.seconds <= 0) return go_on;
        // what came of the chunk cannot be kept, so it does not count
        const double time = std::max(0.0, s.buffer - now.audio_s);
        const double rate = std::max(seen.rate(), 1.0);
        if (left <= rate * time) return go_on;
        for (int q = now.rendition - 1; q >= s.lowest; --q) {
            const double bytes = bytes_of(s, q);
            if (bytes >= left) continue;
            if (bytes > rate * time && q > s.lowest) continue;
            if (const auto broken_off = transfers_.end()) learn(broken_off->rate_with_latency());
            return {Decision::Do::abandon, q};
        }
        return go_on;
    }

    Transfers transfers_;
    HarmonicMean mean_{memory};
    std::deque<double> errors_;
    double predicted_ = 0;
    double rate_ = 0;  ///< bytes a second that the plan counts on
};

}  // namespace

std::unique_ptr<Policy> make_mpc() { return std::make_unique<Mpc>(); }

}  // namespace stretto::abr
