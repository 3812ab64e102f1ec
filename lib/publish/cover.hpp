#pragma once
// Covers on their way from an audio file to a store: as a picture in Vorbis comments
// (METADATA_BLOCK_PICTURE, as in FLAC), then as files of a bundle.
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "song/cover.hpp"

namespace stretto::publish {

/// The largest cover that is published, made from a picture in any common format.
/// @param subject  names it in errors (65)
Bytes cover_from(BytesView picture, const std::string& subject);

/// "METADATA_BLOCK_PICTURE=..." of a plain JPEG: the front cover.
std::string picture_comment(BytesView jpeg);

/// The picture in a block as FLAC has it (RFC 9639, 8.8).
struct PictureBlock {
    std::uint32_t type = 0;  ///< 3: front cover
    BytesView picture;
};
Result<PictureBlock> parse_picture_block(BytesView block);

/// The cover among the comments of a Vorbis comment header: the front cover, else the first
/// picture. nullopt when there is none that can be read.
std::optional<Bytes> cover_in_comments(BytesView comment_header);

struct CoverFile {
    song::Cover cover;
    Bytes jpeg;
};
/// What is published of a picture, by rising size. A plain JPEG that is small enough stays as it
/// is; a size that would have the bytes of a smaller one is left out.
/// @param subject  names it in errors (65)
std::vector<CoverFile> cover_files(BytesView picture, const std::string& subject);

}  // namespace stretto::publish
