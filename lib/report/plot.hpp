#pragma once
// Draws plots as SVG for a page, whose style sheet defines their colours.
#include <string>
#include <utility>
#include <vector>

#include "report/table.hpp"

namespace stretto::report {

/// Escape text for HTML, also in attributes. Control bytes become \xHH.
std::string escape(std::string_view text);

/// A colour of the page's style sheet, which is no style at its place: the page's policy forbids
/// those.
struct Paint {
    const char* name = "c1";  ///< a class of the style sheet
    double opacity = 1;
};

struct Layer {
    std::string name;
    Paint paint;
    std::vector<double> values;
};

/// A plot of columns over an axis, with stacked layers.
struct Columns {
    std::string title;
    Kind unit = Kind::count;
    std::vector<double> at;  ///< left edge of each column
    double width = 1;        ///< of each column, in units of `at`
    std::vector<Layer> layers;
    std::vector<std::pair<double, std::string>> ticks;
    std::vector<std::string> names;  ///< label of each column under the pointer
    bool shares = false;             ///< values are shares of the sum of their column
};
std::string draw(const Columns& columns);

/// A plot of horizontal bars with labels.
struct Bars {
    std::string title;
    Kind unit = Kind::count;
    std::vector<std::pair<std::string, double>> rows;
};
std::string draw(const Bars& bars);

/// About five ticks of a time axis, at round times (UTC).
std::vector<std::pair<double, std::string>> time_ticks(double from_ms, double to_ms);

}  // namespace stretto::report
