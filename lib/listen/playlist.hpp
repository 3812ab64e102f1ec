#pragma once
// Songs of a playlist: M3U8, or any text with a song a line.
#include <string>
#include <string_view>
#include <vector>

namespace stretto::listen {

struct Playlist {
    std::vector<std::string> songs;    ///< ids or names, in order
    std::vector<std::string> refused;  ///< "line 3: 'x y' is not a song", for people
};

/// Each line names a song by its id, its name, or an address of it ("http://host/stream/NAME",
/// "songs/ID/manifest.json"). Text after a tab and lines that begin with # are ignored. The text
/// may have a byte order mark, and CR, LF or CRLF as line ends.
Playlist parse_playlist(std::string_view text);

}  // namespace stretto::listen
