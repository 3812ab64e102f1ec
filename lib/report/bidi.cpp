#include "report/bidi.hpp"

#include <algorithm>
#include <vector>

namespace stretto::report {
namespace {

/// Remove and return the next character of the text; a byte of invalid UTF-8 counts as one.
char32_t next(std::string_view& text, std::string_view& bytes) {
    const auto head = static_cast<unsigned char>(text[0]);
    const std::size_t size = head < 0x80 ? 1 : head < 0xe0 ? 2 : head < 0xf0 ? 3 : 4;
    bytes = text.substr(0, std::min(size, text.size()));
    text.remove_prefix(bytes.size());
    char32_t c = size == 1 ? head : head & (0x7f >> size);
    for (const char b : bytes.substr(1)) c = c << 6 | (static_cast<unsigned char>(b) & 0x3f);
    return c;
}

bool opens_embedding(char32_t c) {
    return c == 0x202a || c == 0x202b || c == 0x202d || c == 0x202e;
}
bool opens_isolate(char32_t c) { return c >= 0x2066 && c <= 0x2068; }
constexpr char32_t pop_embedding = 0x202c, pop_isolate = 0x2069;

bool turns(char32_t c) {
    return (c >= 0x590 && c <= 0x8ff) || c == 0x200f || opens_embedding(c) || opens_isolate(c) ||
           c == pop_embedding || c == pop_isolate || (c >= 0xfb1d && c <= 0xfdff) ||
           (c >= 0xfe70 && c <= 0xfeff) || (c >= 0x10800 && c <= 0x10fff) ||
           (c >= 0x1e800 && c <= 0x1efff);
}

}  // namespace

bool turns(std::string_view text) {
    std::string_view bytes;
    while (!text.empty())
        if (turns(next(text, bytes))) return true;
    return false;
}

std::string isolate(std::string_view text) {
    if (!turns(text)) return std::string{text};
    std::string out = "\u2068";
    std::vector<bool> open;  // true: an isolate
    std::string_view bytes;
    const auto close = [&] {
        out += open.back() ? "\u2069" : "\u202c";
        open.pop_back();
    };
    while (!text.empty()) {
        const auto c = next(text, bytes);
        if (c == pop_embedding) {
            if (!open.empty() && !open.back()) close();
        } else if (c == pop_isolate) {
            if (std::find(open.begin(), open.end(), true) == open.end()) continue;
            while (!open.back()) close();
            close();
        } else {
            if (opens_embedding(c) || opens_isolate(c)) open.push_back(opens_isolate(c));
            out += bytes;
        }
    }
    while (!open.empty()) close();
    return out + "\u2069";
}

}  // namespace stretto::report
