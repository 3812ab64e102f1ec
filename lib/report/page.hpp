#pragma once
// Prints the report as one page of HTML.
#include <string>
#include <vector>

#include "report/table.hpp"

namespace stretto::report {

/// A page with plots, and with tables that can be sorted and filtered. It fetches nothing, and only
/// its own script runs. It suits light and dark screens, phones and paper.
/// @param reload_s  the page reloads itself at this interval, s, except while a table is sorted or
///                  filtered; 0: never
std::string print_page(const std::vector<Table>& tables, int reload_s = 0);

}  // namespace stretto::report
