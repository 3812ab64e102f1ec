#pragma once
// Plots as SVG inside a page, which gives them their colours.
#include <string>
#include <utility>
#include <vector>

#include "report/table.hpp"

namespace stretto::report {

/// For text and attributes of HTML; control bytes as \xHH.
std::string escape(std::string_view text);

struct Layer {
    std::string name;
    std::string style;  ///< "fill:var(--c1)"
    std::vector<double> values;
};

/// Columns over an axis, their layers on top of each other.
struct Columns {
    std::string title;
    Kind unit = Kind::count;
    std::vector<double> at;  ///< where each begins
    double width = 1;        ///< of each, in units of `at`
    std::vector<Layer> layers;
    std::vector<std::pair<double, std::string>> ticks;
    std::vector<std::string> names;  ///< what each is called when pointed at
    bool shares = false;             ///< of each column's sum
};
std::string draw(const Columns& columns);

struct Bars {
    std::string title;
    Kind unit = Kind::count;
    std::vector<std::pair<std::string, double>> rows;
};
std::string draw(const Bars& bars);

/// About five ticks of a time axis, at round times (UTC).
std::vector<std::pair<double, std::string>> time_ticks(double from_ms, double to_ms);

}  // namespace stretto::report
