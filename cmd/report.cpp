// stretto-report: what players saw, summed up. See stretto-report(1).
#include "report/report.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <ctime>
#include <iostream>
#include <optional>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "report/input.hpp"
#include "report/page.hpp"
#include "report/partial.hpp"
#include "report/royalty.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-report events/*.jsonl\n"
    "  stretto-report --html report.html events.jsonl\n"
    "  stretto-report --json --since 2026-11-01 events.jsonl | jq .royalties\n"
    "  zcat old/*.gz | stretto-report --csv songs -\n"
    "  stretto-report --pool 10000.00 --user-centric --min-plays 0 events.jsonl\n"
    "  ls events/*.jsonl | parallel stretto-report --partial '{}' '>' '{}.part'; stretto-report "
    "events/*.part";

struct Options {
    std::vector<std::string> files;
    std::string csv, html, since, until, salt, pool, prices;
    bool json = false, strict = false, partial = false;
    report::Wishes wishes;
};

/// "2026-11-01", "2026-11-01T10:00:00" with or without a Z, or "@SECONDS"; UTC, as ms.
std::optional<std::int64_t> parse_time(const std::string& text) {
    if (text.starts_with('@')) {
        std::int64_t seconds = 0;
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data() + 1, end, seconds);
        const bool fine = code == std::errc{} && stop == end && seconds >= 0 &&
                          seconds <= events::most_time_ms / 1000;
        return fine ? std::optional{seconds * 1000} : std::nullopt;
    }
    for (const auto* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"}) {
        std::tm utc{};
        const char* end = ::strptime(text.c_str(), format, &utc);
        if (!end || *end) continue;
        const auto seconds = static_cast<std::int64_t>(::timegm(&utc));
        if (seconds >= 0 && seconds <= events::most_time_ms / 1000) return seconds * 1000;
    }
    return {};
}

std::optional<std::int64_t> time_of(const char* option, const std::string& text) {
    if (text.empty()) return {};
    const auto time = parse_time(text);
    if (!time)
        throw Error{EX_USAGE, ::text(option, " '", text,
                                     "': use a day, 2026-11-01, or a time, "
                                     "2026-11-01T10:00:00Z")};
    return time;
}

report::Terminal terminal(std::int64_t rows) {
    report::Terminal is{.columns = 0, .bold = false, .rows = static_cast<std::size_t>(rows)};
    winsize size{};
    if (::isatty(STDOUT_FILENO) && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        is.columns = size.ws_col;
        is.bold = true;
    }
    return is;
}

const report::Table& table_of(const std::vector<report::Table>& tables, const std::string& name) {
    std::string all;
    for (const auto& table : tables) {
        if (table.name == name) return table;
        all += (all.empty() ? "" : ", ") + table.name;
    }
    throw Error{EX_USAGE, text("no table is called '", name, "'; there are ", all)};
}

void write_page(const std::string& path, const std::vector<report::Table>& tables) {
    Draft file{path};
    file.write(as_bytes(report::print_page(tables)));
    file.commit();
}

void print(const Options& o, const std::vector<report::Table>& tables) {
    if (!o.html.empty() && o.html != "-") write_page(o.html, tables);
    if (o.html == "-")
        std::cout << report::print_page(tables);
    else if (o.json)
        report::print_json(std::cout, tables);
    else if (!o.csv.empty())
        std::cout << report::print_csv(table_of(tables, o.csv));
    else
        std::cout << report::print_text(tables, terminal(o.wishes.payment.top));
}

void read_all(report::Report& report, const std::vector<std::string>& names) {
    for (const auto& name : report::expand(names))
        if (!report.read(name)) note(text("'", name, "' is damaged or ends early"));
    report.finish();
}

/// 1 when lines were passed over and that is not wanted.
int verdict(const Options& o, const report::Counts& counts) {
    if (!o.strict || counts.skipped() == 0) return 0;
    note(text(counts.skipped(), " lines passed over: ", counts.torn, " torn, ", counts.foreign,
              " foreign, ", counts.doubled, " doubled, ", counts.late, " late"));
    return 1;
}

int write_partial(const Options& o, const report::Range& range) {
    report::Report report{
        o.salt, range,
        [](const std::string& id, const report::Session& session, const report::Dictionary& names) {
            std::cout << report::print_partial(id, session, names);
        }};
    read_all(report, o.files);
    report.each_sent([](const report::Sent& sent, const report::Dictionary& names) {
        std::cout << report::print_partial(sent, names);
    });
    std::cout << report::print_partial(report.counts());
    return verdict(o, report.counts());
}

int run(Options& o) {
    const report::Range range{time_of("--since", o.since), time_of("--until", o.until)};
    if (o.partial) return write_partial(o, range);
    if (!o.pool.empty()) {
        o.wishes.pool_cents = report::parse_cents(o.pool);
        if (!o.wishes.pool_cents)
            throw Error{EX_USAGE, text("--pool '", o.pool, "': use an amount, 1234.56")};
    }
    if (!o.prices.empty()) o.wishes.prices = report::read_prices(o.prices);
    report::Report report{o.salt, range};
    read_all(report, o.files);
    print(o, report.tables(o.wishes));
    return verdict(o, report.counts());
}

void add_options(Arguments& app, Options& o) {
    auto& payment = o.wishes.payment;
    app.add_option("FILE", o.files,
                   "Event files, access logs, folders of them, partial reports; packed by gzip or "
                   "not; - is standard input, as is no file when something is piped in");
    auto* json = app.add_flag("--json", o.json, "All tables as one JSON object");
    auto* csv = app.add_option("--csv", o.csv, "One table as CSV")->type_name("TABLE");
    auto* html = app.add_option("--html", o.html, "Write a page with plots too")->type_name("FILE");
    app.add_option("--since", o.since, "Only sessions that began then or later, UTC")
        ->type_name("TIME");
    app.add_option("--until", o.until, "Only sessions that began before")->type_name("TIME");
    app.add_flag("--strict", o.strict,
                 "Exit with 1 when lines were torn, doubled, foreign or late");
    auto* partial =
        app.add_flag("--partial", o.partial, "Print a partial report, to be read with others");
    app.add_option("--salt", o.salt, "Listeners are shown as a hash of this and their id")
        ->envname("STRETTO_REPORT_SALT");
    app.add_option("--pool", o.pool, "Money to be shared among songs")->type_name("AMOUNT");
    app.add_flag("--user-centric", payment.user_centric,
                 "Share each listener's part among what that listener played");
    app.add_option("--min-plays", payment.min_plays,
                   "Plays in twelve months below which a song is not paid")
        ->range(0, 1e15)
        ->capture_default_str();
    app.add_flag("--pay-suspects", payment.pay_suspects,
                 "Pay for plays of listeners that behave like machines");
    app.add_option("--prices", o.prices, "What bytes cost, as JSON")->type_name("FILE");
    app.add_option("--top", payment.top, "Rows of a table on the terminal, and listeners listed")
        ->range(1, 100'000)
        ->capture_default_str();
    json->excludes(csv);
    partial->excludes(json)->excludes(csv)->excludes(html);
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{
        "Sum up what players saw: plays and royalties, how it felt, where bytes came from and what "
        "they cost."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        if (o.files.empty() && ::isatty(STDIN_FILENO))
            throw Error{EX_USAGE, "name a FILE, or - for standard input"};
        if (o.files.empty()) o.files = {"-"};
        return run(o);
    });
}
