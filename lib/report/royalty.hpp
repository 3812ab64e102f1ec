#pragma once
// Money shared by weights, to the cent.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stretto::report {

/// "1234.56" in cents; nullopt for what is no amount of 0 to 10^12.
std::optional<std::int64_t> parse_cents(std::string_view text);

/// Shares that add up to `cents` exactly: each its part rounded down, and the cents that are left
/// to the largest remainders (Hamilton), among equals to the first. All 0 when the weights are.
std::vector<std::int64_t> share(std::int64_t cents, const std::vector<std::uint64_t>& weights);

}  // namespace stretto::report
