#pragma once
// Whole bodies in the coding "gzip" (RFC 9110 8.4.1.3).
#include <optional>

#include "base/bytes.hpp"

namespace stretto::edge {

Bytes gzip_bytes(BytesView bytes);
/// nullopt when it is damaged or longer than `most`.
std::optional<Bytes> gunzip(BytesView bytes, std::size_t most);

}  // namespace stretto::edge
