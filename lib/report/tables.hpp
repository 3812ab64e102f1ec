#pragma once
// Makes the tables of a report from its sums.
#include <optional>
#include <vector>

#include "report/cost.hpp"
#include "report/intake.hpp"
#include "report/listening.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"
#include "report/tags.hpp"
#include "report/zone.hpp"

namespace stretto::report {

/// Options of the tables.
struct Wishes {
    Payment payment;
    std::optional<std::int64_t> pool_cents;
    std::optional<Prices> prices;
    std::optional<Catalogue> catalogue;  ///< titles and artists; else the majority of listeners
    Zone zone;
    bool compare = false;  ///< add the table of an article's numbers
};

/// stretto-report(1) lists the tables. @param summary  settled
std::vector<Table> make_tables(Summary& summary, const Dictionary& names, const Counts& counts,
                               const Wishes& wishes);

}  // namespace stretto::report
