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

/// A page with a correct CRC. Views into the reader's buffer, valid until the next call.
struct Page {
    BytesView header;
    BytesView body;
    std::uint64_t offset = 0;  ///< of its first byte in the input

    std::uint32_t serial() const { return read_u32(header, 14); }
    std::uint32_t number() const { return read_u32(header, 18); }
    /// Position at the end of the last packet that ends in this page; -1 if no packet does.
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

/// Whether to check a page's CRC: not needed if we have just computed it ourselves.
enum class Crc { check, trust };

/// Reads one page after the other. Strict: bytes between pages, a wrong CRC or a truncated page are
/// Malformed.
class PageReader {
   public:
    /// Fill the span as far as possible; fewer bytes only at the end.
    using Read = std::function<std::size_t(std::span<std::uint8_t>)>;

    explicit PageReader(Read read) : read_(std::move(read)) {}
    /// Reads bytes in memory without a copy; the bytes must outlive the reader and its pages.
    explicit PageReader(BytesView bytes, Crc crc = Crc::check)
        : crc_(crc), rest_(bytes), empty_(bytes.empty()) {}
    PageReader(PageReader&&) = default;

    /// The next page; nullopt at the end of the input.
    Result<std::optional<Page>> next();
    /// Skip an ID3v2 tag in front of the first page; some taggers write one.
    void pass_over_id3();
    /// Bytes of all pages that were returned.
    std::uint64_t offset() const noexcept { return offset_; }

   private:
    bool more();

    Read read_;
    Crc crc_ = Crc::check;
    Bytes buffer_;
    BytesView rest_;  // bytes after the last page: in buffer_, or the caller's bytes
    std::uint64_t offset_ = 0;
    bool empty_ = true;
};

/// Packs the packets of one logical stream into pages. The caller decides where pages end. A packet
/// that does not fit into the current page begins a new page, so only packets above 64 kB cross
/// pages.
class Packer {
   public:
    explicit Packer(std::uint32_t serial);

    /// @param granule  position at the end of this packet, >= 0
    /// @param last     this packet ends the stream: its page carries EOS
    void add(BytesView packet, std::int64_t granule, bool last = false);
    /// Whether a packet of this size still fits into the current page.
    bool fits(std::size_t packet_bytes) const noexcept {
        return lacing_ + packet_bytes / 255 + 1 <= 255;
    }
    bool empty() const noexcept { return lacing_ == 0; }
    /// End the current page and append it to `out`. Returns the number of appended pages (0 if the
    /// page is empty).
    int flush(Bytes& out);

   private:
    std::unique_ptr<ogg_stream_state, Freed<ogg_stream_destroy>> stream_;
    std::size_t lacing_ = 0;
    std::int64_t packets_ = 0;
};

/// Write a new serial number, page number, granule position and EOS mark into a page in `bytes`,
/// and the matching CRC.
/// @param page  one whole page, header and body
void rewrite_page(std::span<std::uint8_t> page, std::uint32_t serial, std::uint32_t number,
                  std::int64_t granule, bool eos);

constexpr std::size_t serial_offset = 14;  ///< in a page
constexpr std::size_t serial_end = 18;     ///< bytes of a page that tell its serial number

/// Copy whole pages, with another serial number and the matching CRCs: chunks of a rendition have
/// such headers. Malformed if they are not whole pages with correct CRCs.
Result<Bytes> with_serial(BytesView pages, std::uint32_t serial);

}  // namespace stretto::ogg
