#include "song/cover.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace stretto::song {
namespace {

// ITU-T T.81, table B.1
constexpr std::uint8_t soi = 0xd8, eoi = 0xd9, sof0 = 0xc0, dht = 0xc4, dqt = 0xdb, dri = 0xdd,
                       sos = 0xda, app0 = 0xe0;

/// The scan's bytes end at the first marker that is neither a stuffed zero nor a restart.
std::size_t end_of_scan(BytesView jpeg, std::size_t at) {
    for (; at + 1 < jpeg.size(); ++at)
        if (jpeg[at] == 0xff && jpeg[at + 1] != 0 && (jpeg[at + 1] < 0xd0 || jpeg[at + 1] > 0xd7))
            return at;
    return jpeg.size();
}

}  // namespace

Result<PictureSize> parse_plain_jpeg(BytesView jpeg) {
    const Malformed cut{"a JPEG that is cut short"};
    if (jpeg.size() < 4 || jpeg[0] != 0xff || jpeg[1] != soi) return Malformed{"not a JPEG"};
    PictureSize size;
    std::size_t at = 2;
    for (;;) {
        if (at + 4 > jpeg.size()) return cut;
        if (jpeg[at] != 0xff) return Malformed{"a damaged JPEG"};
        const std::uint8_t marker = jpeg[at + 1];
        const std::size_t length = std::size_t{jpeg[at + 2]} << 8 | jpeg[at + 3];
        if (length < 2) return Malformed{"a damaged JPEG"};
        if (at + 2 + length > jpeg.size()) return cut;
        const auto body = jpeg.subspan(at + 4, length - 2);
        at += 2 + length;
        if (marker == sof0) {
            const bool once = size.width == 0;
            if (!once || body.size() < 6 || body[0] != 8 || (body[5] != 1 && body[5] != 3))
                return Malformed{"a JPEG of an unusual kind"};
            size = {body[3] << 8 | body[4], body[1] << 8 | body[2]};
            if (size.width == 0 || size.height == 0) return Malformed{"a JPEG without a size"};
        } else if (marker == sos) {
            if (size.width == 0) return Malformed{"a damaged JPEG"};
            break;
        } else if (marker != dht && marker != dqt && marker != dri && marker != app0) {
            return Malformed{"a JPEG with more than a picture in it"};
        }
    }
    const auto end = end_of_scan(jpeg, at);
    if (end + 2 > jpeg.size()) return cut;
    if (jpeg[end + 1] != eoi) return Malformed{"a JPEG of several scans"};
    if (end + 2 != jpeg.size()) return Malformed{"a JPEG with something behind its end"};
    return size;
}

Result<Cover> cover_of(int px, BytesView jpeg) {
    if (jpeg.size() > most_cover_bytes) return Malformed{"a cover too large"};
    const auto size = parse_plain_jpeg(jpeg);
    if (!size) return size.error();
    if (std::max(size->width, size->height) > px)
        return Malformed{text("a cover of ", size->width, "x", size->height, ", not at most ", px)};
    return Cover{px, size->width, size->height, static_cast<std::int64_t>(jpeg.size()),
                 sha256(jpeg)};
}

}  // namespace stretto::song
