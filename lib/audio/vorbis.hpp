#pragma once
// Samples to Vorbis packets (libvorbis, variable bitrate by quality).
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::audio {

/// The quality of libvorbis whose nominal bitrate for 44.1 kHz stereo is this; nullopt when there
/// is none. Managed bitrates would cost four to six times the CPU for nothing heard.
std::optional<float> quality_of(int kbps);
/// All of these, rising.
std::vector<int> known_kbps();

class VorbisEncoder {
   public:
    /// @param granule  samples up to the end of the packet's audio;  @param last  ends the stream
    using Take = std::function<void(BytesView packet, std::int64_t granule, bool last)>;

    /// Throws an Error (64) when libvorbis has no setup for this rate and number of channels.
    VorbisEncoder(int rate, int channels, int kbps);
    ~VorbisEncoder();
    VorbisEncoder(VorbisEncoder&&) noexcept;

    /// Identification, comment, setup. To be called once, first.
    std::array<Bytes, 3> headers(const std::vector<std::string>& comments);
    /// Interleaved samples, each multiplied by `gain`.
    void add(std::span<const float> samples, float gain, const Take& take);
    void finish(const Take& take);

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::audio
