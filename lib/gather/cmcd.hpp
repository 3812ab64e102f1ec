#pragma once
// CTA-5004: the player's state in header fields of its requests, for readers of an edge's logs.
#include <string>
#include <utility>
#include <vector>

#include "gather/listening.hpp"
#include "song/manifest.hpp"

namespace stretto::gather {

/// @param session   of the events; at most 64 bytes
/// @param manifest  with rate 0 if nothing is known of the song yet
std::vector<std::pair<std::string, std::string>> cmcd(const std::string& session,
                                                      const Listening& rules,
                                                      const song::Manifest& manifest,
                                                      const play::Session::Heard& heard,
                                                      const Ask& ask);

}  // namespace stretto::gather
