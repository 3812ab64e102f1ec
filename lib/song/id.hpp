#pragma once
// What names a song: an id proves its audio, a name is what people type.
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
