// The highest bitrate that the throughput of the last requests carries.
#include "abr/rules.hpp"
#include "abr/shape.hpp"
#include "abr/transfers.hpp"

namespace stretto::abr {
namespace {

constexpr double safety = 0.9;
constexpr std::size_t requests = 5;

class Throughput final : public Policy {
   public:
    void sample(const Sample& sample) override { transfers_.sample(sample); }
    void latency(double seconds) override { transfers_.latency(seconds); }

    Decision decide(const State& state) override {
        if (state.under_way) return {Decision::Do::go_on, state.under_way->rendition};
        if (const auto ended = transfers_.end()) mean_.add(ended->rate_with_latency());
        if (state.buffer > state.most) return {};
        if (mean_.empty()) return {Decision::Do::take, state.lowest};
        return {Decision::Do::take, rendition_of(state, safety * mean_.value() * 8 / 1000)};
    }

   private:
    Transfers transfers_;
    HarmonicMean mean_{requests};
};

}  // namespace

std::unique_ptr<Policy> make_throughput() { return std::make_unique<Throughput>(); }

}  // namespace stretto::abr
