#pragma once
// Decodes chunks while their bytes arrive: page by page, from a chunk's start or from a piece in
// its middle. See stretto-chunk(5).
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::vorbis {

/// The audible part of a chunk; samples are counted from the chunk's first.
struct Part {
    std::int64_t from = 0, to = 0;  ///< [from, to)
    /// The first sample that decodes from a piece, if the index is known.
    std::optional<std::int64_t> first{};
    bool operator==(const Part&) const = default;
};

/// Decodes one part after the other (libvorbis), each page once it is complete and its CRC correct.
/// Joined parts equal the decoded chunks, bit for bit, whatever the rendition of each part and the
/// division of its bytes.
///
/// Malformed if a page, a packet or a granule position is wrong, or if rate or channels differ from
/// the song's. No sample of a wrong page is output. After that, begin() starts again; no sample
/// from position() on is lost.
class StreamDecoder {
   public:
    /// @param rate  Hz;  @param channels  1..8
    StreamDecoder(int rate, int channels);
    ~StreamDecoder();
    StreamDecoder(StreamDecoder&&) noexcept;

    /// The next bytes are a chunk from its start, headers first.
    void begin(const Part& part);
    /// The next bytes are a chunk from a piece on, or from an audio page that is not the last.
    /// @param headers  the header pages of any chunk of the rendition
    Result<bool> begin(const Part& part, BytesView headers);

    /// Append the decoded samples of the next bytes, interleaved; skip samples after the part's
    /// end. @return the number of appended frames
    Result<std::size_t> add(BytesView bytes, std::vector<float>& samples);

    /// The next sample of the chunk that add() will append.
    std::int64_t position() const noexcept;
    /// Whether the whole part was output. If it was not, and there are no more bytes, the bytes are
    /// truncated.
    bool done() const noexcept;
    int channels() const noexcept;

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace stretto::vorbis
