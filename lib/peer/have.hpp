#pragma once
// The Stretto-Have field: which chunks of a rendition a peer has.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::peer {

/// "0-5, 7": the chunks that are here, as a peer tells in its Stretto-Have field.
std::string print_have(const std::vector<bool>& here);
/// What a peer said; chunks from `chunks` on are passed over. nullopt: no such list.
std::optional<std::vector<bool>> parse_have(std::string_view text, std::size_t chunks);

}  // namespace stretto::peer
