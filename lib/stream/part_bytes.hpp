#pragma once
// The bytes of a part of a chunk as they come, and which of its samples are there with them.
#include <vector>

#include "audio/stream_decoder.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

namespace stretto::stream {

/// Each page's CRC is checked when it is whole; nothing is decoded.
class PartBytes {
   public:
    /// A page of audio.
    struct Page {
        std::size_t end = 0;       ///< offset of the byte after it
        std::int64_t samples = 0;  ///< of the chunk, decoded once it is; of the last page, its end
    };

    /// @param headers  empty: the bytes begin with the chunk; else they are a piece's
    PartBytes(const audio::Part& part, BytesView headers);

    /// Malformed at the first page that is none, and ever after.
    Result<bool> add(BytesView bytes);

    const audio::Part& part() const noexcept { return part_; }
    /// Sample of the chunk up to which it can be heard, from part().from to part().to.
    std::int64_t reach() const noexcept;
    /// The whole pages of audio.
    const std::vector<Page>& pages() const noexcept { return pages_; }
    BytesView bytes() const noexcept { return bytes_; }
    /// Bytes held, with the headers.
    std::size_t size() const noexcept { return bytes_.size() + headers_.size(); }

    /// Where to begin so that sample `at` comes out soon.
    struct Entry {
        std::size_t page = 0;    ///< first to decode
        std::size_t offset = 0;  ///< of the first byte to decode
        bool from_begin = true;  ///< the headers are among them
    };
    Entry entry(std::int64_t at) const;
    /// The header pages, which an entry not from the begin needs.
    BytesView headers() const noexcept;

   private:
    Result<bool> add_page(BytesView bytes);

    audio::Part part_;
    Bytes headers_;
    Bytes bytes_;
    std::size_t scanned_ = 0;       // bytes in whole pages
    std::size_t header_pages_ = 0;  // still to come
    std::size_t header_bytes_ = 0;
    std::vector<Page> pages_;
    bool bad_ = false;
};

}  // namespace stretto::stream
