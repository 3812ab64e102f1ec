#pragma once
// Ogg pages (RFC 3533), read and written through libogg.
#include <ogg/ogg.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/own.hpp"

namespace stretto::ogg {

/// A page whose CRC was right. Views into the reader's buffer, good until its next call.
struct Page {
    BytesView header;
    BytesView body;
    std::uint64_t offset = 0;  ///< of its first byte in the input

    std::uint32_t serial() const { return read_u32(header, 14); }
    std::uint32_t number() const { return read_u32(header, 18); }
    /// Position at the end of the last packet that ends here; -1 when none does.
    std::int64_t granule() const {
        return static_cast<std::int64_t>(read_u32(header, 6) | std::uint64_t{read_u32(header, 10)}
                                                                   << 32);
    }
    bool continued() const { return header[5] & 1; }
    bool bos() const { return header[5] & 2; }
    bool eos() const { return header[5] & 4; }
    std::uint64_t size() const { return header.size() + body.size(); }
    BytesView lacing() const { return header.subspan(27); }
    ogg_page raw() const;
};

/// Whether a page's CRC has to be checked: not where we have just computed it ourselves.
enum class Crc { check, trust };

/// Pages one after the other. Strict: bytes between pages, a wrong CRC or a page cut short are
/// Malformed.
class PageReader {
   public:
    /// Fill the span as far as possible; fewer bytes only at the end.
    using Read = std::function<std::size_t(std::span<std::uint8_t>)>;

    explicit PageReader(Read read) : read_(std::move(read)) {}
    /// Over bytes in memory, which outlive the reader and its pages; nothing is copied.
    explicit PageReader(BytesView bytes, Crc crc = Crc::check)
        : crc_(crc), rest_(bytes), empty_(bytes.empty()) {}
    PageReader(PageReader&&) = default;

    /// The next page; nullopt at the end of the input.
    Result<std::optional<Page>> next();
    /// An ID3v2 tag in front of the first page, as some taggers leave it there, is no part of it.
    void pass_over_id3();
    /// Bytes of whole pages given out so far.
    std::uint64_t offset() const noexcept { return offset_; }

   private:
    bool more();

    Read read_;
    Crc crc_ = Crc::check;
    Bytes buffer_;
    BytesView rest_;  // what no page was made of yet: in buffer_, or the caller's bytes
    std::uint64_t offset_ = 0;
    bool empty_ = true;
};

/// Packs the packets of one logical stream into pages. The caller says where pages end; a packet
/// begins on a new page when the one before has no room for it, so that only packets above 64 kB
/// cross pages.
class Packer {
   public:
    explicit Packer(std::uint32_t serial);

    /// @param granule  position at the end of this packet, >= 0
    /// @param last     this packet ends the stream: its page carries EOS
    void add(BytesView packet, std::int64_t granule, bool last = false);
    /// Whether a packet of this size still fits in the page under way.
    bool fits(std::size_t packet_bytes) const noexcept {
        return lacing_ + packet_bytes / 255 + 1 <= 255;
    }
    bool empty() const noexcept { return lacing_ == 0; }
    /// End the page under way and append it to `out`; returns the number of pages appended (0 when
    /// nothing was added).
    int flush(Bytes& out);

   private:
    std::unique_ptr<ogg_stream_state, Freed<ogg_stream_destroy>> stream_;
    std::size_t lacing_ = 0;
    std::int64_t packets_ = 0;
};

/// Give a page in `bytes` a new serial, number, granule and EOS mark, and the CRC that belongs to
/// them.
/// @param page  one whole page, header and body
void rewrite_page(std::span<std::uint8_t> page, std::uint32_t serial, std::uint32_t number,
                  std::int64_t granule, bool eos);

}  // namespace stretto::ogg
