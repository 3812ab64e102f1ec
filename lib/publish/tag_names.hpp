#pragma once
// The names that MusicBrainz Picard gives tags in Vorbis comments
// (https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html).
#include <string>
#include <string_view>

namespace stretto::publish {

/// Of an ID3v2 frame, "TPE2"; empty where it is no text that we keep.
std::string_view name_of_frame(std::string_view frame);
/// Of an MP4 item, "\xa9nam"; empty likewise.
std::string_view name_of_item(std::string_view item);
/// Of a free name, as in TXXX, "----" and APE: "MusicBrainz Album Id", "Album Artist".
std::string name_of_free(std::string_view name);
/// The genre with this number in ID3v1; empty where there is none.
std::string_view genre(unsigned number);

}  // namespace stretto::publish
