#include "audio/true_peak.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stretto::audio {
namespace {

constexpr std::size_t phases = 4;
constexpr std::size_t taps = TruePeak::taps;
constexpr std::size_t block_frames = 256;

/// The four points from a sample on, side by side: one vector instruction on any CPU we know.
using Points = float __attribute__((vector_size(phases * sizeof(float))));

struct Kernel {
    std::array<Points, taps> weights;  // oldest sample first
    float most_gain = 0;               // no point is higher than this times the highest sample

    /// A sinc under a Hann window.
    Kernel() {
        for (std::size_t p = 0; p < phases; ++p) {
            double gain = 0;
            for (std::size_t k = 0; k < taps; ++k) {
                const auto j = static_cast<double>(k * phases + p);
                const double x = (j / phases - taps / 2.0) * std::numbers::pi;
                const double window =
                    0.5 - 0.5 * std::cos(2 * std::numbers::pi * j / (taps * phases));
                const double weight = (x == 0 ? 1 : std::sin(x) / x) * window;
                weights[taps - 1 - k][p] = static_cast<float>(weight);
                gain += std::abs(weight);
            }
            most_gain = std::max(most_gain, static_cast<float>(gain * 1.0001));  // rounding
        }
    }
};

const Kernel kernel;

/// @param samples  taps - 1 that came before, then those asked about
float highest(std::span<const float> samples) {
    Points most{};
    for (std::size_t i = 0; i + taps <= samples.size(); ++i) {
        Points sum{};
        for (std::size_t k = 0; k < taps; ++k) sum += samples[i + k] * kernel.weights[k];
        sum = sum < 0 ? -sum : sum;
        most = sum > most ? sum : most;
    }
    return std::max(std::max(most[0], most[1]), std::max(most[2], most[3]));
}

}  // namespace

TruePeak::TruePeak(int channels)
    : before_(static_cast<std::size_t>(channels)), block_(taps - 1 + block_frames) {}

void TruePeak::add(std::span<const float> samples) {
    const std::size_t channels = before_.size();
    while (!samples.empty()) {
        const std::size_t n = std::min(block_frames, samples.size() / channels);
        for (std::size_t c = 0; c < channels; ++c) {
            const auto block = std::span{block_}.first(taps - 1 + n);
            std::ranges::copy(before_[c], block.begin());
            float loudest = 0;
            for (std::size_t i = 0; i < n; ++i) block[taps - 1 + i] = samples[i * channels + c];
            for (const float sample : block) loudest = std::max(loudest, std::abs(sample));
            peak_ = std::max(peak_, loudest);
            // most blocks of most songs cannot reach the peak so far
            if (loudest * kernel.most_gain > peak_) peak_ = std::max(peak_, highest(block));
            std::ranges::copy(block.last(taps - 1), before_[c].begin());
        }
        samples = samples.subspan(n * channels);
    }
}

float TruePeak::value() const {
    float most = peak_;
    for (const auto& before : before_) {  // silence follows the last samples
        std::array<float, 2 * (taps - 1)> end{};
        std::ranges::copy(before, end.begin());
        most = std::max(most, highest(end));
    }
    return most;
}

}  // namespace stretto::audio
