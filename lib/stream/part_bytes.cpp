#include "stream/part_bytes.hpp"

#include <algorithm>
#include <numeric>

#include "ogg/page.hpp"

namespace stretto::stream {
namespace {

/// Bytes of the page that begins here, or 0 while that cannot be known.
std::size_t page_size(BytesView bytes) {
    if (bytes.size() < 27 || bytes.size() < 27u + bytes[26]) return 0;
    const auto lacing = bytes.subspan(27, bytes[26]);
    return std::accumulate(lacing.begin(), lacing.end(), 27 + lacing.size());
}

}  // namespace

PartBytes::PartBytes(const audio::Part& part, BytesView headers)
    : part_(part),
      headers_(headers.begin(), headers.end()),
      header_pages_(headers.empty() ? 2 : 0) {}

Result<bool> PartBytes::add(BytesView bytes) {
    if (bad_) return Malformed{"damaged before"};
    append(bytes_, bytes);
    for (;;) {
        const auto rest = BytesView{bytes_}.subspan(scanned_);
        const auto size = page_size(rest);
        // what does not begin as a page never becomes one
        const auto mark = rest.first(std::min<std::size_t>(4, rest.size()));
        if (as_text(mark) == std::string_view{"OggS"}.substr(0, mark.size()) &&
            (size == 0 || rest.size() < size))
            return true;
        auto ok = add_page(rest.first(std::min(rest.size(), std::max<std::size_t>(size, 4))));
        if (!ok) {
            bad_ = true;
            return ok;
        }
    }
}

Result<bool> PartBytes::add_page(BytesView bytes) {
    ogg::PageReader reader{bytes};
    const auto page = reader.next();
    if (!page) return Malformed{text("no valid Ogg page at byte ", scanned_)};
    scanned_ += bytes.size();
    if (header_pages_ > 0) {
        if (--header_pages_ == 0) header_bytes_ = scanned_;
        return true;
    }
    const auto granule = (*page)->granule();
    if (granule <= (pages_.empty() ? -1 : pages_.back().samples))
        return Malformed{text("position ", granule, " before byte ", scanned_)};
    pages_.push_back({scanned_, granule});
    return true;
}

std::int64_t PartBytes::reach() const noexcept {
    return pages_.empty() ? part_.from : std::clamp(pages_.back().samples, part_.from, part_.to);
}

PartBytes::Entry PartBytes::entry(std::int64_t at) const {
    // the page that ends at or before `at` primes the decoder for what follows
    const auto after = std::ranges::upper_bound(pages_, at, {}, &Page::samples);
    const auto page = static_cast<std::size_t>(after - pages_.begin());
    if (page <= 1) return {0, 0, headers_.empty()};
    return {page - 1, pages_[page - 2].end, false};
}

BytesView PartBytes::headers() const noexcept {
    return headers_.empty() ? BytesView{bytes_}.first(header_bytes_) : BytesView{headers_};
}

}  // namespace stretto::stream
