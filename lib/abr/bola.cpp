// BOLA-E with abandonment, after Spiteri, Sitaraman, Sparacio, ACM TOMM 2019. The names are the
// paper's: V and gamma*p weigh quality against buffer, the placeholder stands for audio that is
// not there but would be, had the buffer not been held down by other things than the network.
#include <algorithm>
#include <cmath>
#include <utility>

#include "abr/rules.hpp"
#include "abr/shape.hpp"
#include "abr/transfers.hpp"

namespace stretto::abr {
namespace {

constexpr double least_buffer_s = 10, least_per_level_s = 2;
constexpr double safety_at_first = 0.9, safety_at_last = 0.5;  // of the insufficient buffer rule
constexpr double half_lives_s[] = {3, 8};

/// Two averages, weighed by time; the careful one of both. As dash.js measures.
class Averages {
   public:
    void add(const Transfer& t, double chunk_s) {
        for (int i : {0, 1}) {
            mix(rate_[i], t.rate(), std::exp2(-t.seconds / half_lives_s[i]));
            mix(latency_[i], t.latency, std::exp2(-chunk_s / half_lives_s[i]));
        }
    }
    bool empty() const { return rate_[0].weight <= 0; }
    double rate() const { return std::min(rate_[0].value(), rate_[1].value()); }
    double latency() const { return std::max(latency_[0].value(), latency_[1].value()); }

   private:
    struct Mean {
        double sum = 0, weight = 0;
        double value() const { return weight > 0 ? sum / weight : 0; }
    };
    static void mix(Mean& mean, double x, double keep) {
        mean.sum = keep * mean.sum + (1 - keep) * x;
        mean.weight = keep * mean.weight + (1 - keep);
    }
    Mean rate_[2], latency_[2];
};

class Bola final : public Policy {
   public:
    void sample(const Sample& sample) override { transfers_.sample(sample); }
    void latency(double seconds) override { transfers_.latency(seconds); }
    double interval() const override { return 0.1; }  // abandonment is looked at as bytes come

    Decision decide(const State& state) override {
        if (utilities_.empty()) begin(state);
        if (state.under_way) return while_loading(state);
        if (loading_) ended(state);
        if (state.buffer > state.most) {
            if (waiting_since_ < 0) waiting_since_ = state.now;
            return {};
        }
        // held back by the full buffer, not by BOLA: as if the audio were there
        if (waiting_since_ >= 0) placeholder_ += state.now - waiting_since_;
        waiting_since_ = -1;
        if (wanted_ < 0) choose(state);
        if (state.now < not_before_) return {};
        loading_ = true;
        asked_ = std::exchange(wanted_, -1);
        return {Decision::Do::take, asked_};
    }

   private:
    void begin(const State& s) {
        for (const auto& r : s.shape->renditions) {
            kbps_.push_back(r.kbps);
            utilities_.push_back(
                std::log(static_cast<double>(r.kbps) /
                         s.shape->renditions[static_cast<std::size_t>(s.lowest)].kbps) +
                1);
        }
        const int levels = s.highest - s.lowest + 1;
        const double buffer = std::max(least_buffer_s + least_per_level_s * levels, s.most);
        gp_ = (at(utilities_, s.highest) - 1) / (buffer / least_buffer_s - 1);
        if (gp_ <= 0) gp_ = 1;  // one bitrate: nothing to choose
        V_ = least_buffer_s / gp_;
        last_ = s.lowest;
    }

    static double at(const std::vector<double>& values, int q) {
        return values[static_cast<std::size_t>(q)];
    }
    double upper(int q) const { return V_ * (at(utilities_, q) + gp_); }
    /// The buffer from which on q is better than everything below it.
    double least_level(const State& s, int q) const {
        double level = 0;
        for (int lower = s.lowest; lower < q; ++lower)
            level = std::max(level, V_ * (gp_ + (at(kbps_, q) * at(utilities_, lower) -
                                                 at(kbps_, lower) * at(utilities_, q)) /
                                                    (at(kbps_, q) - at(kbps_, lower))));
        return level;
    }
    int from_level(const State& s, double level) const {
        int best = s.lowest;
        double score = -1e300;
        for (int q = s.lowest; q <= s.highest; ++q) {
            const double here = (upper(q) - level) / at(kbps_, q);
            if (here > score) score = here, best = q;
        }
        return best;
    }
    int from_throughput(const State& s, double chunk_s) const {
        int q = s.lowest;
        while (q < s.highest &&
               averages_.latency() + chunk_s * at(kbps_, q + 1) * 125 / averages_.rate() <= chunk_s)
            ++q;
        return q;
    }

