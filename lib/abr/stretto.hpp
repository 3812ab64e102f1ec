#pragma once
// Our rule, with what it was tuned by. See stretto.cpp.
#include "abr/expectation.hpp"
#include "abr/outlook.hpp"
#include "abr/policy.hpp"

namespace stretto::abr {

struct StrettoSettings {
    Expectation::Settings expectation;
    NetworkModel model;
    double spread_factor = 1.26;  ///< on what was measured
    double returns = 0.67;        ///< how far, in octaves, a rate returns to the slow average
    double margin = 0.006;        ///< s of best quality that a splice must be better by
    double silence_s = 1.35;      ///< without a byte, from which on it counts as nothing coming
};
std::unique_ptr<Policy> make_stretto(const StrettoSettings& settings);

}  // namespace stretto::abr
