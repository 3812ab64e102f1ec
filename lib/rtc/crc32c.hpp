#pragma once
#include <cstdint>

#include "base/bytes.hpp"

namespace stretto::rtc {

/// The checksum of an SCTP packet, RFC 9260 appendix A: CRC-32C of its bytes.
std::uint32_t crc32c(BytesView bytes) noexcept;

}  // namespace stretto::rtc
