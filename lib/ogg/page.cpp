#include "ogg/page.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

#include "ogg/crc.hpp"

namespace stretto::ogg {
namespace {

void write_le(std::span<std::uint8_t> to, std::uint64_t value) {
    for (auto& byte : to) byte = static_cast<std::uint8_t>(value), value >>= 8;
}

ogg_stream_state* new_stream(std::uint32_t serial) {
    auto* stream = static_cast<ogg_stream_state*>(std::malloc(sizeof(ogg_stream_state)));
    if (!stream || ogg_stream_init(stream, static_cast<int>(serial)) != 0) {
        std::free(stream);
        throw std::bad_alloc{};
    }
    return stream;
}

enum class Found { page, no_page, too_few_bytes };

/// The page at the head of `bytes` (RFC 3533, section 6).
Found find_page(BytesView bytes, Crc crc, Page& page) {
    if (bytes.size() < 27) return Found::too_few_bytes;
    if (as_text(bytes.first(4)) != "OggS") return Found::no_page;
    const std::size_t header = 27u + bytes[26];
    if (bytes.size() < header) return Found::too_few_bytes;
    const auto lacing = bytes.first(header).subspan(27);
    const std::size_t body = std::accumulate(lacing.begin(), lacing.end(), std::size_t{0});
    if (bytes.size() < header + body) return Found::too_few_bytes;
    page.header = bytes.first(header);
    page.body = bytes.subspan(header, body);
    return crc == Crc::trust || page_crc(page.header, page.body) == read_u32(page.header, 22)
               ? Found::page
               : Found::no_page;
}

}  // namespace

ogg_page Page::raw() const {
    // libogg's reading functions take a page that they do not change
    return {const_cast<unsigned char*>(header.data()), static_cast<long>(header.size()),
            const_cast<unsigned char*>(body.data()), static_cast<long>(body.size())};
}

bool PageReader::more() {
    if (!read_) return false;
    constexpr std::size_t step = 65536;
    Bytes next;  // a page spans two reads at times: its head moves to the front
    if (buffer_.size() < rest_.size() + step) {
        next.resize(rest_.size() + step);
        std::ranges::copy(rest_, next.begin());
        buffer_.swap(next);
    } else {
        std::ranges::copy(rest_, buffer_.begin());
    }
    const std::size_t n = read_(std::span{buffer_}.subspan(rest_.size(), step));
    rest_ = BytesView{buffer_}.first(rest_.size() + n);
    empty_ = empty_ && n == 0;
    return n > 0;
}

Result<std::optional<Page>> PageReader::next() {
    for (;;) {
        Page page{{}, {}, offset_};
        switch (find_page(rest_, crc_, page)) {
            case Found::page:
                rest_ = rest_.subspan(page.size());
                offset_ += page.size();
                if (page.header[4] != 0)
                    return Malformed{
                        text("Ogg version ", int{page.header[4]}, " at byte ", page.offset)};
                return std::optional{page};
            case Found::no_page:
                return Malformed{offset_ == 0 ? std::string{"not an Ogg stream"}
                                              : text("no valid Ogg page at byte ", offset_,
                                                     " (damaged or not Ogg)")};
            case Found::too_few_bytes:
                if (more()) break;
                if (empty_) return Malformed{"empty"};
                if (rest_.empty()) return std::optional<Page>{};
                return Malformed{offset_ == 0
                                     ? std::string{"not an Ogg stream"}
                                     : text("truncated inside the page at byte ", offset_)};
        }
    }
}

void PageReader::pass_over_id3() {
    while (rest_.size() < 10 && more()) {
    }
    if (rest_.size() < 10 || as_text(rest_.first(3)) != "ID3") return;
    std::size_t size = 0;
    for (std::size_t i = 6; i < 10; ++i) size = size << 7 | (rest_[i] & 0x7f);
    size += 10;
    offset_ += size;
    while (size > rest_.size()) {
        size -= rest_.size();
        rest_ = {};
        if (!more()) return;
    }
    rest_ = rest_.subspan(size);
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
    write_le(page.subspan(22, 4), page_crc(page.first(header), page.subspan(header)));
}

Result<Bytes> with_serial(BytesView pages, std::uint32_t serial) {
    Bytes out{pages.begin(), pages.end()};
    PageReader reader{pages};
    std::size_t at = 0;
    while (true) {
        auto page = reader.next();
        if (!page) return page.error();
        if (!*page) return out;
        const auto here = std::span{out}.subspan(at, static_cast<std::size_t>((*page)->size()));
        rewrite_page(here, serial, (*page)->number(), (*page)->granule(), (*page)->eos());
        at += here.size();
    }
}

}  // namespace stretto::ogg
