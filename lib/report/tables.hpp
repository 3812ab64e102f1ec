#pragma once
// What a report says: the tables of all that was summed up.
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

struct Wishes {
    Payment payment;
    std::optional<std::int64_t> pool_cents;
    std::optional<Prices> prices;
    std::optional<Catalogue> catalogue;  ///< who is paid; without one, most listeners say
    Zone zone;
    bool compare = false;  ///< beside what an article claims
};

/// Names of tables and columns are listed in stretto-report(1).
std::vector<Table> make_tables(Summary& summary, const Dictionary& names, const Counts& counts,
                               const Wishes& wishes);

}  // namespace stretto::report
