// Always one bitrate.
#include "abr/rules.hpp"
#include "abr/shape.hpp"

namespace stretto::abr {
namespace {

class Fixed final : public Policy {
   public:
    explicit Fixed(int kbps) : kbps_(kbps) {}
    void sample(const Sample&) override {}
    void latency(double) override {}
    Decision decide(const State& state) override {
        if (state.under_way) return {Decision::Do::go_on, state.under_way->rendition};
        if (state.buffer > state.most) return {};
        return {Decision::Do::take, rendition_of(state, kbps_)};
    }

   private:
    int kbps_;
};

}  // namespace

std::unique_ptr<Policy> make_fixed(int kbps) { return std::make_unique<Fixed>(kbps); }

}  // namespace stretto::abr
