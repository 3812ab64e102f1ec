#include "report/page.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "report/bidi.hpp"
#include "report/plot.hpp"
#include "report/zone.hpp"

namespace stretto::report {
namespace {

constexpr std::size_t most_rows = 500, shown_rows = 50;  // a filter and a button show the others

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
.legend svg{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.35em}
.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th{font-weight:600;color:var(--soft)}
td.text{white-space:normal;overflow-wrap:anywhere;min-width:7rem}
.text{text-align:left}
td.id{max-width:9rem;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;font-family:ui-monospace,monospace}
td.date,.day{white-space:nowrap;min-width:0}
th button{all:unset;cursor:pointer;font:inherit;color:inherit}
th button:focus-visible,input:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
.tools{display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap;margin:0 0 .4rem}
.tools input{font:inherit;font-size:.9rem;padding:.3rem .5rem;border:1px solid var(--rule);border-radius:.35rem;background:var(--card);color:inherit;min-width:0;width:14rem;max-width:100%}
.tools output{color:var(--soft);font-size:.85rem}
.tools button{font:inherit;font-size:.85rem;background:none;border:0;padding:.3rem 0;color:var(--c1);cursor:pointer;text-decoration:underline}
html:not(.live) .tools{display:none}
.facts th{white-space:pre-wrap}
.facts td:not(.date){white-space:normal}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:0 2rem;align-items:start}
@media(max-width:36rem){svg text{font-size:15px}th,td{padding:.25rem .4rem}td.text{min-width:5.5rem}td.id{max-width:5rem}}
@media print{.tools{display:none}tr.far{display:none!important}
:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb}body{max-width:none;padding:0;font-size:11px}
h2{break-after:avoid}tr{break-inside:avoid}.scroll{overflow:visible}
/* nothing scrolls on paper: texts break, ids are cut */
table{font-size:10px}th,td:not(.date){white-space:normal}th,td{padding:.15rem .3rem}td.text{min-width:0}td.id{max-width:5rem;white-space:nowrap}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

/// The script of the page. A click on a heading sorts a table; a filter shows the rows that contain
/// its words. The page's policy allows only this script.
constexpr const char* script = R"(
document.documentElement.classList.add('live');
for(const table of document.querySelectorAll('table.rows')){
const body=table.tBodies[0],rows=[...body.rows],tools=table.closest('section').querySelector('.tools');
const input=tools.querySelector('input'),said=tools.querySelector('output'),all=tools.querySelector('button');
let whole=false;
const show=()=>{const words=input.value.toLowerCase().split(/\s+/).filter(Boolean);let hits=0;
for(const row of body.rows){const text=row.textContent.toLowerCase();const hit=words.every(w=>text.includes(w));
row.hidden=!hit||(!whole&&hits>=50);row.classList.toggle('far',hit&&hits>=50);hits+=hit}
said.textContent=words.length?hits+' of '+rows.length:'';all.hidden=whole||hits<=50;all.textContent='show all '+hits};
input.addEventListener('input',show);all.addEventListener('click',()=>{whole=true;show()});
const heads=[...table.tHead.rows[0].cells];
heads.forEach((head,i)=>head.firstElementChild.addEventListener('click',()=>{
const up=head.getAttribute('aria-sort')==='descending'||(!head.hasAttribute('aria-sort')&&head.classList.contains('text'));
heads.forEach(h=>h.removeAttribute('aria-sort'));head.setAttribute('aria-sort',up?'ascending':'descending');
const value=row=>{const cell=row.cells[i];return cell.dataset.v===undefined?cell.textContent:Number(cell.dataset.v)};
const order=(a,b)=>typeof a==='number'&&typeof b==='number'?a-b:typeof a==='number'?1:typeof b==='number'?-1:a.localeCompare(b);
rows.sort((a,b)=>up?order(value(a),value(b)):order(value(b),value(a)));body.append(...rows);show()}));
show()}
)";

/// Reloads the page, except while a table is filtered or sorted, which would be lost.
std::string reload_script(int seconds) {
    return text(
        "setInterval(()=>{if(!document.hidden&&!document.querySelector('[aria-sort],input:focus')&&"
        "[...document.querySelectorAll('input')].every(i=>!i.value))location.reload()},",
        seconds * 1000, ")\n");
}

