#pragma once
// The page at / and what it loads: the files of lib/web, put into the program by the linker.
#include <span>
#include <string>
#include <string_view>

namespace stretto::edge {

/// The page. It names the files below, if the program has the core.
/// @param tracker  URL through which pages exchange chunks; empty: they do not
std::string page(std::string_view tracker);

/// A file that never changes under its path, which has the hash of all of them.
struct Asset {
    std::string path;  ///< "/web/<hash>/core.wasm"
    std::string_view type, bytes;
    std::string_view gzip;  ///< the same bytes, compressed; may be empty
};
/// Empty in a program that was built without clang-19, as `make` alone may be: the page then plays
/// through <audio>.
std::span<const Asset> assets();

}  // namespace stretto::edge
