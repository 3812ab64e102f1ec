#pragma once
// Bytes that modules exchange, and little-endian integers in them.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace stretto {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView as_bytes(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}
inline std::string_view as_text(BytesView b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline void append(Bytes& to, BytesView more) { to.insert(to.end(), more.begin(), more.end()); }

inline void append_u32(Bytes& to, std::uint32_t v) {
    for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<std::uint8_t>(v >> shift));
}
/// The four bytes at `at`; the caller has checked that they are there.
inline std::uint32_t read_u32(BytesView from, std::size_t at) {
    return std::uint32_t{from[at]} | std::uint32_t{from[at + 1]} << 8 |
           std::uint32_t{from[at + 2]} << 16 | std::uint32_t{from[at + 3]} << 24;
}

}  // namespace stretto