/// "sha256-...", by which a policy identifies a script or a style sheet.
std::string hash_of(const std::string& content) {
    return "sha256-" + base64(sha256(as_bytes(content)));
}

/// Access to a table's cells by the names of its columns.
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
    /// The cell as shown text.
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
           head(felt.words(0, "startup_p50_ms"),
                "to the first sound, for half of those who asked") +
           head(felt.words(0, "share_with_stall"), "of sessions with a stall") +
           head(bytes.words(0, "offload"), "of bytes not from servers") + "</ul>\n";
}

/// A plot of columns over time, to which the caller adds layers.
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

Layer layer(const View& times, const char* key, const char* name, Paint paint) {
    Layer made{name, paint, {}};
    for (std::size_t i = 0; i < times.size(); ++i) made.values.push_back(times.number(i, key));
    return made;
}

std::string listening_plot(const View& times) {
    auto plot = over_time(times, "Listeners at a time", Kind::count);
    auto average = layer(times, "listening", "on average", {"c1"});
    auto most = layer(times, "listening_peak", "at most", {"c1", .35});
    for (std::size_t i = 0; i < most.values.size(); ++i)  // the next layer is drawn on top of it
        most.values[i] = std::max(0.0, most.values[i] - average.values[i]);
    plot.layers = {std::move(average), std::move(most)};
    return draw(plot);
}

std::string sessions_plot(const View& times) {
    auto plot = over_time(times, "Sessions begun", Kind::count);
    plot.layers = {layer(times, "sessions", "sessions", {"c3"})};
    return draw(plot);
}

std::string bytes_plot(const View& times) {
    auto plot = over_time(times, "Bytes by source", Kind::bytes);
    plot.layers = {layer(times, "cache", "own cache", {"c3"}),
                   layer(times, "peer", "peers", {"c1"}), layer(times, "edge_hit", "edges", {"c2"}),
                   layer(times, "edge_miss", "origin", {"c4"})};
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
        plot.layers.push_back(
            {text(rung), Paint{"c1", opacity}, std::vector<double>(plot.at.size())});
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
    Layer counts{"sessions", {"c1"}, std::vector<double>(bins)};
    for (std::size_t i = 0; i < startup.size(); ++i) {
        const auto* bin =
            std::upper_bound(std::begin(limits), std::end(limits) - 1, startup.number(i, "ms"));
        counts.values[static_cast<std::size_t>(bin - limits) - 1] += startup.number(i, "sessions");
    }
    for (std::size_t i = 0; i < bins; ++i) {
        plot.at.push_back(static_cast<double>(i));
        // only every second one, because they would overlap on a phone
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

bool is_id(const Column& column) { return column.key == "song" || column.key == "listener"; }

/// A heading or a cell. The text direction of a cell does not affect its surroundings.
std::string cell(const char* tag, const Column& column, const std::string& what,
                 const std::string& more = {}) {
    const char* kind = is_id(column)               ? " class='text id'"
                       : column.key == "day"       ? " class='text date'"
                       : column.kind == Kind::time ? " class=date"
                       : column.kind == Kind::text ? " class=text"
                                                   : "";
    const auto text = escape(isolate(what));
    const bool words = column.kind == Kind::text;
    return stretto::text("<", tag, kind, more, ">", words ? "<bdi>" : "", text,
                         words ? "</bdi>" : "", "</", tag, ">");
}

std::string facts(const Table& table) {
    std::string out = "<table class=facts>";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const auto& column = table.columns[i];
        out += text("<tr><th class=text>", escape(column.heading), "</th><td",
                    column.kind == Kind::time ? " class=date" : "", ">",
                    escape(show(table.rows[0][i], column.kind)), "</td></tr>");
    }
    return out + "</table>";
}

/// The exact number, for sorting; the shown one may be rounded.
std::string value_of(const Cell& cell) {
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) return text(" data-v=", *integer);
    if (const auto* real = std::get_if<double>(&cell)) return text(" data-v=", *real);
    return {};
}

