#pragma once
// A request to invalidate stored songs or paths, in the format of POST /purge:
// {"purge": ["SONG", "/PATH", ...], "hard": false, "via": ["INSTANCE", ...]}.
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::edge {

struct Purge {
    std::vector<std::string> what;  ///< ids and names of songs, paths that begin with "/"
    bool hard = false;              ///< gone, not only to be validated before it is used again
    std::vector<std::string> via;   ///< edges that passed it on
};

constexpr std::size_t most_purged = 1000;  // in one request

/// Malformed for invalid JSON, without any SONG or PATH, and for more than most_purged.
Result<Purge> parse_purge(std::string_view json);
std::string print_purge(const Purge& purge);
/// The same purge in requests that an edge accepts: names have become paths, which are more, and
/// longer.
std::vector<Purge> in_parts(const Purge& purge);

}  // namespace stretto::edge
