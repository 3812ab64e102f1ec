#pragma once
// Samples to Vorbis packets (libvorbis, variable bitrate by quality).
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::audio {

/// The quality of libvorbis whose nominal bitrate for 44.1 kHz stereo is this; nullopt when there
/// is none. Managed bitrates would cost four to six times the CPU for nothing heard.
std::optional<float> quality_of(int kbps);
/// All of these, rising.
std::vector<int> known_kbps();

/// What decides which bytes an encoder writes, beside its input: two machines where this is the
/// same give a song the same id.
struct VorbisBuild {
    std::string version;  ///< "Xiph.Org libVorbis 1.3.7"
    std::vector<std::pair<std::string, std::string>>
        build_ids;        ///< file and GNU build id, as loaded
    std::string machine;  ///< "x86_64"
    std::vector<std::string> cpu_features;
};
VorbisBuild vorbis_build();

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
