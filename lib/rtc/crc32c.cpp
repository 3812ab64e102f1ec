#include "rtc/crc32c.hpp"

#include <isa-l/crc.h>

namespace stretto::rtc {

// usrsctp has one with tables: 11 % of the processor time of who sends
std::uint32_t crc32c(BytesView bytes) noexcept {
    // it does not write to them
    auto* const data = const_cast<std::uint8_t*>(bytes.data());
    return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~std::uint32_t{0});
}

}  // namespace stretto::rtc
