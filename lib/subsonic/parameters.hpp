#pragma once
// The parameters of a request: of its query, and of a form in its body.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace stretto::subsonic {

class Parameters {
   public:
    static constexpr std::size_t most = 500;

    /// Malformed for more than `most`, and for invalid percent-encoding.
    /// @param form  "a=1&b=x%20y" like the query, which comes first
    static Result<Parameters> parse(std::string_view query, std::string_view form);

    /// The first value; nullptr: it is missing.
    const std::string* find(std::string_view name) const;
    std::string text(std::string_view name, std::string_view otherwise = {}) const;
    std::vector<std::string> all(std::string_view name) const;
    /// From 0 on; `otherwise` if it is missing or empty. Malformed if it is not a number.
    Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise) const;

   private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Digits alone; nullopt for anything else.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// "%41+b" is "A b"; nullopt for invalid percent-encoding.
std::optional<std::string> decode_form(std::string_view text);

}  // namespace stretto::subsonic
