// stretto-report: what players saw, summed up. See stretto-report(1).
#include "report/report.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "http/blocking.hpp"
#include "report/catalogue.hpp"
#include "report/erase.hpp"
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
    "  stretto-report --pool 10000.00 --catalogue store --user-centric --min-plays 0 events.jsonl\n"
    "  ls events/*.jsonl | parallel stretto-report --partial '{}' '>' '{}.part'; stretto-report "
    "events/*.part";

struct Options {
    std::vector<std::string> files, trusted;
    std::string csv, html, since, until, salt, pool, prices, catalogue, servers;
    std::string zone = "UTC", forget, drop_before;
    bool json = false, strict = false, partial = false, keep_going = false, bom = false;
    report::Wishes wishes;
};

/// "2026-11-01", "2026-11-01T10:00:00" with or without a Z, or "@SECONDS", as ms.
std::optional<std::int64_t> parse_time(const std::string& text) {
    if (text.starts_with('@')) {
        std::int64_t seconds = 0;
        const char* end = text.data() + text.size();
        const auto [stop, code] = std::from_chars(text.data() + 1, end, seconds);
        const bool fine = code == std::errc{} && stop == end && seconds >= 0 &&
                          seconds <= events::most_time_ms / 1000;
        return fine ? std::optional{seconds * 1000} : std::nullopt;
    }
    const auto time = report::zone().parse(text);
    return time >= 0 && time <= events::most_time_ms ? std::optional{time} : std::nullopt;
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
    report::Terminal is{.columns = 80, .bold = false, .rows = static_cast<std::size_t>(rows)};
    if (const char* columns = std::getenv("COLUMNS"))
        std::from_chars(columns, columns + std::strlen(columns), is.columns);
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
        std::cout << (o.bom ? "\xef\xbb\xbf" : "") << report::print_csv(table_of(tables, o.csv));
    else
        std::cout << report::print_text(tables, terminal(o.wishes.payment.top));
}

/// An Error (65) for a file that is damaged or foreign, unless all others are wanted in spite of
/// it: a sum that lacks a third of its events looks like any other.
void read_all(report::Report& report, const Options& o) {
    for (const auto& name : report::expand(o.files)) {
        const auto why = report.read(name);
        if (why.empty()) continue;
        if (!o.keep_going) throw bad_data(name, why + "; --keep-going reads on");
        note(text("'", name, "': ", why));
    }
    report.finish();
    if (!report.any() && !o.keep_going)
        throw Error{EX_DATAERR, "no events and no requests were read; --keep-going reports that"};
}

report::Catalogue read_catalogue(const std::string& from) {
    if (!from.starts_with("http://") && !from.starts_with("https://"))
        return report::read_catalogue(from);
    http::Blocking client{from};
    return report::read_catalogue(
        [&](const std::string& target) {
            constexpr std::size_t most_page_bytes = 64 << 20;
            const auto answer = client.get(target, most_page_bytes);
            if (answer.status != 200)
                throw Error{EX_UNAVAILABLE,
                            text("'", client.url(), target, "': ",
                                 answer.status ? text("status ", answer.status) : answer.why)};
            return std::string{as_text(answer.body)};
        },
        client.url());
}

report::Options report_options(const Options& o) {
    report::Options options;
    options.salt = o.salt;
    options.since_ms = time_of("--since", o.since);
    options.until_ms = time_of("--until", o.until);
    options.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    if (!o.servers.empty()) options.servers = report::KnownServers{o.servers};
    return options;
}

/// 1 when lines were passed over and that is not wanted.
int verdict(const Options& o, const report::Counts& counts) {
    if (!o.strict || counts.skipped() == 0) return 0;
    note(text(counts.skipped(), " lines passed over: ", counts.torn, " torn, ", counts.foreign,
              " foreign, ", counts.doubled, " doubled, ", counts.late, " late"));
    return 1;
}

int write_partial(const Options& o) {
    report::Report report{
        report_options(o),
        [](const std::string& id, const report::Session& session, const report::Dictionary& names) {
            std::cout << report::print_partial(id, session, names);
        }};
    read_all(report, o);
    report.each_reported(
        [](std::uint64_t session) { std::cout << report::print_reported(session); });
    report.each_logged([](const report::Logged& logged, const report::Dictionary& names) {
        std::cout << report::print_partial(logged, names);
    });
    std::cout << report::print_partial(report.counts());
    return verdict(o, report.counts());
}

