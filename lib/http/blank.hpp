#pragma once
// Optional white space around the parts of a field (RFC 9110 5.6.3).
#include <string_view>

namespace stretto::http {

inline std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

}  // namespace stretto::http
