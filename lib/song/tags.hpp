#pragma once
// Tags of a song: title, artist, album. A manifest contains tags, and its id does not prove them.
#include <map>
#include <string>
#include <vector>

namespace stretto::song {

using Tags = std::map<std::string, std::vector<std::string>>;

/// "KEY=value" comments as tags and back. Our own tags (STRETTO_*) and pictures are omitted.
Tags tags_of_comments(const std::vector<std::string>& comments);
std::vector<std::string> comments_of_tags(const Tags& tags);
/// The first value of a tag, or nothing.
std::string first_tag(const Tags& tags, const std::string& key);

}  // namespace stretto::song
