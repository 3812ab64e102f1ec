#pragma once
// Expected throughput: a decaying average, and its recent error.
#include "abr/policy.hpp"

namespace stretto::abr {

class Expectation {
   public:
    struct Settings {
        double half_life_s = 1.67;       ///< of the average
        double spread_half_life_s = 44;  ///< of its error
        double first_spread = 0.12;      ///< without measurements,
        double first_weight_s = 1.2;     ///< with the weight of this many measured seconds
        bool operator==(const Settings&) const = default;
    };
    explicit Expectation(const Settings& settings) : settings_(settings) {}

    void sample(double seconds, double bytes);
    bool empty() const { return seconds_ <= 0 || bytes_ <= 0; }
    /// Bytes a second.
    double rate() const { return bytes_ / seconds_; }
    /// Standard deviation of the logarithm of a second's rate over its expected rate.
    double spread() const;

   private:
    Settings settings_;
    double bytes_ = 0, seconds_ = 0;          ///< both decaying
    double off_ = 0, off_seconds_ = 0;        ///< square of the log error, times seconds; decaying
    double run_bytes_ = 0, run_seconds_ = 0;  ///< towards a whole second
    double before_ = 0;                       ///< rate expected before that second
};

}  // namespace stretto::abr
