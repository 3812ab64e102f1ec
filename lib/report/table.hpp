#pragma once
// The tables of a report, and their output as text, JSON and CSV.
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stretto::report {

/// The unit of a column, which determines how its cells are printed as text.
/// `time` is ms since 1970, printed as ISO 8601.
enum class Kind { text, time, count, bytes, ms, span, cents, share, kbps, number };

struct Column {
    std::string key, heading;
    Kind kind = Kind::text;
};

/// std::monostate: unknown.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

struct Table {
    std::string name, title;
    std::vector<Column> columns;
    std::vector<Row> rows;
    bool single = false;  ///< it has one row, printed as a list of keys and values
    bool brief = true;    ///< part of the text; other tables are for plots and programs
};

/// A cell with its unit, for text: "1.2 GB", "3:05 h", "12.50".
std::string show(const Cell& cell, Kind kind);

/// "2026-11-25T10:00:00Z", in the time zone set with use_zone().
std::string iso_time(std::int64_t time_ms);
/// "2026-11-25". @param day  number of days since 1970
std::string iso_day(std::int64_t day);

/// Print one JSON object with a key for each table. The value is a list of objects, or one object
/// if the table is single. Each row is one line, and is written before the next is made, because
/// the text of all songs could take more memory than the rest of the report.
void print_json(std::ostream& out, const std::vector<Table>& tables);

/// CSV (RFC 4180) with a heading line. A text that a spreadsheet would run as a formula is prefixed
/// with an apostrophe.
std::string print_csv(const Table& table);

struct Terminal {
    std::size_t columns = 0;  ///< width; 0: unlimited
    bool bold = false;
    std::size_t rows = 10;  ///< of each table; 0: all
};
/// The tables as text, with headings and aligned columns. Texts are truncated to fit, and control
/// bytes are escaped.
std::string print_text(const std::vector<Table>& tables, const Terminal& terminal);

}  // namespace stretto::report
