#include "audio/loudness.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "base/error.hpp"

namespace stretto::audio {
namespace {

void check(int code, const char* what) {
    if (code == EBUR128_ERROR_NOMEM) throw std::bad_alloc{};
    if (code != EBUR128_SUCCESS) throw Error{EX_SOFTWARE, text(what, " failed: ", code)};
}

std::optional<double> finite(double db) {
    return std::isfinite(db) ? std::optional{db} : std::nullopt;
}

}  // namespace

Meter::Meter(int channels, int rate, bool dual_mono)
    : state_(ebur128_init(static_cast<unsigned>(channels), static_cast<unsigned long>(rate),
                          EBUR128_MODE_I)),
      peak_(channels),
      channels_(channels) {
    if (!state_) throw std::bad_alloc{};
    if (channels == 1 && dual_mono)
        check(ebur128_set_channel(state_.get(), 0, EBUR128_DUAL_MONO), "ebur128_set_channel");
}

void Meter::add(std::span<const float> samples) {
    check(ebur128_add_frames_float(state_.get(), samples.data(),
                                   samples.size() / static_cast<std::size_t>(channels_)),
          "ebur128_add_frames_float");
    peak_.add(samples);
}

std::optional<double> Meter::lufs() const {
    double lufs = 0;
    check(ebur128_loudness_global(state_.get(), &lufs), "ebur128_loudness_global");
    return finite(lufs);
}

std::optional<double> Meter::true_peak() const {
    return finite(20 * std::log10(static_cast<double>(peak_.value())));
}

std::optional<double> Meter::lufs_of_all(std::span<const Meter* const> meters) {
    std::vector<ebur128_state*> states;
    for (const auto* meter : meters) states.push_back(meter->state_.get());
    double lufs = 0;
    check(ebur128_loudness_global_multiple(states.data(), states.size(), &lufs),
          "ebur128_loudness_global_multiple");
    return finite(lufs);
}

Gain choose_gain(std::optional<double> lufs, std::optional<double> true_peak, double target,
                 double most_peak) {
    Gain gain;
    gain.silent = !lufs || *lufs < silence_lufs;
    gain.db = gain.silent ? 0 : target - *lufs;
    if (true_peak && most_peak - *true_peak < gain.db) {
        gain.db = most_peak - *true_peak;
        gain.limited = true;
    }
    return gain;
}

}  // namespace stretto::audio
