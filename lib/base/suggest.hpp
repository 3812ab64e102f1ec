#pragma once
// What somebody meant who mistyped a word.
#include <span>
#include <string>
#include <string_view>

namespace stretto {

/// Edits that turn one word into the other: a character added, removed or changed, or two
/// neighbours exchanged.
std::size_t edits_between(std::string_view one, std::string_view other);

/// The candidate that `word` abbreviates or misspells; empty: none is near, or several are equally
/// near. A word of n characters may have n/3 + 1 edits, but never as many as it is long.
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace stretto
