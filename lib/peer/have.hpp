#pragma once
// The Stretto-Have field: the chunks of a rendition that a peer has.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::peer {

/// "0-5, 7": our chunks, as text for the Stretto-Have field.
std::string print_have(const std::vector<bool>& here);
/// Parse a peer's field; chunks from `chunks` on are ignored. nullopt: invalid list.
std::optional<std::vector<bool>> parse_have(std::string_view text, std::size_t chunks);

}  // namespace stretto::peer
