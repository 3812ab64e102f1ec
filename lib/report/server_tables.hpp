#pragma once
// Makes the tables of servers' bytes and of cost, which need access logs.
#include "report/cost.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"

namespace stretto::report {

OfServer all_servers(const Summary& summary);

Table servers_table(const Summary& summary, const Dictionary& names);
/// @param listeners  number of listeners in all sessions
Table cost_table(const Summary& summary, std::int64_t listeners, const Prices& prices);

}  // namespace stretto::report
