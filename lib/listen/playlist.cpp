#include "listen/playlist.hpp"

#include "base/text.hpp"
#include "http/blank.hpp"
#include "song/id.hpp"

namespace stretto::listen {
namespace {

/// The song in "http://host/stream/frontiers?kbps=160", "songs/frontiers/manifest.json" or
/// "frontiers".
std::string_view song_of(std::string_view line) {
    for (const std::string_view before : {"/stream/", "/songs/", "stream/", "songs/"}) {
        const auto at = line.find(before);
        if (at == std::string_view::npos) continue;
        line.remove_prefix(at + before.size());
        break;
    }
    return http::trimmed(line.substr(0, line.find_first_of("/?#\t")));
}

}  // namespace

Playlist parse_playlist(std::string_view text) {
    Playlist list;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find_first_of("\r\n");
        const auto line = http::trimmed(text.substr(0, end));
        const bool both = end != std::string_view::npos && text.substr(end).starts_with("\r\n");
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + (both ? 2 : 1));
        if (line.empty() || line.starts_with('#')) continue;
        const auto song = song_of(line);
        if (song::is_id(song) || song::is_name(song))
            list.songs.emplace_back(song);
        else
            list.refused.push_back(
                stretto::text("line ", number, ": '", line.substr(0, 80), "' is not a song"));
    }
    return list;
}

}  // namespace stretto::listen
