#pragma once
// A song's sound in hand: parts of chunks decoded as their bytes come, joined sample for sample,
// and taken out in order by whoever plays it.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "vorbis/stream_decoder.hpp"

namespace stretto::play {

/// Holds what was decoded and not taken yet: 0.35 MB a second. Bytes beyond that wait undecoded, so
/// that memory is bounded by the buffer, whatever a chunk decodes to.
class Playout {
   public:
    /// @param most  samples decoded ahead of position()
    Playout(int rate, int channels, std::int64_t most);

    /// Sound goes on with samples [from, end) of the song; what is in hand after `from` is dropped.
    /// @param chunk    the song's sample that the chunk begins with
    /// @param decodes  the song's sample that the bytes to come decode from
    /// @param headers  empty when the bytes begin with them
    void begin(std::int64_t chunk, std::int64_t decodes, std::int64_t from, std::int64_t end,
               BytesView headers);
    /// Bytes of that part. @return the song's sample up to which sound is in hand; nullopt: they
    /// are damaged, and nothing of them is
    std::optional<std::int64_t> add(BytesView bytes);

    /// The next sample to be taken, and the first that is not in hand.
    std::int64_t position() const noexcept { return position_; }
    std::int64_t end() const noexcept;
    /// Bytes that add() took turned out to be damaged when their turn came: sound ends before them.
    bool damaged() const noexcept { return late_; }
    /// Interleaved; @return frames
    std::size_t take(std::span<float> to);
    /// Go on from there. @return false: it is not in hand, nothing is now
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
