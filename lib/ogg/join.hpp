#pragma once
// Joins chunks to one continuous Ogg Vorbis file by editing pages only. The samples stay the same,
// bit for bit.
#include "ogg/chunk.hpp"

namespace stretto::ogg {

/// One after the other: the header pages, then each chunk's body.
class Joiner {
   public:
    /// @param serial    of the new stream
    /// @param comments  "KEY=value" each, for its comment header
    Joiner(std::uint32_t serial, std::vector<std::string> comments)
        : serial_(serial), comments_(std::move(comments)) {}

    /// Append the header pages; add() calls it before the first chunk.
    void head(Bytes& out, const Headers& headers);
    /// Continue as if the earlier chunks had been added already.
    /// @param pages  number of pages in the file so far, with the header pages
    /// @param position  samples before the next chunk
    void resume(std::uint32_t pages, std::int64_t position) {
        page_ = pages;
        position_ = position;
        begun_ = true;
        first_ = position == 0;
    }
    std::uint32_t pages() const noexcept { return page_; }

    /// Append the next chunk's pages to `out`, and the headers before the first chunk.
    /// @param facts  of `chunk`, from the last read of `reader`
    void add(Bytes& out, BytesView chunk, const Facts& facts, const Headers& headers, bool last);

   private:
    std::uint32_t serial_;
    std::vector<std::string> comments_;
    std::uint32_t page_ = 0;
    std::int64_t position_ = 0;  // samples before this chunk
    bool begun_ = false;         // the headers are written
    bool first_ = true;          // no chunk is written
};

}  // namespace stretto::ogg
