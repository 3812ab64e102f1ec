#pragma once
// The cost of the bytes, and their cost without peers or without edges.
#include <filesystem>
#include <string>
#include <vector>

#include "report/experience.hpp"
#include "report/servers.hpp"

namespace stretto::report {

/// Prices per 10^9 bytes, per 10^6 requests and so on, in any currency.
struct Prices {
    std::string currency = "USD";
    double edge_gb = 0, origin_gb = 0, peer_gb = 0, million_requests = 0, storage_gb_month = 0,
           stored_gb = 0;
};

/// Parse a JSON object with some of these names. Throws an Error (65) for other names and for
/// invalid prices.
Prices read_prices(const std::filesystem::path& path);

struct Cost {
    std::string way;
    double edge_bytes = 0, origin_bytes = 0, peer_bytes = 0, requests = 0, amount = 0;
};

/// Three rows: the actual cost, the cost with edges alone at the same hit ratio, and the cost with
/// the origin alone. The players' caches are the same in all of them.
/// @param unreported  bytes that servers sent and no player reported
std::vector<Cost> costs(const Prices& prices, const Traffic& traffic, const OfServer& unreported,
                        double months);

}  // namespace stretto::report
