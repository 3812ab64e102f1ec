#pragma once
// Which paths an edge passes on as they are, for servers behind it that are not ours.
#include <optional>
#include <string_view>

namespace stretto::edge {

/// Why a target may not be passed on; nullopt when it may, byte for byte. Refused is what the
/// server behind, or one behind that, might take for a path other than the one that it is stored
/// under:
/// "." and ".." segments, also encoded, encoded again, with parameters or blanks, or between
/// encoded slashes; control bytes; backslashes; bad percent-encoding.
/// @param target  origin-form, printable ASCII; its query is not looked at
std::optional<std::string_view> why_not_passed(std::string_view target);

}  // namespace stretto::edge
