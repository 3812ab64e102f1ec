#pragma once
// Checks the paths that an edge forwards unchanged to upstream servers of any kind.
#include <optional>
#include <string_view>

namespace stretto::edge {

/// The reason to refuse a target; nullopt if it may be forwarded, byte for byte. A target is
/// refused if an upstream server might decode it to another path than the key of the cache: "." and
/// ".." segments (also encoded once or twice, with parameters or blanks, or between encoded
/// slashes), control bytes, backslashes, and invalid percent-encoding.
/// @param target  origin-form, printable ASCII; its query is ignored
std::optional<std::string_view> why_not_passed(std::string_view target);

}  // namespace stretto::edge
