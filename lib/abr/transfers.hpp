#pragma once
// Throughput per whole request, which the published rules use, computed from the runs of bytes that
// policies get.
#include <deque>
#include <optional>

#include "abr/policy.hpp"

namespace stretto::abr {

/// The received part of a request.
struct Transfer {
    double bytes = 0;
    double seconds = 0;  ///< duration of the transfer
    double latency = 0;  ///< s before the first byte
    double rate() const { return bytes / seconds; }
    double rate_with_latency() const { return bytes / (seconds + latency); }
};

/// Joins the runs of a request.
class Transfers {
   public:
    void sample(const Sample& sample) {
        now_.bytes += sample.bytes;
        now_.seconds += sample.to - sample.from;
    }
    void latency(double seconds) { now_.latency = seconds; }
    /// The finished or cancelled request; nothing if there is none, or if no byte arrived.
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
