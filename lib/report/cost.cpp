#include "report/cost.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json_value.hpp"

namespace stretto::report {
namespace {

struct Price {
    const char* name;
    double Prices::*at;
};
constexpr Price known[] = {{"edge_gb", &Prices::edge_gb},
                           {"origin_gb", &Prices::origin_gb},
                           {"peer_gb", &Prices::peer_gb},
                           {"million_requests", &Prices::million_requests},
                           {"storage_gb_month", &Prices::storage_gb_month},
                           {"stored_gb", &Prices::stored_gb}};

void set(Prices& prices, const std::string& name, const Json& value, const std::string& subject) {
    if (name == "currency" && value.is_string()) {
        prices.currency = value.string();
        return;
    }
    for (const auto& price : known)
        if (name == price.name) {
            if (!value.is_number() || value.number() < 0)
                throw bad_data(subject, text("'", name, "' is no price"));
            prices.*price.at = value.number();
            return;
        }
    throw bad_data(subject, text("nothing is called '", name, "'"));
}

}  // namespace

Prices read_prices(const std::filesystem::path& path) {
    const auto bytes = read_file(path, 1 << 20);
    const auto json = Json::parse(as_text(bytes));
    if (!json || !json->is_object()) throw bad_data(path.string(), "no JSON object");
    Prices prices;
    for (const auto& [name, value] : json->members()) set(prices, name, value, path.string());
    return prices;
}

std::vector<Cost> costs(const Prices& prices, const Traffic& traffic, const OfServer& unreported,
                        double months) {
    const auto edge = static_cast<double>(traffic.edge_bytes() + unreported.hit + unreported.miss);
    const auto miss = static_cast<double>(traffic.of(Source::edge_miss) + unreported.miss);
    const auto peer = static_cast<double>(traffic.of(Source::peer));
    const auto origin =
        static_cast<double>(unreported.origin);  // to listeners that requested from the origin
    const auto peer_chunks = static_cast<double>(traffic.chunks[static_cast<int>(Source::peer)]);
    const auto requests =
        static_cast<double>(traffic.edge_chunks() + unreported.unreported_requests);
    const double misses = edge > 0 ? miss / edge : 1;
    const double all_bytes = edge + peer + origin;
    std::vector<Cost> all{
        {"as it was", edge, miss + origin, peer, requests, 0},
        {"edges only", all_bytes, all_bytes * misses, 0, requests + peer_chunks, 0},
        {"origin only", 0, all_bytes, 0, requests + peer_chunks, 0}};
    for (auto& c : all)
        c.amount = (c.edge_bytes * prices.edge_gb + c.origin_bytes * prices.origin_gb +
                    c.peer_bytes * prices.peer_gb) /
                       1e9 +
                   c.requests / 1e6 * prices.million_requests +
                   prices.stored_gb * prices.storage_gb_month * months;
    return all;
}

}  // namespace stretto::report
