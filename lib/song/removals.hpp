#pragma once
// The removal log of a store: which songs were taken out of it, and when. See stretto-store(5).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::song {

struct Removal {
    std::int64_t ms = 0;  ///< since 1970
    std::string id;
    bool operator==(const Removal&) const = default;
};

constexpr std::string_view removals_path = "removed";
constexpr std::size_t most_removals = 1'000'000, most_removals_bytes = 64u << 20;

/// A line "MILLISECONDS ID" each; a last one without its line end is not written yet, and left out.
Result<std::vector<Removal>> parse_removals(std::string_view text);
std::string print_removals(const std::vector<Removal>& removals);

}  // namespace stretto::song
