#include "ogg/page.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

namespace stretto::ogg {
namespace {

void write_le(std::span<std::uint8_t> to, std::uint64_t value) {
    for (auto& byte : to) byte = static_cast<std::uint8_t>(value), value >>= 8;
}

ogg_sync_state* new_sync() {
    auto* sync = static_cast<ogg_sync_state*>(std::malloc(sizeof(ogg_sync_state)));
    if (!sync) throw std::bad_alloc{};
    ogg_sync_init(sync);  // cannot fail: it only clears
    return sync;
}

ogg_stream_state* new_stream(std::uint32_t serial) {
    auto* stream = static_cast<ogg_stream_state*>(std::malloc(sizeof(ogg_stream_state)));
    if (!stream || ogg_stream_init(stream, static_cast<int>(serial)) != 0) {
        std::free(stream);
        throw std::bad_alloc{};
    }
    return stream;
}

}  // namespace

ogg_page Page::raw() const {
    // libogg's reading functions take a page that they do not change
    return {const_cast<unsigned char*>(header.data()), static_cast<long>(header.size()),
            const_cast<unsigned char*>(body.data()), static_cast<long>(body.size())};
}

PageReader::PageReader(Read read) : read_(std::move(read)), sync_(new_sync()) {}

PageReader::PageReader(BytesView bytes)
    : PageReader([bytes](std::span<std::uint8_t> into) mutable {
          const std::size_t n = std::min(into.size(), bytes.size());
          std::copy_n(bytes.begin(), n, into.begin());
          bytes = bytes.subspan(n);
          return n;
      }) {}

bool PageReader::more() {
    constexpr long size = 65536;
    char* buffer = ogg_sync_buffer(sync_.get(), size);
    if (!buffer) throw std::bad_alloc{};
    const std::size_t n = read_({reinterpret_cast<std::uint8_t*>(buffer), std::size_t{size}});
    given_ += n;
    if (ogg_sync_wrote(sync_.get(), static_cast<long>(n)) != 0)
        throw Error{EX_SOFTWARE, "ogg_sync_wrote failed"};
    return n > 0;
}

Result<std::optional<Page>> PageReader::next() {
    for (;;) {
        ogg_page raw;
        const long n = ogg_sync_pageseek(sync_.get(), &raw);
        if (n > 0) {
            Page page{{raw.header, static_cast<std::size_t>(raw.header_len)},
                      {raw.body, static_cast<std::size_t>(raw.body_len)},
                      offset_};
            offset_ += static_cast<std::uint64_t>(n);
            if (page.header[4] != 0)
                return Malformed{
                    text("Ogg version ", int{page.header[4]}, " at byte ", page.offset)};
            return std::optional{page};
        }
        if (n < 0)
            return Malformed{offset_ == 0 ? std::string{"not an Ogg stream"}
                                          : text("no valid Ogg page at byte ", offset_,
                                                 " (damaged or not Ogg)")};
        if (!more()) {
            if (given_ == 0) return Malformed{"empty"};
            if (given_ > offset_)
                return Malformed{offset_ == 0
                                     ? std::string{"not an Ogg stream"}
                                     : text("cut short inside the page at byte ", offset_)};
            return std::optional<Page>{};
        }
    }
}

Packer::Packer(std::uint32_t serial) : stream_(new_stream(serial)) {}

void Packer::add(BytesView packet, std::int64_t granule, bool last) {
    assert(granule >= 0);
    ogg_packet raw{const_cast<unsigned char*>(packet.data()),
                   static_cast<long>(packet.size()),
                   packets_ == 0,
                   last,
                   granule,
                   packets_};
    if (ogg_stream_packetin(stream_.get(), &raw) != 0) throw std::bad_alloc{};
    ++packets_;
    lacing_ += packet.size() / 255 + 1;
}

int Packer::flush(Bytes& out) {
    int pages = 0;
    // the fill is that of a full page: libogg would else end pages at 4 kB
    for (ogg_page page; ogg_stream_flush_fill(stream_.get(), &page, 65025) != 0; ++pages) {
        append(out, {page.header, static_cast<std::size_t>(page.header_len)});
        append(out, {page.body, static_cast<std::size_t>(page.body_len)});
    }
    lacing_ = 0;
    return pages;
}

void rewrite_page(std::span<std::uint8_t> page, std::uint32_t serial, std::uint32_t number,
                  std::int64_t granule, bool eos) {
    page[5] = static_cast<std::uint8_t>((page[5] & ~4) | (eos ? 4 : 0));
    write_le(page.subspan(6, 8), static_cast<std::uint64_t>(granule));
    write_le(page.subspan(14, 4), serial);
    write_le(page.subspan(18, 4), number);
    const std::size_t header = 27u + page[26];
    ogg_page raw{page.data(), static_cast<long>(header), page.data() + header,
                 static_cast<long>(page.size() - header)};
    ogg_page_checksum_set(&raw);
}

}  // namespace stretto::ogg
