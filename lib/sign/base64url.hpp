#pragma once
// Base64 for URLs (RFC 4648 5), without padding, as JOSE has it (RFC 7515 2).
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace stretto::sign {

std::string base64url(BytesView bytes);
/// Strict: padding, blanks, other alphabets and bits that are left over are refused.
std::optional<Bytes> parse_base64url(std::string_view text);

}  // namespace stretto::sign
