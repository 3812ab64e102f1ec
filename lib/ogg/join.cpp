#include "ogg/join.hpp"

#include <utility>

namespace stretto::ogg {
namespace {

/// The page that begins at `at`: pages of a chunk are known to be whole.
std::size_t page_size(BytesView bytes, std::size_t at) {
    const std::size_t segments = bytes[at + 26];
    std::size_t size = 27 + segments;
    for (std::size_t i = 0; i < segments; ++i) size += bytes[at + 27 + i];
    return size;
}

}  // namespace

void Joiner::head(Bytes& out, const Headers& headers) {
    Packer packer{serial_};
    packer.add(headers.identification, 0);
    page_ += static_cast<std::uint32_t>(packer.flush(out));
    packer.add(vorbis::print_comments("stretto", comments_), 0);
    packer.add(headers.setup, 0);
    page_ += static_cast<std::uint32_t>(packer.flush(out));
    begun_ = true;
}

void Joiner::add(Bytes& out, BytesView chunk, const Facts& facts, const Headers& headers,
                 bool last) {
    if (!begun_) head(out, headers);
    const bool first = std::exchange(first_, false);
    std::size_t at = static_cast<std::size_t>(facts.header_bytes);
    if (!first) {
        const std::size_t size = page_size(chunk, at);
        const auto granule =
            static_cast<std::int64_t>(read_u32(chunk, at + 6));  // below 2^32: a chunk's samples
        if (facts.trim == 0) {  // the chunk before ends with the priming packet: the second is new
            Packer packer{serial_};
            Bytes page;
            packer.add(facts.first[1], granule);
            packer.flush(page);
            page[5] = 0;  // not the first page of the stream
            rewrite_page(page, serial_, page_++, position_ + granule,
                         last && at + size == chunk.size());
            append(out, page);
        }
        at += size;
    }
    while (at < chunk.size()) {
        const std::size_t size = page_size(chunk, at);
        const std::size_t to = out.size();
        append(out, chunk.subspan(at, size));
        const bool ends = at + size == chunk.size();
        std::int64_t granule = static_cast<std::int64_t>(read_u32(chunk, at + 6));
        if (ends && !last) granule += facts.overhang;  // nothing is cut off in the middle of a song
        rewrite_page(std::span{out}.subspan(to, size), serial_, page_++, position_ + granule,
                     ends && last);
        at += size;
    }
    position_ += facts.samples;
}

}  // namespace stretto::ogg
