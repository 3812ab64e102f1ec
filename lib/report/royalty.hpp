#pragma once
// Money shared by weights, to the cent.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stretto::report {

/// Parse "1234.56" to cents; nullopt if it is not an amount from 0 to 10^12.
std::optional<std::int64_t> parse_cents(std::string_view text);

/// Shares that add up to `cents` exactly: each is rounded down, and the remaining cents go to the
/// largest remainders (Hamilton), the first among equals. All shares are 0 if all weights are 0.
std::vector<std::int64_t> share(std::int64_t cents, const std::vector<std::uint64_t>& weights);

}  // namespace stretto::report
