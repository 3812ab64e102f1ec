#pragma once
// Recomputes an article's numbers on streaming music from peers, and compares them with a report.
#include "report/experience.hpp"
#include "report/table.hpp"

namespace stretto::report {

/// The article's inputs, the values that follow from them, the article's claims, and whether each
/// follows. Then the result of the report's own offload at the same prices and amounts.
Table compare_table(const Traffic& traffic);

}  // namespace stretto::report
