#include "base/text.hpp"

#include <charconv>
#include <cstdio>

namespace stretto {

void TextPart::append_to(std::string& out) const {
    char digits[32];
    const auto number = [&](std::to_chars_result done) { out.append(digits, done.ptr); };
    char* const end = digits + sizeof digits;
    switch (kind_) {
        case Kind::characters:
            out += characters_;
            break;
        case Kind::character:
            out += character_;
            break;
        case Kind::integer:
            number(std::to_chars(digits, end, static_cast<long long>(natural_)));
            break;
        case Kind::natural:
            number(std::to_chars(digits, end, natural_));
            break;
        case Kind::real:
#ifdef __wasm__  // to_chars has tables of 110 kB, and there is only the C locale
            out.append(digits,
                       static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%g", real_)));
#else
            number(std::to_chars(digits, end, real_, std::chars_format::general, 6));
#endif
            break;
    }
}

std::string join(std::initializer_list<TextPart> parts) {
    std::string out;
    for (const auto& part : parts) part.append_to(out);
    return out;
}

}  // namespace stretto
