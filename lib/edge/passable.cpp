#include "edge/passable.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace stretto::edge {
namespace {

constexpr int most_decodings = 4;  // some servers decode twice, none more often

struct Decoded {
    std::string text;
    bool well_formed = true;  ///< each "%" had two digits behind it; one that had not is kept
};

/// Percent-encoding undone once (RFC 3986 2.1).
Decoded decode(std::string_view text) {
    Decoded out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const auto digits = text.substr(i + 1, 2);
        const auto* end = digits.data() + digits.size();
        const bool encoded = text[i] == '%' && digits.size() == 2 &&
                             std::from_chars(digits.data(), end, byte, 16).ptr == end;
        if (text[i] == '%' && !encoded) out.well_formed = false;
        out.text += encoded ? static_cast<char>(byte) : text[i];
        if (encoded) i += 2;
    }
    return out;
}

/// "." and "..", and what some make of "..;x" and ". .".
bool is_dot_segment(std::string_view segment) {
    std::string bare{segment.substr(0, segment.find(';'))};
    std::erase(bare, ' ');
    return bare == "." || bare == "..";
}

std::optional<std::string_view> why_not(std::string_view path) {
    const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
    if (std::ranges::any_of(path, is_control)) return "control bytes in the path";
    if (path.find('\\') != std::string_view::npos) return "a backslash in the path";
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (is_dot_segment(path.substr(0, end))) return "a dot segment";
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return {};
}

}  // namespace

std::optional<std::string_view> why_not_passed(std::string_view target) {
    std::string path{target.substr(0, target.find('?'))};
    if (!path.starts_with('/')) return "no path";
    if (!decode(path).well_formed) return "bad percent-encoding";
    for (int i = 0; i < most_decodings; ++i) {
        if (const auto why = why_not(path)) return why;
        auto decoded = decode(path).text;
        if (decoded == path) return {};
        path = std::move(decoded);
    }
    return "a path that is encoded many times over";
}

}  // namespace stretto::edge
