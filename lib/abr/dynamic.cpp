// DYNAMIC of dash.js: throughput while the buffer is short, BOLA-E once it is not.
#include "abr/rules.hpp"

namespace stretto::abr {
namespace {

constexpr double short_buffer_s = 10;

class Dynamic final : public Policy {
   public:
    void sample(const Sample& sample) override {
        bola_->sample(sample);
        throughput_->sample(sample);
    }
    void latency(double seconds) override {
        bola_->latency(seconds);
        throughput_->latency(seconds);
    }
    double interval() const override { return bola_->interval(); }

    Decision decide(const State& state) override {
        const auto of_bola = bola_->decide(state);
        const auto of_throughput = throughput_->decide(state);
        if (state.under_way) return by_bola_ ? of_bola : of_throughput;
        if (state.buffer < short_buffer_s) {
            if (by_bola_ && of_bola.what == Decision::Do::take &&
                of_bola.rendition < of_throughput.rendition)
                by_bola_ = false;
        } else if (of_bola.what != Decision::Do::take ||
                   of_bola.rendition >= of_throughput.rendition) {
            by_bola_ = true;  // BOLA that waits has no use for a lower bitrate
        }
        return by_bola_ ? of_bola : of_throughput;
    }

   private:
    std::unique_ptr<Policy> bola_ = make_bola(), throughput_ = make_throughput();
    bool by_bola_ = false;
};

}  // namespace

std::unique_ptr<Policy> make_dynamic() { return std::make_unique<Dynamic>(); }

}  // namespace stretto::abr
