#include "report/page.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "report/plot.hpp"

namespace stretto::report {
namespace {

constexpr std::size_t most_rows = 50;

constexpr const char* style = R"(
:root{color-scheme:light dark;--paper:#fbfbf9;--ink:#1c2024;--soft:#62686f;--rule:#dfe2e0;--card:#fff;
--c1:#2f6fbb;--c2:#e08a2c;--c3:#3c9a6c;--c4:#a3477f}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e9ebed;--soft:#a1a8af;--rule:#2e3338;--card:#1c2024;
--c1:#6ea8ec;--c2:#f0a95a;--c3:#67c597;--c4:#d583b4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:70rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.05rem;margin:2rem 0 .5rem}
header p,.more{color:var(--soft);margin:.2rem 0 0}
.heads{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1.25rem 0;padding:0;list-style:none}
.heads li,figure{background:var(--card);border:1px solid var(--rule);border-radius:.5rem}
.heads li{padding:.6rem .8rem}
.heads b{display:block;font-size:1.45rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.heads span{color:var(--soft);font-size:.85rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.75rem}
figure{margin:0;padding:.8rem;break-inside:avoid}
figcaption{font-weight:600}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font:12px system-ui,sans-serif}
.grid{stroke:var(--rule);fill:none}
.legend{margin:.2rem 0;font-size:.85rem;color:var(--soft)}
.legend span{white-space:nowrap;margin-right:.8rem}
.legend i{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.35em;background:currentColor}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th{font-weight:600;color:var(--soft)}
td.text{white-space:normal;overflow-wrap:anywhere;min-width:7rem}
.text{text-align:left}
.facts th{white-space:pre-wrap}
.facts td{white-space:normal}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:0 2rem;align-items:start}
@media(max-width:36rem){svg text{font-size:15px}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb}body{max-width:none;padding:0;font-size:11px}
h2{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

/// A table's cells by the names of its columns.
class View {
   public:
    View(const std::vector<Table>& tables, std::string_view name) {
        for (const auto& table : tables)
            if (table.name == name) table_ = &table;
    }
    std::size_t size() const { return table_ ? table_->rows.size() : 0; }
    double number(std::size_t row, std::string_view key) const {
        const auto& cell = at(row, key);
        if (const auto* integer = std::get_if<std::int64_t>(&cell))
            return static_cast<double>(*integer);
        const auto* real = std::get_if<double>(&cell);
        return real ? *real : 0;
    }
    /// As people read it.
    std::string words(std::size_t row, std::string_view key) const {
        return show(at(row, key), table_->columns[column(key)].kind);
    }

   private:
    std::size_t column(std::string_view key) const {
        const auto& columns = table_->columns;
        return static_cast<std::size_t>(std::find_if(columns.begin(), columns.end(),
                                                     [&](const auto& c) { return c.key == key; }) -
                                        columns.begin());
    }
    const Cell& at(std::size_t row, std::string_view key) const {
        return table_->rows[row][column(key)];
    }
    const Table* table_ = nullptr;
};

std::string head(const std::string& figure, const std::string& what) {
    return "<li><b>" + escape(figure) + "</b><span>" + escape(what) + "</span></li>";
}

std::string heads(const std::vector<Table>& tables) {
    const View totals{tables, "totals"}, felt{tables, "experience"}, bytes{tables, "bytes"};
    return "<ul class=heads>" + head(totals.words(0, "plays"), "plays, of 30 s and more") +
           head(totals.words(0, "listeners"), "listeners") +
           head(totals.words(0, "heard_ms"), "heard") +
           head(felt.words(0, "startup_p50_ms"), "to the first sound, for half of all") +
           head(felt.words(0, "share_with_stall"), "of sessions with a stall") +
           head(bytes.words(0, "offload"), "of bytes not from servers") + "</ul>\n";
}

/// Columns over time, still without layers.
Columns over_time(const View& times, const std::string& title, Kind unit) {
    Columns plot;
    plot.title = title;
    plot.unit = unit;
    for (std::size_t i = 0; i < times.size(); ++i) {
        plot.at.push_back(times.number(i, "time"));
        plot.names.push_back(times.words(i, "time"));
    }
    if (plot.at.empty()) return plot;
    plot.width = times.number(0, "width_ms");
    plot.ticks = time_ticks(plot.at.front(), plot.at.back() + plot.width);
    return plot;
}

Layer layer(const View& times, const char* key, const char* name, const char* fill) {
    Layer made{name, fill, {}};
    for (std::size_t i = 0; i < times.size(); ++i) made.values.push_back(times.number(i, key));
    return made;
}

std::string listening_plot(const View& times) {
    auto plot = over_time(times, "Listeners at a time", Kind::count);
    plot.layers = {layer(times, "listening", "listeners", "fill:var(--c1);background:var(--c1)")};
    return draw(plot);
}

std::string sessions_plot(const View& times) {
    auto plot = over_time(times, "Sessions begun", Kind::count);
    plot.layers = {layer(times, "sessions", "sessions", "fill:var(--c3);background:var(--c3)")};
    return draw(plot);
}

std::string bytes_plot(const View& times) {
    auto plot = over_time(times, "Bytes by source", Kind::bytes);
    plot.layers = {layer(times, "cache", "own cache", "fill:var(--c3);background:var(--c3)"),
                   layer(times, "peer", "peers", "fill:var(--c1);background:var(--c1)"),
                   layer(times, "edge_hit", "edges", "fill:var(--c2);background:var(--c2)"),
                   layer(times, "edge_miss", "origin", "fill:var(--c4);background:var(--c4)")};
    return draw(plot);
}

std::string ladder_plot(const View& times, const View& ladder) {
    auto plot = over_time(times, "Bitrates over time, kbit/s", Kind::share);
    plot.shares = true;
    std::set<double> rungs;
    for (std::size_t i = 0; i < ladder.size(); ++i) rungs.insert(ladder.number(i, "kbps"));
    std::map<double, std::size_t> place;
    for (const double rung : rungs) {
        const double opacity =
            0.25 + 0.75 * static_cast<double>(place.size() + 1) / static_cast<double>(rungs.size());
        place[rung] = plot.layers.size();
        plot.layers.push_back({text(rung),
                               text("fill:var(--c1);background:var(--c1);opacity:", opacity),
                               std::vector<double>(plot.at.size())});
    }
    for (std::size_t i = 0; i < ladder.size(); ++i) {
        const auto found =
            std::lower_bound(plot.at.begin(), plot.at.end(), ladder.number(i, "time"));
        if (found == plot.at.end()) continue;
        plot.layers[place[ladder.number(i, "kbps")]]
            .values[static_cast<std::size_t>(found - plot.at.begin())] +=
            ladder.number(i, "kept_ms");
    }
    return draw(plot);
}

std::string startup_plot(const View& startup) {
    constexpr double limits[] = {0,   50,  100,  150,  200,  300,  400,
                                 600, 800, 1200, 1600, 2400, 4800, 1e18};
    constexpr std::size_t bins = std::size(limits) - 1;
    Columns plot;
    plot.title = "Time to the first sound, ms";
    Layer counts{"sessions", "fill:var(--c1);background:var(--c1)", std::vector<double>(bins)};
    for (std::size_t i = 0; i < startup.size(); ++i) {
        const auto* bin =
            std::upper_bound(std::begin(limits), std::end(limits) - 1, startup.number(i, "ms"));
        counts.values[static_cast<std::size_t>(bin - limits) - 1] += startup.number(i, "sessions");
    }
    for (std::size_t i = 0; i < bins; ++i) {
        plot.at.push_back(static_cast<double>(i));
        // every second one, or on a phone they run into each other
        if (i % 2 == 0)
            plot.ticks.emplace_back(
                i, limits[i] < 1000 ? text(limits[i]) : text(limits[i] / 1000, " s"));
        plot.names.push_back(i + 1 < bins ? text(limits[i], " to ", limits[i + 1], " ms")
                                          : text(limits[i], " ms and more"));
    }
    plot.layers = {std::move(counts)};
    return draw(plot);
}

std::string songs_plot(const View& songs) {
    Bars bars{"Top songs, plays", Kind::count, {}};
    for (std::size_t i = 0; i < std::min<std::size_t>(songs.size(), 10); ++i) {
        auto name = songs.words(i, "title");
        if (name.empty()) name = songs.words(i, "song");
        if (name.size() > 30) {  // not within a character
            std::size_t end = 28;
            while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
            name = name.substr(0, end) + "\u2026";
        }
        bars.rows.emplace_back(name, songs.number(i, "plays"));
    }
    return draw(bars);
}

std::string cell(const char* tag, Kind kind, const std::string& what) {
    return text("<", tag, kind == Kind::text ? " class=text>" : ">", escape(what), "</", tag, ">");
}

std::string facts(const Table& table) {
    std::string out = "<table class=facts>";
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        out += "<tr>" + cell("th", Kind::text, table.columns[i].heading) +
               cell("td", Kind::count, show(table.rows[0][i], table.columns[i].kind)) + "</tr>";
    return out + "</table>";
}

std::string rows(const Table& table) {
    std::string out = "<div class=scroll><table><thead><tr>";
    for (const auto& column : table.columns) out += cell("th", column.kind, column.heading);
    out += "</tr></thead><tbody>\n";
    for (std::size_t r = 0; r < std::min(most_rows, table.rows.size()); ++r) {
        out += "<tr>";
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            out += cell("td", table.columns[i].kind, show(table.rows[r][i], table.columns[i].kind));
        out += "</tr>\n";
    }
    out += "</tbody></table></div>";
    if (table.rows.size() > most_rows)
        out +=
            text("<p class=more>and ",
                 show(Cell{static_cast<std::int64_t>(table.rows.size() - most_rows)}, Kind::count),
                 " more</p>");
    return out;
}

/// Of two times as 2026-11-01T10:00:00Z, as people write it; the day once when it is the same.
std::string period(std::string from, std::string to) {
    if (from.size() != 20 || to.size() != 20) return {};
    const auto same_day = from.substr(0, 10) == to.substr(0, 10);
    for (auto* time : {&from, &to}) (*time)[10] = ' ', time->resize(19);
    return text(from, " to ", same_day ? to.substr(11) : to, " UTC");
}

std::string section(const Table& table, const std::string& content) {
    return text("<section><h2>", escape(table.title), "</h2>", content, "</section>\n");
}

}  // namespace

std::string print_page(const std::vector<Table>& tables) {
    const View totals{tables, "totals"}, times{tables, "times"};
    std::string out = text(
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        "<meta name=viewport content='width=device-width,initial-scale=1'>\n"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src "
        "'unsafe-inline'\">\n<title>stretto report</title>\n<style>",
        style, "</style></head>\n<body><header><h1>What listeners heard</h1><p>",
        escape(period(totals.words(0, "from"), totals.words(0, "to"))), "</p></header>\n",
        heads(tables), "<div class=plots>\n");
    out += listening_plot(times) + sessions_plot(times) + startup_plot(View{tables, "startup"}) +
           ladder_plot(times, View{tables, "ladder"}) + bytes_plot(times) +
           songs_plot(View{tables, "songs"}) + "</div>\n";
    out += "<div class=columns>\n";
    for (const auto& table : tables)
        if (table.brief && table.single) out += section(table, facts(table));
    out += "</div>\n";
    for (const auto& table : tables)
        if (table.brief && !table.single && !table.rows.empty()) out += section(table, rows(table));
    return out + "</body></html>\n";
}

}  // namespace stretto::report
