#include "gather/headers.hpp"

#include <algorithm>

#include "ogg/page.hpp"

namespace stretto::gather {

static_assert(serial_bytes == ogg::serial_end);

BytesView Headers::of(int rendition) const {
    const auto found = pages_.find(rendition);
    return found == pages_.end() ? BytesView{} : BytesView{found->second};
}

void Headers::know(int rendition, BytesView pages) {
    pages_[rendition].assign(pages.begin(), pages.end());
}

void Headers::forget(int rendition) { pages_.erase(rendition); }

void Headers::decoded(const Pass& pass, BytesView chunk, std::int64_t bytes) {
    if (pass.begin < bytes && pass.stop >= bytes && of(pass.rendition).empty())
        know(pass.rendition, chunk.first(static_cast<std::size_t>(bytes)));
}

void Headers::make(const Ask& ask, std::uint32_t got, std::size_t fresh, Bytes& chunk) const {
    const bool now = got >= ogg::serial_end && got - fresh < ogg::serial_end;
    if (!ask.makes_headers || !now) return;
    const auto serial = read_u32(chunk, ask.begin + ogg::serial_offset);
    const auto made = ogg::with_serial(of(ask.rendition), serial);
    if (made && made->size() == ask.begin) std::ranges::copy(*made, chunk.begin());
}

}  // namespace stretto::gather
