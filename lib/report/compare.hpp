#pragma once
// An article's numbers of streaming music from peers, computed again, beside what a report saw.
#include "report/experience.hpp"
#include "report/table.hpp"

namespace stretto::report {

/// What the article gives, what follows from it, what it says, and whether that follows; then what
/// the report's own offload gives at the same prices and amounts.
Table compare_table(const Traffic& traffic);

}  // namespace stretto::report
