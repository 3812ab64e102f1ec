#pragma once
// Throughput by whole requests, as the published rules take it, from the runs of bytes that
// policies are told.
#include <deque>
#include <optional>

#include "abr/policy.hpp"

namespace stretto::abr {

/// One request, as far as it came.
struct Transfer {
    double bytes = 0;
    double seconds = 0;  ///< in which they came
    double latency = 0;  ///< s before them
    double rate() const { return bytes / seconds; }
    double rate_with_latency() const { return bytes / (seconds + latency); }
};

/// Puts the runs of a request together.
class Transfers {
   public:
    void sample(const Sample& sample) {
        now_.bytes += sample.bytes;
        now_.seconds += sample.to - sample.from;
    }
    void latency(double seconds) { now_.latency = seconds; }
    /// The request that came to its end, or was broken off; nothing if none, or nothing came.
    std::optional<Transfer> end() {
        const auto was = now_;
        now_ = {};
        if (was.bytes <= 0 || was.seconds <= 0) return {};
        return was;
    }
    const Transfer& now() const { return now_; }

   private:
    Transfer now_;
};

/// Harmonic mean of the last few rates.
class HarmonicMean {
   public:
    explicit HarmonicMean(std::size_t most) : most_(most) {}
    void add(double rate) {
        rates_.push_back(rate);
        if (rates_.size() > most_) rates_.pop_front();
    }
    bool empty() const { return rates_.empty(); }
    double value() const {
        double sum = 0;
        for (const double rate : rates_) sum += 1 / rate;
        return static_cast<double>(rates_.size()) / sum;
    }

   private:
    std::size_t most_;
    std::deque<double> rates_;
};

}  // namespace stretto::abr
