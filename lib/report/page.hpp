#pragma once
// The report as one page of HTML.
#include <string>
#include <vector>

#include "report/table.hpp"

namespace stretto::report {

/// Plots and tables that sort and filter; nothing is fetched, and only the page's own script runs;
/// for light and dark screens, phones and paper.
/// @param reload_s  a page that is loaded again, this often, while nobody filters or sorts; 0:
/// never
std::string print_page(const std::vector<Table>& tables, int reload_s = 0);

}  // namespace stretto::report
