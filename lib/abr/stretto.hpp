#pragma once
// Our rule and its tuned parameters. See stretto.cpp.
#include "abr/expectation.hpp"
#include "abr/outlook.hpp"
#include "abr/policy.hpp"

namespace stretto::abr {

struct StrettoSettings {
    Expectation::Settings expectation;
    NetworkModel model;
    double spread_factor = 1.26;  ///< on the measured spread
    double returns = 0.67;        ///< octaves by which a rate returns to the slow average
    double margin = 0.006;        ///< s of best quality by which a splice must be better
    double silence_s = 1.35;      ///< without a byte, which count as an outage
};
std::unique_ptr<Policy> make_stretto(const StrettoSettings& settings);

}  // namespace stretto::abr
