#pragma once
// The checksum of an Ogg page.
#include "base/bytes.hpp"

namespace stretto::ogg {

/// RFC 3533, 6: polynomial 0x04c11db7, nothing inverted, the field itself counted as zero.
/// @param header  27 to 282 bytes
std::uint32_t page_crc(BytesView header, BytesView body);

}  // namespace stretto::ogg
