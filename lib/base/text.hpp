#pragma once
// text(): join parts into one string, as std::format will when the compiler has it.
#include <sstream>
#include <string>

namespace stretto {

/// `text("chunk ", 3, " of ", 22)` is "chunk 3 of 22". Numbers are printed in the C locale,
/// whatever LC_ALL says.
template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    (out << ... << parts);
    return out.str();
}

}  // namespace stretto
