#pragma once
// Titles and artists of songs from a trusted source: a store's manifests, or a list.
#include <functional>
#include <string>

#include "base/error.hpp"
#include "report/tags.hpp"

namespace stretto::report {

/// Add the songs of a list: {"songs": [{"id", "title", "artist"}, ...], "next"} as stretto-serve's
/// /songs, an array of such objects, or one object per line. Other keys are ignored.
/// @return  the page's `next`, empty if there is none. Malformed if it is not a list, or if a song
/// has
///          no id, or another title or artist than before
Result<std::string> add_songs(Catalogue& catalogue, std::string_view json);

/// Read a store's folder, or a file with a list. Throws Errors 65, 66, 74.
Catalogue read_catalogue(const std::string& path);

/// Read all pages of a stretto-serve. @param get  returns the body of a target such as
/// "/songs?limit=1000"; may throw
Catalogue read_catalogue(const std::function<std::string(const std::string& target)>& get,
                         const std::string& subject);

}  // namespace stretto::report
