#pragma once
// The fields Stretto-Have and Stretto-Parts: the chunks of a rendition that a peer has, and the
// pieces of others.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gather/have.hpp"

namespace stretto::peer {

/// "0-5, 7": our chunks, as text for the Stretto-Have field.
std::string print_have(const std::vector<bool>& here);
/// Parse a peer's field; chunks from `chunks` on are ignored. nullopt: invalid list.
std::optional<std::vector<bool>> parse_have(std::string_view text, std::size_t chunks);

/// The pieces of chunks that a peer still receives, for the Stretto-Parts field: "8/0-4, 8/7".
using Parts = gather::Parts;
std::string print_parts(const Parts& parts);
/// Parse a peer's field. Chunks from `chunks` on, pieces from 64 on, and all chunks after the 64th
/// are ignored. nullopt: invalid list.
std::optional<Parts> parse_parts(std::string_view text, std::size_t chunks);

}  // namespace stretto::peer
