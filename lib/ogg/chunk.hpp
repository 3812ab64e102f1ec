#pragma once
// A chunk: a complete Ogg Vorbis file that decodes to an exact range of a song's samples. See
// stretto-chunk(5).
#include <optional>

#include "ogg/packets.hpp"

namespace stretto::ogg {

/// Where a piece of a chunk begins: a decoder given the headers and the bytes from `offset` on
/// yields the samples from `first_sample` of the chunk to its end.
struct Piece {
    std::uint32_t offset = 0;
    std::uint32_t first_sample = 0;
    bool operator==(const Piece&) const = default;
};

/// The facts that follow from a chunk's bytes alone.
struct Facts {
    std::int64_t samples = 0;
    std::int64_t trim =
        0;  ///< samples before the chunk's first, in decoders that ignore the start trim
    std::int64_t body_bytes =
        0;  ///< of its pages in the continuous file, if it is not the first chunk
    std::int64_t body_pages = 0;
    std::int64_t header_bytes = 0;  ///< the header pages
    std::int64_t first_end = 0;     ///< position in the chunk at the end of its first audio page
    std::int64_t overhang = 0;      ///< samples of its last packet beyond the chunk's end
    std::int64_t first_body_bytes = 0;  ///< body_bytes if it is the first chunk
    std::int64_t first_body_pages = 0;
    std::vector<Piece>
        pages;       ///< every page that a decoder can start from; the first entry is {0, 0}
    Bytes first[2];  ///< the packets of its first audio page: the one that primes the decoder, and
                     ///< the next
    Bytes last[2];   ///< its last two packets
};

/// The rows of a chunk's index: pieces of about a second and at least 8 kB. The last piece holds
/// two or more audio pages, because a decoder needs a granule position before the end's to know how
/// many samples to cut off.
std::vector<Piece> pieces(const Facts& facts, std::size_t chunk_bytes, int rate);

struct Chunk {
    Bytes bytes;
    Facts facts;
};

/// Write samples [from, from + samples) of a stream as a chunk.
/// @param packets  begin with the packet before the first that ends after `from`; end with the
/// first packet that ends at or after the chunk's end
/// @param serial   different in adjacent chunks, also of other renditions
Result<Chunk> write_chunk(const Headers& headers, std::span<const Packet* const> packets,
                          std::int64_t from, std::int64_t samples, std::uint32_t serial);

/// Reads chunks of one rendition and trusts nothing: it checks CRCs, page numbers, granule
/// positions and layout. It parses headers once, because all chunks of a rendition have the same
/// headers (except serial numbers).
class ChunkReader {
   public:
    /// Malformed names the chunk's fault.
    Result<Facts> read(BytesView bytes, Crc crc = Crc::check);
    /// Facts of the last chunk that was read.
    const Headers& headers() const { return headers_; }
    /// Whether the headers of the last chunk differ from those of the chunk before it.
    bool headers_changed() const noexcept { return changed_; }

   private:
    Headers headers_;
    bool known_ = false;
    bool changed_ = false;
};

}  // namespace stretto::ogg
