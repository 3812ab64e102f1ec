#pragma once
// Expected throughput: an average that decays fast, one that decays slowly, and the recent error of
// the first.
#include "abr/policy.hpp"

namespace stretto::abr {

class Expectation {
   public:
    struct Settings {
        double half_life_s = 1.67;       ///< of the average
        double slow_half_life_s = 31;    ///< of the slow average
        double spread_half_life_s = 53;  ///< of the error of the average
        double first_spread = 0.08;      ///< without measurements,
        double first_weight_s = 0.83;    ///< with the weight of this many measured seconds
        bool operator==(const Settings&) const = default;
    };
    explicit Expectation(const Settings& settings) : settings_(settings) {}

    void sample(double seconds, double bytes);
    bool empty() const { return seconds_ <= 0 || bytes_ <= 0; }
    /// Bytes a second.
    double rate() const { return bytes_ / seconds_; }
    /// The rate of the slow average, to which the rate returns.
    double slow_rate() const { return slow_bytes_ / slow_seconds_; }
    /// Standard deviation of the logarithm of a second's rate over its expected rate.
    double spread() const;

   private:
    Settings settings_;
    double bytes_ = 0, seconds_ = 0;            ///< both decaying
    double slow_bytes_ = 0, slow_seconds_ = 0;  ///< the same, slowly
    double off_ = 0, off_seconds_ = 0;        ///< square of the log error, times seconds; decaying
    double run_bytes_ = 0, run_seconds_ = 0;  ///< towards a whole second
    double before_ = 0;                       ///< rate expected before that second
};

}  // namespace stretto::abr
