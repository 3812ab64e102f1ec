#pragma once
// A song's cover: JPEG files beside its manifest, each under its own hash. See stretto-manifest(5).
#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"

namespace stretto::song {

/// The squares that covers fit into, in pixels.
inline constexpr std::array cover_px{96, 600};
constexpr std::size_t most_cover_bytes = 1u << 20;

struct Cover {
    int px = 0;  ///< one of cover_px
    int width = 0, height = 0;
    std::int64_t bytes = 0;
    Digest sha256{};
    bool operator==(const Cover&) const = default;
};

struct PictureSize {
    int width = 0, height = 0;
};

/// The size of a baseline JPEG that consists of tables and one scan. Anything else in it (EXIF,
/// comments, thumbnails, colour profiles, bytes behind its end) is Malformed: what we publish says
/// nothing but the picture.
Result<PictureSize> parse_plain_jpeg(BytesView jpeg);

/// A plain JPEG that fits into a square of `px`; else Malformed.
Result<Cover> cover_of(int px, BytesView jpeg);

}  // namespace stretto::song
