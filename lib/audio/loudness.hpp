#pragma once
// Loudness by ITU-R BS.1770 and EBU R 128 (libebur128), and the gain that brings a song to its
// target.
#include <ebur128.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audio/true_peak.hpp"
#include "base/own.hpp"

namespace stretto::audio {

class Meter {
   public:
    /// @param dual_mono  mono is played by two speakers, 3 dB louder than by the single speaker of
    /// BS.1770
    Meter(int channels, int rate, bool dual_mono = false);
    /// Interleaved samples.
    void add(std::span<const float> samples);

    /// Integrated loudness, LUFS; nullopt if no block passes the gates (silence, or less than
    /// 400 ms).
    std::optional<double> lufs() const;
    /// dBTP of the loudest channel; nullopt if all samples are 0.
    std::optional<double> true_peak() const;
    /// Integrated loudness of several recordings as one.
    static std::optional<double> lufs_of_all(std::span<const Meter* const> meters);

   private:
    std::unique_ptr<ebur128_state, FreedByAddress<ebur128_destroy>> state_;
    TruePeak peak_;
    int channels_;
};

struct Gain {
    double db = 0;
    bool limited = false;  ///< the peak stopped it before the target
    bool silent = false;   ///< nothing to measure: left alone
};

/// Below this a recording is noise or silence, and raising it would only raise noise.
constexpr double silence_lufs = -60;

/// One linear gain, never a dynamic one. It aims at the target, but the true peak may not exceed
/// the peak limit (Spotify's published rule); a peak above the limit is lowered to it. Near silence
/// gets no gain.
/// @param target  LUFS;  @param most_peak  dBTP
Gain choose_gain(std::optional<double> lufs, std::optional<double> true_peak, double target,
                 double most_peak);

}  // namespace stretto::audio
