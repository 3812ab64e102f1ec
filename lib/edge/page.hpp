#pragma once
// The page at /: page.html, put into the program by the linker.
#include <string_view>

extern "C" const char stretto_page_html[], stretto_page_html_end[];

namespace stretto::edge {

inline std::string_view page() {
    return {stretto_page_html, static_cast<std::size_t>(stretto_page_html_end - stretto_page_html)};
}

}  // namespace stretto::edge
