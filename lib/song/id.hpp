#pragma once
// Ids and names of songs: an id proves a song's audio; people type names.
#include <string_view>

namespace stretto::song {

/// 32 characters of lower-case Crockford base32.
bool is_id(std::string_view text);
/// [a-z0-9][a-z0-9._-]{0,63}, without "..", and not an id.
bool is_name(std::string_view text);
/// Throws an Error (64) unless it is an id or a name.
void check_song(std::string_view text);
/// Throws an Error (64) unless it is a name.
void check_name(std::string_view text);

}  // namespace stretto::song
