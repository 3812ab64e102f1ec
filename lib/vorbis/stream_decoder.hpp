#pragma once
// Chunks to samples while their bytes come: page by page, from a chunk's begin or from a piece in
// its middle. See stretto-chunk(5).
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::vorbis {

/// What of a chunk is to be heard; samples are counted from the chunk's first.
struct Part {
    std::int64_t from = 0, to = 0;  ///< [from, to)
    /// The sample that decode from a piece begins with, where it is known: the index says it.
    std::optional<std::int64_t> first{};
    bool operator==(const Part&) const = default;
};

/// Decodes one part after the other (libvorbis), a page as soon as it is whole and its CRC right.
/// Parts joined are the samples that decoders of the chunks give, bit for bit, whatever rendition
/// each is of and however its bytes were split.
///
/// Malformed where a page, a packet or a granule position is wrong, and where rate or channels are
/// not the song's. No sample of a wrong page is given out. After it, begin() starts anew: from
/// position() on, nothing is lost.
class StreamDecoder {
   public:
    /// @param rate  Hz;  @param channels  1..8
    StreamDecoder(int rate, int channels);
    ~StreamDecoder();
    StreamDecoder(StreamDecoder&&) noexcept;

    /// The bytes to come are a chunk from its begin, headers first.
    void begin(const Part& part);
    /// They are a chunk's from a piece, or any page of audio that is not the chunk's last, on.
    /// @param headers  the header pages of any chunk of the rendition
    Result<bool> begin(const Part& part, BytesView headers);

    /// Append what the next bytes decode to, interleaved; what comes after the part's end is passed
    /// over. @return the frames appended
    Result<std::size_t> add(BytesView bytes, std::vector<float>& samples);

    /// The next sample of the chunk that add() would give.
    std::int64_t position() const noexcept;
    /// Whether all of the part was given. If it is not when there are no more bytes, they were cut
    /// short.
    bool done() const noexcept;
    int channels() const noexcept;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::vorbis
