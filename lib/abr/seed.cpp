// The rule of the article that this project started from, to the letter.
#include "abr/rules.hpp"
#include "abr/shape.hpp"
#include "abr/transfers.hpp"

namespace stretto::abr {
namespace {

constexpr double look_every_s = 1;
constexpr double low_s = 2, high_s = 10;
constexpr double fast = 1.5e6 / 8;  // bytes a second
constexpr int start_kbps = 160;

class Seed final : public Policy {
   public:
    void sample(const Sample& sample) override { transfers_.sample(sample); }
    void latency(double seconds) override { transfers_.latency(seconds); }
    double interval() const override { return look_every_s; }

    Decision decide(const State& state) override {
        if (level_ < 0) begin(state);
        // while nothing comes, what came last is what is known
        if (transfers_.now().seconds > 0) rate_ = transfers_.now().rate();
        if (!state.under_way) transfers_.end();
        if (state.now - looked_ >= look_every_s - 1e-9) look(state);
        if (state.under_way) return {Decision::Do::go_on, state.under_way->rendition};
        if (state.buffer > state.most) return {};
        return {Decision::Do::take, level_};
    }

   private:
    void begin(const State& state) {
        level_ = rendition_of(state, start_kbps);
        looked_ = state.now;
    }
    void look(const State& state) {
        looked_ = state.now;
        if (state.buffer < low_s)
            --level_;
        else if (state.buffer > high_s && rate_ > fast)
            ++level_;
        level_ = clamp_rendition(state, level_);
    }

    Transfers transfers_;
    double rate_ = 0;  ///< bytes a second of the request under way, or the last one
    double looked_ = 0;
    int level_ = -1;
};

}  // namespace

std::unique_ptr<Policy> make_seed() { return std::make_unique<Seed>(); }

}  // namespace stretto::abr
