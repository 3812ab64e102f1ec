#pragma once
// True peak: the highest point of the curve between samples, as a converter would draw it (ITU-R
// BS.1770-4, annex 2: oversampled four times).
#include <array>
#include <span>
#include <vector>

namespace stretto::audio {

/// libebur128 measures the same in seven times the instructions, which was half of what encoding
/// spends outside libvorbis.
class TruePeak {
   public:
    explicit TruePeak(int channels);
    /// Interleaved samples.
    void add(std::span<const float> samples);
    /// Of the loudest channel, 1 being full scale.
    float value() const;

    /// Samples that a point between samples depends on.
    static constexpr std::size_t taps = 12;

   private:
    using Before = std::array<float, taps - 1>;

    std::vector<Before> before_;  // by channel: the samples before the next one
    std::vector<float> block_;    // of one channel, behind those before it
    float peak_ = 0;
};

}  // namespace stretto::audio
