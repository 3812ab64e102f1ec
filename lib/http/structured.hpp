#pragma once
// Structured field values (RFC 8941): dictionaries as cache directives use them, and strings.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace stretto::http {

/// A member of a dictionary; its parameters are checked and left out.
struct DictionaryMember {
    std::string key;
    /// A boolean, an integer, a string or token, a byte sequence; monostate: a type that nobody
    /// here reads (decimal, inner list).
    std::variant<std::monostate, bool, std::int64_t, std::string, Bytes> value;
};
/// In the order in which keys first came, the last value of each (4.2.2); nullopt for what is no
/// dictionary.
std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view text);

/// A token where the text is one, else a string; bytes that neither may hold become "?".
std::string print_token_or_string(std::string_view text);
std::string print_structured_string(std::string_view text);

}  // namespace stretto::http
