#pragma once
// The tags of an audio file, read from its own bytes: FFmpeg joins several values to one, takes
// Latin-1 for UTF-8 and names the same thing by what its container calls it. Names are those of
// Vorbis comments as MusicBrainz Picard writes them.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audio/stated.hpp"

namespace stretto::publish {

struct Tag {
    std::string key, value;
    bool operator==(const Tag&) const = default;
};

/// Text of which nobody says the encoding: UTF-8 if it is that, else Windows-1252.
std::string from_unstated(std::string_view text);

/// ID3v2 (2.2 to 2.4) from the first byte of the tag on; values apart, in UTF-8.
std::vector<Tag> parse_id3v2(BytesView tag);
/// The last 128 bytes of a file.
std::vector<Tag> parse_id3v1(BytesView tag);
/// From the first item on.
std::vector<Tag> parse_ape(BytesView items, std::uint32_t count);
/// Vorbis comments from the vendor's length on.
std::vector<Tag> parse_vorbis_comments(BytesView comments);

/// What is found in a file by its format, in FFmpeg's words; empty where it has no tags or FFmpeg
/// reads them as well as anybody.
std::vector<Tag> read_tags(const audio::ReadAt& read, std::uint64_t file_bytes,
                           std::string_view format);

/// "KEY=value" by rising key, values of a key in their order and once each: the file's own tags,
/// and of `others` (FFmpeg's) the keys that these lack. At most 60,000 bytes: `left_out` names what
/// is too much.
std::vector<std::string> comments_of(const std::vector<Tag>& tags,
                                     const std::vector<std::string>& others,
                                     std::vector<std::string>& left_out);

}  // namespace stretto::publish