/// The order of columns: if a table has titles, ids come last.
std::vector<std::size_t> order_of(const Table& table) {
    std::vector<std::size_t> order, behind;
    const bool titled = std::any_of(table.columns.begin(), table.columns.end(),
                                    [](const auto& column) { return column.key == "title"; });
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        (titled && is_id(table.columns[i]) ? behind : order).push_back(i);
    order.insert(order.end(), behind.begin(), behind.end());
    return order;
}

std::string rows(const Table& table) {
    const auto order = order_of(table);
    const auto shown = std::min(most_rows, table.rows.size());
    std::string out =
        text("<p class=tools><input type=search placeholder=Filter aria-label='Filter ",
             escape(table.title), "'><output></output><button type=button hidden>",
             "</button></p><div class=scroll><table class=rows><thead><tr>");
    for (const auto i : order) {
        const auto& column = table.columns[i];
        out += text("<th", column.kind == Kind::text ? " class=text" : "", "><button type=button>",
                    escape(column.heading), "</button></th>");
    }
    out += "</tr></thead><tbody>\n";
    for (std::size_t r = 0; r < shown; ++r) {
        out += r < shown_rows ? "<tr>" : "<tr class=far>";
        for (const auto i : order)
            out += cell("td", table.columns[i], show(table.rows[r][i], table.columns[i].kind),
                        value_of(table.rows[r][i]));
        out += "</tr>\n";
    }
    out += "</tbody></table></div>";
    if (table.rows.size() > shown)
        out += text("<p class=more>and ",
                    show(Cell{static_cast<std::int64_t>(table.rows.size() - shown)}, Kind::count),
                    " more</p>");
    return out;
}

/// A period between two times in the form 2026-11-01T10:00:00Z. A common day is printed once. No
/// line breaks within a time.
std::string period(const std::string& from, const std::string& to) {
    if (from.size() < 20 || to.size() < 20) return {};
    const auto clock = [](const std::string& time) { return time.substr(11, 8); };
    const auto day = [](const std::string& time) { return time.substr(0, 10); };
    const auto apart = [](const std::string& words) {
        return "<span class=day>" + escape(words) + "</span>";
    };
    return text(apart(day(from) + ' ' + clock(from)), " to ",
                apart(day(from) == day(to) ? clock(to) : day(to) + ' ' + clock(to)), " ",
                escape(zone().name()));
}

std::string section(const Table& table, const std::string& content) {
    return text("<section><h2>", escape(table.title), "</h2>", content, "</section>\n");
}

}  // namespace

std::string print_page(const std::vector<Table>& tables, int reload_s) {
    const auto scripts = script + (reload_s > 0 ? reload_script(reload_s) : std::string{});
    const View totals{tables, "totals"}, times{tables, "times"};
    std::string out = text(
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        "<meta name=viewport content='width=device-width,initial-scale=1'>\n"
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src '",
        hash_of(style), "';script-src '", hash_of(scripts),
        "'\">\n<title>stretto report</title>\n<style>", style,
        "</style></head>\n<body><header><h1>What listeners heard</h1><p>",
        period(totals.words(0, "from"), totals.words(0, "to")), "</p>",
        reload_s > 0 ? text("<p>Live: loaded again every ", reload_s,
                            " s, except while a table is sorted or filtered.</p>")
                     : "",
        "</header>\n", heads(tables), "<div class=plots>\n");
    out += listening_plot(times) + sessions_plot(times) + startup_plot(View{tables, "startup"}) +
           ladder_plot(times, View{tables, "ladder"}) + bytes_plot(times) +
           songs_plot(View{tables, "songs"}) + "</div>\n";
    // plays first, then quality, then the input
    const auto is_felt = [](const Table& table) {
        return table.name == "places" || table.name == "edges" || table.name == "servers" ||
               table.name == "bitrates" || table.name == "bad_peers" || table.name == "published" ||
               table.name == "cost" || table.name == "compare";
    };
    const auto add_rows = [&](bool felt) {
        for (const auto& table : tables)
            if (table.brief && !table.single && !table.rows.empty() && is_felt(table) == felt)
                out += section(table, rows(table));
    };
    add_rows(false);
    out += "<div class=columns>\n";
    for (const auto& table : tables)
        if (table.brief && table.single) out += section(table, facts(table));
    out += "</div>\n";
    add_rows(true);
    return out + "<script>" + scripts + "</script></body></html>\n";
}

}  // namespace stretto::report
