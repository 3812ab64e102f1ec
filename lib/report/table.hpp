#pragma once
// A report is a list of tables; each output prints them all in its own way.
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stretto::report {

/// What a number means, for those who print it for people.
/// `time` is ms since 1970, printed as ISO 8601.
enum class Kind { text, time, count, bytes, ms, span, cents, share, kbps, number };

struct Column {
    std::string key, heading;
    Kind kind = Kind::text;
};

/// Nothing: not known.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

struct Table {
    std::string name, title;
    std::vector<Column> columns;
    std::vector<Row> rows;
    bool single = false;  ///< one row, which is a list of facts
    bool brief = true;    ///< for people; others are for plots and programs
};

/// For people: "1.2 GB", "3:05 h", "12.50".
std::string show(const Cell& cell, Kind kind);

/// "2026-11-25T10:00:00Z", in the zone that use_zone() said.
std::string iso_time(std::int64_t time_ms);
/// "2026-11-25", by a day's number since 1970.
std::string iso_day(std::int64_t day);

/// One object: a key for each table, a list of objects or, where it is single, an object. A row a
/// line, written as it is made: in one piece the songs alone could take more memory than all else.
void print_json(std::ostream& out, const std::vector<Table>& tables);

/// RFC 4180 with a heading line. A text that a spreadsheet would run as a formula begins with '.
std::string print_csv(const Table& table);

struct Terminal {
    std::size_t columns = 0;  ///< 0: any width
    bool bold = false;
    std::size_t rows = 10;  ///< of each table; 0: all
};
/// Headings, and columns of even width; texts are cut to fit, control bytes escaped.
std::string print_text(const std::vector<Table>& tables, const Terminal& terminal);

}  // namespace stretto::report
