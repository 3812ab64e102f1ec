#pragma once
// Finds and removes ids in lines of logs. Clients choose their ids, which may be any text, also a
// text like "0" or "HIT" that other parts of a line contain.
#include <functional>
#include <string>
#include <string_view>

namespace stretto::report {

/// Whether a whole value, decoded, is an id to be removed.
using IsId = std::function<bool(std::string_view value)>;

/// What happened to a line.
enum class Struck { nothing, some, refused };

/// In a line that parse_access accepts, replace the session, and the values in the queries of the
/// request and the referer, by "-" if they are ids. In a line with such a session or value, parts
/// of the paths are replaced too. Time, status, bytes, cache, address and Via never change:
/// `refused` is for a line in which they would, and leaves it unchanged.
Struck strike(std::string& line, const IsId& is_id);

/// Whether a line that cannot be parsed contains an id: as a whole string of JSON that is not a
/// key, or, in other lines, as a value in the query of a URL.
bool mentions(std::string_view line, const IsId& is_id);

}  // namespace stretto::report
