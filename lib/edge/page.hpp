#pragma once
// The page at / and the files that it loads: those of lib/web, which the linker embeds.
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::edge {

/// Other servers that the page may use, by their URLs without a slash at the end.
struct PageOptions {
    std::string tracker;             ///< through which pages exchange chunks; empty: they do not
    std::vector<std::string> edges;  ///< beside the page's own server
    std::string tokens;              ///< where a listener gets its access token; empty: nowhere
};

/// The page. It refers to the files below if the program contains the core.
std::string page(const PageOptions& options);
/// Whom it may send requests to: a part of its policy (CSP).
std::string connections(const PageOptions& options);

/// The folder of all of them.
constexpr std::string_view web_folder = "/web/";

/// A file that never changes, because its path contains the hash of all these files.
struct Asset {
    std::string path;  ///< "/web/<hash>/core.wasm"
    std::string_view type, bytes;
    std::string_view gzip;  ///< the same bytes, compressed
};
/// Empty if the program was built without clang-19, as with `make` alone. The page then plays
/// through <audio>.
std::span<const Asset> assets();

}  // namespace stretto::edge
