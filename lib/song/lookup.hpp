#pragma once
// From an id or a name to a checked manifest: a name resolves to an id, and the id proves its
// manifest. Transport, cache and retries belong to the callers (edge, tracker,
// listener).
#include "song/manifest.hpp"

namespace stretto::song {

/// A request to a store, and the maximum length of its response: for an id its manifest, for a name
/// its id.
struct Wanted {
    std::string path;  ///< relative to the store
    std::size_t most_bytes = 0;
};
Wanted wanted_for(std::string_view id_or_name);

/// The content of names/NAME: the id on its only line.
Result<std::string> parse_name(std::string_view answer);

/// The manifest of the song with this id; the manifest of another song is Malformed.
/// @param id  or a name; then the response is as trustworthy as its sender
Result<Manifest> parse_manifest_of(std::string_view id, std::string_view json);

}  // namespace stretto::song