/// --forget, --drop-before: a line a file, of how many lines stayed, went and were changed.
int erase(const Options& o) {
    report::Erasure what{.salt = o.salt};
    if (!o.forget.empty()) what.listener = o.forget;
    what.before_ms = time_of("--drop-before", o.drop_before);
    report::Eraser eraser{what};
    const auto names = report::expand(o.files);
    if (std::find(names.begin(), names.end(), "-") != names.end())
        throw Error{EX_USAGE, "standard input cannot be rewritten: name the files"};
    for (const auto& name : names) eraser.look(name);
    for (const auto& name : names) {
        const auto erased = eraser.rewrite(name);
        std::cout << printable(name) << '\t' << erased.kept << '\t' << erased.dropped << '\t'
                  << erased.changed << std::endl;
    }
    return 0;
}

/// What must be right before anything is read.
void settle(Options& o) {
    o.wishes.zone = report::Zone{o.zone};
    report::use_zone(o.wishes.zone);
    if (!o.pool.empty()) {
        o.wishes.pool_cents = report::parse_cents(o.pool);
        if (!o.wishes.pool_cents)
            throw Error{EX_USAGE, text("--pool '", o.pool, "': use an amount, 1234.56")};
    }
    o.wishes.payment.trusted = {o.trusted.begin(), o.trusted.end()};
    if (o.partial) return;
    if (!o.prices.empty()) o.wishes.prices = report::read_prices(o.prices);
    if (!o.catalogue.empty()) o.wishes.catalogue = read_catalogue(o.catalogue);
}

void warn(const Options& o, const report::Counts& counts) {
    if (o.wishes.pool_cents && !o.wishes.catalogue)
        note("without --catalogue listeners say who the artist is: do not pay by this");
    if (counts.via > 0 && o.servers.empty())
        note(text(counts.via,
                  " requests in logs came through a proxy: if it is one of yours, name it by "
                  "--servers, or its bytes count as a listener's"));
}

int run(Options& o) {
    settle(o);
    if (!o.forget.empty() || !o.drop_before.empty()) return erase(o);
    if (o.partial) return write_partial(o);
    report::Report report{report_options(o)};
    read_all(report, o);
    warn(o, report.counts());
    print(o, report.tables(o.wishes));
    return verdict(o, report.counts());
}

void add_options(Arguments& app, Options& o) {
    auto& payment = o.wishes.payment;
    app.add_option(
        "FILE", o.files,
        "Event files, access logs, folders of them, partial reports; packed by gzip, xz or "
        "zstd, or not; - is standard input, as is no file when something is piped in");
    auto* json = app.add_flag("--json", o.json, "All tables as one JSON object");
    auto* csv = app.add_option("--csv", o.csv, "One table as CSV")->type_name("TABLE");
    auto* html = app.add_option("--html", o.html, "Write a page with plots too")->type_name("FILE");
    app.add_option("--since", o.since, "Only sessions that began then or later")->type_name("TIME");
    app.add_option("--until", o.until, "Only sessions that began before")->type_name("TIME");
    app.add_flag("--strict", o.strict,
                 "Exit with 1 when lines were torn, doubled, foreign or late");
    app.add_flag("--keep-going", o.keep_going,
                 "Report what is there, though a file is damaged or has no events");
    app.add_option("--time-zone", o.zone, "Whose days and hours, as Europe/Berlin")
        ->type_name("ZONE")
        ->capture_default_str();
    app.add_flag("--bom", o.bom, "Begin CSV with a byte order mark, for spreadsheets that want it")
        ->needs(csv);
    app.add_option("--catalogue", o.catalogue,
                   "Who made which song: a store's folder, a stretto-serve, or a list as JSON")
        ->type_name("STORE|URL|FILE");
    app.add_option("--servers", o.servers,
                   "Addresses of your own edges, as JSON: what they fetch is for others")
        ->type_name("FILE");
    app.add_option("--trust", o.trusted, "Pay for this listener or network, whatever it looks like")
        ->type_name("LISTENER|NETWORK")
        ->allow_extra_args(false);
    app.add_flag("--require-token", payment.require_token,
                 "Only sessions that a server saw an access token of are plays");
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
    app.add_flag("--compare", o.wishes.compare,
                 "An article's numbers of streaming from peers, computed, beside what was seen");
    auto* forget = app.add_option("--forget", o.forget,
                                  "Rewrite the files without this listener, and print no report")
                       ->type_name("LISTENER");
    auto* drop = app.add_option("--drop-before", o.drop_before,
                                "Rewrite the files without what is older than this")
                     ->type_name("DAY");
    for (auto* rewrite : {forget, drop})
        rewrite->excludes(json)->excludes(csv)->excludes(html)->excludes(partial);
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
