#pragma once
// What the bytes cost, and what they would have cost without peers or without edges.
#include <filesystem>
#include <string>
#include <vector>

#include "report/experience.hpp"
#include "report/servers.hpp"

namespace stretto::report {

/// Money for 10^9 bytes, for 10^6 requests and so on, in any currency.
struct Prices {
    std::string currency = "USD";
    double edge_gb = 0, origin_gb = 0, peer_gb = 0, million_requests = 0, storage_gb_month = 0,
           stored_gb = 0;
};

/// A JSON object of some of these names; an Error (65) for others, or for what is no price.
Prices read_prices(const std::filesystem::path& path);

struct Cost {
    std::string way;
    double edge_bytes = 0, origin_bytes = 0, peer_bytes = 0, requests = 0, amount = 0;
};

/// As it was; with edges alone, at the same hit ratio; from the origin alone. A player's own cache
/// is the same in all.
/// @param unreported  what servers sent beside what players report
std::vector<Cost> costs(const Prices& prices, const Traffic& traffic, const OfServer& unreported,
                        double months);

}  // namespace stretto::report
