#pragma once
// The report as one page of HTML.
#include <string>
#include <vector>

#include "report/table.hpp"

namespace stretto::report {

/// Plots and tables that sort and filter; nothing is fetched, and only the page's own script runs;
/// for light and dark screens, phones and paper.
std::string print_page(const std::vector<Table>& tables);

}  // namespace stretto::report
