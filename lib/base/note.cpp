#include "base/note.hpp"

#include <unistd.h>

#include <utility>

#include "base/text.hpp"

namespace stretto {
namespace {

std::string name_of_tool = "stretto";

}  // namespace

std::size_t utf8_length(std::string_view s) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char lead = at(0);
    const std::size_t n = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    if (n == 0 || s.size() < n) return 0;
    for (std::size_t i = 1; i < n; ++i)
        if ((at(i) & 0xc0) != 0x80) return 0;
    if (n == 3 && ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) >= 0xa0))) return 0;
    if (n == 4 && ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) >= 0x90))) return 0;
    return n;
}

std::string_view tool_name() { return name_of_tool; }
void set_tool_name(std::string name) { name_of_tool = std::move(name); }

std::string printable(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    while (!text.empty()) {
        const std::size_t n = utf8_length(text);
        const auto c = static_cast<unsigned char>(text[0]);
        const bool c1 = n == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (n == 0 || c < 0x20 || c == 0x7f || c1) {
            out += "\\x";
            out += digits[c >> 4];
            out += digits[c & 15];
            text.remove_prefix(1);
        } else {
            out += text.substr(0, n);
            text.remove_prefix(n);
        }
    }
    return out;
}

void note(std::string_view what) {
    const auto line = text(name_of_tool, ": ", printable(what), "\n");
    if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // no place to report
}

}  // namespace stretto
