#pragma once
// Who made which song, by those who may say it: a store's manifests or a list.
#include <functional>
#include <string>

#include "base/error.hpp"
#include "report/tags.hpp"

namespace stretto::report {

/// Add the songs of a list: {"songs": [{"id", "title", "artist"}, ...], "next"} as stretto-serve's
/// /songs, an array of such, or one a line. What a song is called beside these is passed over.
/// @return  the page's `next`, empty when there is none. Malformed when it is no list, when a song
///          has no id, or another title or artist than before
Result<std::string> add_songs(Catalogue& catalogue, std::string_view json);

/// A store's folder, or a file with a list. Errors: 65, 66, 74.
Catalogue read_catalogue(const std::string& path);

/// All pages of a stretto-serve. @param get  a target's body, "/songs?limit=1000"; throws
Catalogue read_catalogue(const std::function<std::string(const std::string& target)>& get,
                         const std::string& subject);

}  // namespace stretto::report
