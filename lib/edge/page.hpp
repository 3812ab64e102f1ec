#pragma once
// The page at / and the files that it loads: those of lib/web, which the linker embeds.
#include <span>
#include <string>
#include <string_view>

namespace stretto::edge {

/// The page. It refers to the files below if the program contains the core.
/// @param tracker  URL through which pages exchange chunks; empty: they do not
std::string page(std::string_view tracker);

/// The folder of all of them.
constexpr std::string_view web_folder = "/web/";

/// A file that never changes, because its path contains the hash of all these files.
struct Asset {
    std::string path;  ///< "/web/<hash>/core.wasm"
    std::string_view type, bytes;
    std::string_view gzip;  ///< the same bytes, compressed; may be empty
};
/// Empty if the program was built without clang-19, as with `make` alone. The page then plays
/// through <audio>.
std::span<const Asset> assets();

}  // namespace stretto::edge
