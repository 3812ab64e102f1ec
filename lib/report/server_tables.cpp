#include "report/server_tables.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/listening.hpp"

namespace stretto::report {
namespace {

Cell if_any(double number, bool any) { return any ? Cell{number} : Cell{}; }

}  // namespace

OfServer all_servers(const Summary& s) {
    OfServer all;
    for (const auto& [name, server] : s.servers) all.add(server);
    return all;
}

Table servers_table(const Summary& s, const Dictionary& names) {
    Table table{"servers",
                "Servers, by their logs",
                {{"server", "server"},
                 {"requests", "requests", Kind::count},
                 {"bytes", "bytes", Kind::bytes},
                 {"reported", "players report", Kind::bytes},
                 {"unreported_hit", "others: hits", Kind::bytes},
                 {"unreported_miss", "misses", Kind::bytes},
                 {"unreported_origin", "from a store", Kind::bytes},
                 {"to_servers", "to servers", Kind::bytes}},
                {}};
    for (const auto& [name, of] : s.servers)
        table.rows.push_back({names.servers[name], of.requests, of.bytes, of.reported, of.hit,
                              of.miss, of.origin, of.to_servers});
    std::sort(table.rows.begin(), table.rows.end());
    return table;
}

Table cost_table(const Summary& s, std::int64_t listeners, const Prices& prices) {
    constexpr double year = 365.25 * day_ms;
    const auto span =
        static_cast<double>(std::max<std::int64_t>(s.dates.to_ms() - s.dates.from_ms(), 1));
    Table table{"cost",
                text("What it cost, in ", prices.currency),
                {{"way", "way"},
                 {"edge_bytes", "edges", Kind::bytes},
                 {"origin_bytes", "origin", Kind::bytes},
                 {"peer_bytes", "peers", Kind::bytes},
                 {"requests", "requests", Kind::count},
                 {"amount", "amount", Kind::number},
                 {"listener_year", "a listener and year", Kind::number},
                 {"saved", "saved", Kind::share}},
                {}};
    const auto ways = costs(prices, s.traffic, all_servers(s), span / (year / 12));
    const double most = ways.back().amount;  // cost with the origin alone
    for (const auto& c : ways)
        table.rows.push_back(
            {c.way, static_cast<std::int64_t>(c.edge_bytes),
             static_cast<std::int64_t>(c.origin_bytes), static_cast<std::int64_t>(c.peer_bytes),
             static_cast<std::int64_t>(c.requests), c.amount,
             if_any(c.amount / static_cast<double>(std::max<std::int64_t>(listeners, 1)) *
                        (year / span),
                    listeners > 0),
             if_any(1 - c.amount / most, most > 0)});
    return table;
}

}  // namespace stretto::report
