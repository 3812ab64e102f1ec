#include "report/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "base/program.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "report/bidi.hpp"
#include "report/dates.hpp"
#include "report/zone.hpp"

namespace stretto::report {
namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, values...);
    return buffer;
}

std::string show_bytes(double bytes) {
    constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    while (std::abs(bytes) >= 999.5 && unit + 1 < std::size(units)) bytes /= 1000, ++unit;
    return print(unit == 0 || bytes >= 99.5 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

std::string show_span(std::int64_t ms) {
    const auto s = ms / 1000;
    if (s < 60)
        return print("%lld.%lld s", static_cast<long long>(s),
                     static_cast<long long>(ms % 1000 / 100));
    if (s < 3600)
        return print("%lld:%02lld min", static_cast<long long>(s / 60),
                     static_cast<long long>(s % 60));
    return print("%lld:%02lld h", static_cast<long long>(s / 3600),
                 static_cast<long long>(s / 60 % 60));
}

std::string show_integer(std::int64_t number) {
    auto digits = std::to_string(number);
    for (auto at = std::ssize(digits) - 3; at > (number < 0); at -= 3)
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    return digits;
}

std::string show_cents(std::int64_t cents) {
    return show_integer(cents / 100) + print(".%02lld", static_cast<long long>(cents % 100));
}

using Json = nlohmann::ordered_json;
using Integer = std::int64_t;

struct ToJson {
    Json operator()(std::monostate) const { return nullptr; }
    // six digits; more would show rounding errors
    Json operator()(double number) const { return std::round(number * 1e6) / 1e6; }
    Json operator()(const auto& value) const { return value; }
};

Cell timed(const Cell& cell, Kind kind) {
    const auto* time = std::get_if<std::int64_t>(&cell);
    return kind == Kind::time && time ? Cell{iso_time(*time)} : cell;
}

Json object(const Table& table, const Row& row) {
    Json result = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i)
        result[table.columns[i].key] = std::visit(ToJson{}, timed(row[i], table.columns[i].kind));
    return result;
}

std::string csv_cell(const Cell& cell) {
    const auto* words = std::get_if<std::string>(&cell);
    if (!words) {
        const auto json = std::visit(ToJson{}, cell);
        return json.is_null() ? "" : json.dump();
    }
    std::string quoted = "\"";
    if (!words->empty() &&
        std::string_view{"=+-@\t\r\n"}.find((*words)[0]) != std::string_view::npos)
        quoted += '\'';
    for (const char c : isolate(*words)) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

std::size_t width(std::string_view text) { return columns_of(text); }

bool is_text(const Column& column) { return column.kind == Kind::text; }

std::string padded(const std::string& text, std::size_t to, bool right) {
    const std::string blanks(to - std::min(to, width(text)), ' ');
    return right ? blanks + text : text + blanks;
}

void trim(std::string& line) {
    while (line.ends_with(' ')) line.pop_back();
    line += '\n';
}

/// The shown cells, without headings.
using Shown = std::vector<std::vector<std::string>>;

/// A heading, wrapped between words.
std::vector<std::string> wrap(const std::string& heading, std::size_t most) {
    std::vector<std::string> lines(1);
    std::istringstream words{heading};
    for (std::string word; words >> word;) {
        if (!lines.back().empty() && width(lines.back()) + 1 + width(word) > most)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
    }
    return lines;
}

std::size_t longest_word(const std::string& text) {
    std::istringstream words{text};
    std::size_t most = 0;
    for (std::string word; words >> word;) most = std::max(most, width(word));
    return most;
}

/// Widths of columns that fit. First headings are wrapped, then the widest texts are truncated,
/// then columns at the right are omitted (width 0).
std::vector<std::size_t> widths(const Table& table, const Shown& shown, std::size_t columns) {
    std::vector<std::size_t> need(table.columns.size()), least(need.size());
    for (const auto& row : shown)
        for (std::size_t i = 0; i < row.size(); ++i) least[i] = std::max(least[i], width(row[i]));
    for (std::size_t i = 0; i < need.size(); ++i) {
        need[i] = std::max(least[i], width(table.columns[i].heading));
        least[i] = std::max(least[i], longest_word(table.columns[i].heading));
        // a shorter text would say little
        if (is_text(table.columns[i])) least[i] = std::min<std::size_t>(least[i], 10);
    }
    if (columns == 0) return need;
    const auto all = [&] {
        std::size_t sum = 0;
        for (const auto n : need) sum += n > 0 ? n + 2 : 0;
        return sum;
    };
    const auto give_way = [&](bool texts) {
        while (all() > columns) {
            std::size_t widest = need.size();
            for (std::size_t i = 0; i < need.size(); ++i)
                if (is_text(table.columns[i]) == texts && need[i] > least[i] &&
                    (widest == need.size() || need[i] > need[widest]))
                    widest = i;
            if (widest == need.size()) return;
            --need[widest];
        }
    };
    give_way(false);
    give_way(true);
    for (auto i = need.size(); i-- > 1 && all() > columns;) need[i] = 0;
    return need;
}

void print_facts(std::string& out, const Table& table) {
    std::size_t left = 0;
    for (const auto& column : table.columns) left = std::max(left, width(column.heading));
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto& column = table.columns[i];
        std::string line = "  " + padded(column.heading, left + 2, false) +
                           printable(show(table.rows[0][i], column.kind));
        trim(line);
        out += line;
    }
}

/// In a terminal, the direction of a text does not affect its surroundings.
std::string cell_text(const Cell& cell, Kind kind, std::size_t most) {
    return isolate(fit_columns(printable(show(cell, kind)), most, true));
}

void print_headings(std::string& out, const Table& table, const std::vector<std::size_t>& need) {
    std::vector<std::vector<std::string>> headings;
    std::size_t tall = 1;
    for (std::size_t i = 0; i < need.size(); ++i) {
        headings.push_back(need[i] == 0 ? std::vector<std::string>{}
                                        : wrap(table.columns[i].heading, need[i]));
        tall = std::max(tall, headings.back().size());
    }
    for (std::size_t l = 0; l < tall; ++l) {
        std::string line;
        for (std::size_t i = 0; i < need.size(); ++i) {
            if (need[i] == 0) continue;
            const auto above =
                tall - headings[i].size();  // short headings are aligned to the bottom
            line += "  " + padded(l < above ? "" : headings[i][l - above], need[i],
                                  !is_text(table.columns[i]));
        }
        trim(line);
        out += line;
    }
}

void print_rows(std::string& out, const Table& table, const Terminal& terminal) {
    const std::size_t rows =
        terminal.rows == 0 ? table.rows.size() : std::min(terminal.rows, table.rows.size());
    const std::size_t most = terminal.columns == 0 ? 2000 : terminal.columns;
    Shown shown;
    for (std::size_t r = 0; r < rows; ++r) {
        auto& line = shown.emplace_back();
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            line.push_back(cell_text(table.rows[r][i], table.columns[i].kind, most));
    }
    const auto need = widths(table, shown, terminal.columns);
    print_headings(out, table, need);
    for (std::size_t r = 0; r < rows; ++r) {
        std::string line;
        for (std::size_t i = 0; i < need.size(); ++i) {
            if (need[i] == 0) continue;
            const auto cell = cell_text(table.rows[r][i], table.columns[i].kind, need[i]);
            line += "  " + padded(cell, need[i], !is_text(table.columns[i]));
        }
        trim(line);
        out += line;
    }
    std::string left_out;
    for (std::size_t i = 0; i < need.size(); ++i)
        if (need[i] == 0) left_out += (left_out.empty() ? "" : ", ") + table.columns[i].key;
    if (rows < table.rows.size())
        out += text("  and ", show_integer(std::ssize(table.rows) - static_cast<Integer>(rows)),
                    " more\n");
    if (!left_out.empty()) out += fit_columns("  not shown: " + left_out, most, true) + '\n';
}

}  // namespace

