#pragma once
// Cache groups (RFC 9875): names that responses share, so that all of a group can be invalidated.
#include <string>
#include <string_view>
#include <vector>

namespace stretto::edge {

/// Parse a Cache-Groups or Cache-Group-Invalidation field: a list of strings (RFC 8941 3.1),
/// without parameters. Returns at most `most_groups` names, and none if the field is invalid.
std::vector<std::string> parse_groups(std::string_view field);
constexpr std::size_t most_groups = 64;  // RFC 9875 wants 32 at least

}  // namespace stretto::edge
