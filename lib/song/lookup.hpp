#pragma once
// From what people type to a checked manifest: a name means an id, and an id's manifest proves
// itself. Who carries the bytes, keeps them and asks again (edge, tracker, listener) is not said
// here.
#include "song/manifest.hpp"

namespace stretto::song {

/// What to ask a store for, and how long its answer may be: an id's manifest, else what a name
/// means.
struct Wanted {
    std::string path;  ///< relative to the store
    std::size_t most_bytes = 0;
};
Wanted wanted_for(std::string_view id_or_name);

/// What lies under a name: the id on its only line.
Result<std::string> parse_name(std::string_view answer);

/// The manifest of the song of this id; one that belongs to another is Malformed.
/// @param id  or a name: then the answer is as trusted as who gave it
Result<Manifest> parse_manifest_of(std::string_view id, std::string_view json);

}  // namespace stretto::song