std::string iso_time(std::int64_t time_ms) { return zone().time(time_ms); }
std::string iso_day(std::int64_t day) { return Zone{}.time(day * day_ms).substr(0, 10); }

std::string show(const Cell& cell, Kind kind) {
    if (const auto* words = std::get_if<std::string>(&cell)) return *words;
    if (std::holds_alternative<std::monostate>(cell)) return "-";
    const auto* integer = std::get_if<std::int64_t>(&cell);
    const double number = integer ? static_cast<double>(*integer) : std::get<double>(cell);
    switch (kind) {
        case Kind::time:
            return iso_time(std::llround(number));
        case Kind::bytes:
            return show_bytes(number);
        case Kind::ms:
            return show_integer(std::llround(number)) + " ms";
        case Kind::span:
            return show_span(std::llround(number));
        case Kind::cents:
            return show_cents(std::llround(number));
        case Kind::share:
            return print("%.1f %%", number * 100);
        case Kind::kbps:
            return show_integer(std::llround(number)) + " kbit/s";
        case Kind::text:
        case Kind::count:
        case Kind::number:
            break;
    }
    return integer ? show_integer(*integer) : print("%.2f", number);
}

void print_json(std::ostream& out, const std::vector<Table>& tables) {
    const auto row = [&](const Table& table, const Row& cells) {
        out << object(table, cells).dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    out << "{\"format\":\"stretto-report/1\"";
    for (const auto& table : tables) {
        out << ",\n\"" << table.name << "\":";
        if (table.single) {
            row(table, table.rows[0]);
            continue;
        }
        out << '[';
        for (std::size_t i = 0; i < table.rows.size(); ++i) {
            out << (i ? ",\n " : "\n ");
            row(table, table.rows[i]);
        }
        out << ']';
    }
    out << "}\n";
}

std::string print_csv(const Table& table) {
    std::string out;
    for (const auto& column : table.columns) out += (out.empty() ? "" : ",") + column.key;
    out += "\r\n";
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += ',';
            out += csv_cell(timed(row[i], table.columns[i].kind));
        }
        out += "\r\n";
    }
    return out;
}

std::string print_text(const std::vector<Table>& tables, const Terminal& terminal) {
    std::string out;
    for (const auto& table : tables) {
        if (!table.brief || table.rows.empty()) continue;
        if (!out.empty()) out += '\n';
        out += terminal.bold ? "\033[1m" + table.title + "\033[0m\n" : table.title + "\n";
        if (table.single)
            print_facts(out, table);
        else
            print_rows(out, table, terminal);
    }
    return out;
}

}  // namespace stretto::report
