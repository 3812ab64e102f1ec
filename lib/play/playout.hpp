#pragma once
// The decoded audio buffer of a song: decodes parts of chunks while their bytes arrive, joins them
// sample by sample, and outputs them in order.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "vorbis/stream_decoder.hpp"

namespace stretto::play {

/// Holds decoded samples until they are taken: 0.35 MB per second. Further bytes wait undecoded, so
/// that the buffer bounds memory, whatever a chunk decodes to.
class Playout {
   public:
    /// @param most  samples decoded ahead of position()
    Playout(int rate, int channels, std::int64_t most);

    /// The sound continues with samples [from, end) of the song; later buffered audio is dropped.
    /// @param chunk    the song's sample that the chunk begins with
    /// @param decodes  the song's sample at which the next bytes begin to decode
    /// @param headers  empty if the bytes begin with them
    void begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
               BytesView headers);
    /// Add bytes of that part. @return the song's sample at the end of the buffered audio; nullopt:
    /// the bytes are damaged, and none of them is buffered
    std::optional<std::int64_t> add(BytesView bytes);

    /// The next sample to take, and the first sample after the buffered audio.
    std::int64_t position() const noexcept { return position_; }
    std::int64_t end() const noexcept;
    /// Whether bytes from add() proved damaged at decoding: the sound ends before them.
    bool damaged() const noexcept { return late_; }
    /// Interleaved; @return frames
    std::size_t take(std::span<float> to);
    /// Continue from this sample. @return false: it is not buffered, and the buffer is now empty
    bool seek(std::int64_t sample);

    int rate() const noexcept { return rate_; }
    int channels() const noexcept { return channels_; }

   private:
    void decode(std::int64_t until);
    void compact();

    int rate_, channels_;
    std::int64_t most_;
    vorbis::StreamDecoder decoder_;
    std::int64_t position_ = 0;
    std::vector<float> samples_;  // from position_ on, behind `used_` that were taken
    std::size_t used_ = 0;
    Bytes waiting_;  // not decoded yet, behind `decoded_` that were
    std::size_t decoded_ = 0;
    bool broken_ = false, late_ = false;
};

}  // namespace stretto::play