    /// What is next, and not before when: `wanted_`, `not_before_`.
    void choose(const State& s) {
        not_before_ = s.now;
        const double chunk_s = s.shape->chunk_s[static_cast<std::size_t>(s.chunk)];
        if (averages_.empty()) {
            wanted_ = clamp_rendition(s, last_);
            return;
        }
        if (!steady_) {
            steady_ = true;
            safety_ = safety_at_first;
            wanted_ = from_throughput(s, chunk_s);
            placeholder_ = std::max(0.0, least_level(s, wanted_) - s.buffer);
            return;
        }
        int q = from_level(s, s.buffer + placeholder_);
        const int carried = from_throughput(s, chunk_s);
        // BOLA-U: up to one step above what the network carries, so as not to swing
        if (q > last_ && q > carried) q = std::max(last_, carried) + 1;
        double delay = std::max(0.0, s.buffer + placeholder_ - upper(q));
        const double spared = std::min(delay, placeholder_);
        placeholder_ -= spared;
        delay -= spared;
        if (q == s.highest) delay = 0;
        q = within_buffer(s, q, chunk_s, delay);
        wanted_ = q;
        not_before_ = s.now + delay;
    }

    /// The insufficient buffer rule: what can be fetched before the buffer is empty.
    int within_buffer(const State& s, int q, double chunk_s, double& delay) {
        const double bytes = safety_ * (s.buffer - averages_.latency()) * averages_.rate();
        safety_ = std::max(safety_ * safety_at_first, safety_at_last);
        for (int lower = s.lowest; lower < q; ++lower) {
            if (at(kbps_, lower + 1) * 125 * chunk_s <= bytes) continue;
            delay = 0;
            placeholder_ = std::min(placeholder_, std::max(0.0, least_level(s, lower) - s.buffer));
            return lower;
        }
        return q;
    }

    void ended(const State& s) {
        loading_ = false;
        last_ = asked_;
        const auto transfer = transfers_.end();
        if (!transfer) return;
        averages_.add(*transfer, s.shape->chunk_s[0]);
        // the placeholder must leave the choice just made plausible
        const double was = s.buffer + transfer->seconds + transfer->latency;
        placeholder_ = std::min(placeholder_, std::max(0.0, upper(last_) - was));
        if (s.buffer > 0) placeholder_ = std::max(placeholder_, least_level(s, last_) - was);
        placeholder_ = std::max(0.0, placeholder_);
    }

    Decision while_loading(const State& s) {
        const auto& now = *s.under_way;
        const Decision go_on{Decision::Do::go_on, now.rendition};
        const auto& seen = transfers_.now();
        // it may have been asked for before this rule was there to ask, or by another
        loading_ = true;
        asked_ = now.rendition;
        if (now.got == 0 || seen.seconds <= 0) return go_on;
        const double left = now.stop - now.begin - now.got;
        // breaking off costs another wait, in which the rest would have gone on
        const double rest = left - seen.latency * seen.rate();
        if (left <= 0 || rest <= 0) return go_on;
        const double level =
            std::max(0.0, std::max(0.0, s.buffer - now.audio_s) + placeholder_ - seen.latency);
        int to = -1;
        double score = (upper(now.rendition) - level) / rest;
        for (int q = s.lowest; q < now.rendition; ++q) {
            const double bytes = bytes_of(s, q);
            const double here = (upper(q) - level) / bytes;
            if (bytes < rest && here > score) score = here, to = q;
        }
        if (to < 0) return go_on;
        if (const auto broken_off = transfers_.end())
            averages_.add(*broken_off, s.shape->chunk_s[0]);
        const double wanted = to > s.lowest ? least_level(s, to) : least_buffer_s;
        placeholder_ = std::min(placeholder_, std::max(0.0, wanted - s.buffer));
        asked_ = last_ = to;
        return {Decision::Do::abandon, to};
    }

    Transfers transfers_;
    Averages averages_;
    std::vector<double> kbps_, utilities_;
    double V_ = 0, gp_ = 0, placeholder_ = 0, safety_ = safety_at_first;
    bool steady_ = false, loading_ = false;
    int last_ = 0, asked_ = 0, wanted_ = -1;
    double waiting_since_ = -1, not_before_ = 0;
};

}  // namespace

std::unique_ptr<Policy> make_bola() { return std::make_unique<Bola>(); }

}  // namespace stretto::abr
