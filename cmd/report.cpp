// stretto-report: what players saw, summed up. See stretto-report(1).
#include "report/report.hpp"

#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>
#include <sstream>

#include "base/clock.hpp"
#include "base/draft.hpp"
#include "base/program.hpp"
#include "clickhouse/loader.hpp"
#include "clickhouse/schema.hpp"
#include "clickhouse/source.hpp"
#include "http/blocking.hpp"
#include "http/place.hpp"
#include "http/server.hpp"
#include "net/socket.hpp"
#include "report/catalogue.hpp"
#include "report/erase.hpp"
#include "report/farms.hpp"
#include "report/follow.hpp"
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
    "  stretto-report --follow --listen 127.0.0.1:8490 events/\n"
    "  ls events/*.jsonl | parallel stretto-report --partial '{}' '>' '{}.part'; stretto-report "
    "events/*.part";

struct Options {
    std::vector<std::string> files, trusted;
    std::string csv, html, since, until, salt, pool, prices, catalogue, servers;
    std::string zone = "UTC", forget, drop_before, listen, load, from;
    double every_s = 2;
    bool json = false, strict = false, partial = false, keep_going = false, bom = false;
    bool follow = false;
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
template <class Read>
void read_files(const Options& o, Read read) {
    report::Unread unread;
    if (o.keep_going) unread = [](const std::string&, const Error& why) { note(why.what()); };
    for (const auto& name : report::expand(o.files, unread)) {
        const std::string why = read(name);
        if (why.empty()) continue;
        if (!o.keep_going) throw bad_data(name, why + "; use --keep-going to continue");
        note(text("'", name, "': ", why));
    }
}

clickhouse::Engine engine(const char* option, const std::string& location) {
    auto parsed = clickhouse::parse_location(location);
    if (!parsed)
        throw Error{EX_USAGE, text(option, " '", http::without_userinfo(location), "': ",
                                   parsed.error().why, "; use clickhouse://HOST:PORT/DATABASE")};
    return clickhouse::Engine{std::move(*parsed)};
}

void read_all(report::Report& report, const Options& o) {
    if (!o.from.empty()) {
        auto from = engine("--from", o.from);
        clickhouse::add_sessions(from, report, o.salt);
    }
    read_files(o, [&](const auto& name) { return report.read(name); });
    report.finish();
    if (!report.any() && !o.keep_going)
        throw Error{EX_DATAERR,
                    "no events and no requests were read; use --keep-going to report this"};
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
    options.now_ms = utc_ms();
    if (!o.servers.empty()) options.servers = report::KnownServers{o.servers};
    return options;
}

/// 1 when lines were passed over and that is not wanted.
int verdict(const Options& o, const report::Counts& counts) {
    if (!o.strict || counts.skipped() == 0) return 0;
    note(text(counts.skipped(), " lines skipped: ", counts.torn, " torn, ", counts.foreign,
              " foreign, ", counts.doubled, " doubled"));
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

/// --load: a line a file, of how many events were sent, how many lines an earlier run had sent, and
/// how many were skipped.
int load(const Options& o) {
    auto to = engine("--load", o.load);
    clickhouse::create_tables(to);
    std::int64_t skipped = 0, requests = 0;
    clickhouse::Loader loader{to, static_cast<std::uint32_t>(utc_ms() / 1000),
                              [&](const clickhouse::Loaded& file) {
                                  std::cout << printable(file.name) << '\t' << file.events << '\t'
                                            << file.before << '\t' << file.skipped << std::endl;
                                  skipped += file.skipped;
                                  requests += file.requests;
                              }};
    read_files(o, [&](const auto& name) { return loader.load(name); });
    loader.finish();
    if (requests > 0)
        note(text(requests,
                  " lines of access logs were not loaded: name these files beside --from"));
    if (!o.strict || skipped == 0) return 0;
    note(text(skipped, " lines skipped"));
    return 1;
}

/// --forget, --drop-before: a line a file, of how many lines stayed, went and were changed.
int erase(const Options& o) {
    report::Erasure what;
    what.salt = o.salt;
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

/// --follow: reads on, and shows what is new. On a terminal, which it fills; one report after the
/// other where output goes elsewhere; into the file of --html; or as a page, to who asks for it.
class Live : public http::Handler {
   public:
    explicit Live(const Options& o)
        : options_(o),
          report_(report_options(o)),
          follower_(report_, o.files),
          terminal_(::isatty(STDOUT_FILENO) && !o.json) {
        for (const auto& address : addresses(o.listen)) {
            auto sockets = net::listen(address, 1);
            std::cout << "listening on " << net::local_address(sockets[0].fd()).print()
                      << std::endl;
            server_.listen(std::move(sockets[0]));
        }
    }

    /// Until SIGTERM or SIGINT, or until standard input ends.
    void run() {
        const auto end = [this] { loop_.stop(); };
        net::Signal term{loop_, SIGTERM, end}, interrupt{loop_, SIGINT, end};
        turn();
        loop_.run();
    }

    void handle(http::Incoming&& incoming, http::Reply reply) override {
        const auto& request = incoming.request;
        if (request.method != "GET" && request.method != "HEAD")
            return reply.send(405, "method not allowed", "Allow: GET, HEAD\r\n");
        // a page elsewhere may have a name that leads here; its readers' browsers say that name
        const auto* host = request.fields.find("Host");
        if (!host || !is_loopback(*host)) return reply.send(421, "this is no name of this machine");
        const bool json = request.target == "/report.json";
        if (!json && request.target != "/") return reply.send(404, "not found");
        auto& made = json ? json_ : page_;
        if (made.empty())
            made = make([&](const auto& tables) {
                return json ? print_json(tables) : report::print_page(tables, reload_s());
            });
        http::Outgoing out;
        http::append_field(out.fields, "Content-Type",
                           json ? "application/json" : "text/html; charset=utf-8");
        http::append_field(out.fields, "Cache-Control", "no-store");
        out.length = made.size();
        if (request.method != "HEAD") out.body = http::body_of(made);
        reply.send(std::move(out));
    }

   private:
    using Tables = std::vector<report::Table>;

    /// "127.0.0.1", "[::1]", "localhost", with a port or not.
    static bool is_loopback(std::string host) {
        const auto port = host.rfind(':');
        if (port != host.npos && host.find_first_not_of("0123456789", port + 1) == host.npos &&
            (host.find(':') == port || host[port - 1] == ']'))
            host.resize(port);
        in_addr address{};
        const bool ipv4 = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
        return host == "localhost" || host == "[::1]" || host == "::1" ||
               (ipv4 && ntohl(address.s_addr) >> 24 == 127);
    }
    static std::vector<net::Address> addresses(const std::string& listen) {
        if (listen.empty()) return {};
        auto all = net::listen_addresses({listen});
        for (const auto& address : all)
            if (!is_loopback(address.host()))
                throw Error{EX_USAGE, text("--listen ", listen,
                                           ": a report has no login, so it is shown on loopback "
                                           "alone: 127.0.0.1:PORT")};
        return all;
    }
    static std::string print_json(const Tables& tables) {
        std::ostringstream out;
        report::print_json(out, tables);
        return std::move(out).str();
    }
    int reload_s() const { return std::max(1, static_cast<int>(options_.every_s)); }

    /// Open sessions are summed up as they are, in a copy: this one goes on with them.
    std::string make(const std::function<std::string(const Tables&)>& print) {
        return report::in_a_copy([&] {
            report_.branch();
            report_.finish();
            return print(report_.tables(options_.wishes));
        });
    }

    void turn() {
        const auto began = std::chrono::steady_clock::now();
        report_.set_now(utc_ms());
        if (follower_.read_on() || first_) {
            page_.clear();
            json_.clear();
            if (options_.listen.empty() && in_front()) show(), first_ = false;
        }
        if (follower_.over() && options_.listen.empty()) return loop_.stop();
        const auto took = std::chrono::steady_clock::now() - began;
        // reading and summing up takes a fifth of a processor at most
        const auto pause = std::max(std::chrono::duration<double>{options_.every_s},
                                    std::chrono::duration<double>{4 * took});
        next_.once(std::chrono::duration_cast<std::chrono::milliseconds>(pause));
    }
    /// In the background a terminal is another program's.
    bool in_front() const { return !terminal_ || ::tcgetpgrp(STDOUT_FILENO) == ::getpgrp(); }

    void show() {
        if (!options_.html.empty() && options_.html != "-") {
            Draft file{options_.html};
            file.write(as_bytes(
                make([&](const auto& tables) { return report::print_page(tables, reload_s()); })));
            file.commit();
            return;
        }
        auto said = make([&](const auto& tables) {
            return options_.json
                       ? print_json(tables)
                       : report::print_text(tables, terminal(options_.wishes.payment.top));
        });
        if (!options_.json) said.insert(0, "As of " + report::iso_time(utc_ms()) + "\n\n");
        if (terminal_) said = on_screen(said);
        std::cout << said << std::flush;
        if (!std::cout) end_if_nobody_reads(), loop_.stop();
    }
    /// From the first line of the terminal to the one before its last; what does not fit is not
    /// shown, for it would scroll.
    static std::string on_screen(const std::string& text) {
        winsize size{};
        if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2) return text;
        std::string out = "\033[H";
        std::size_t from = 0;
        for (int row = 0; row + 1 < size.ws_row && from < text.size(); ++row) {
            const auto end = std::min(text.find('\n', from), text.size());
            out.append(text, from, end - from).append("\033[K\n");
            from = end + 1;
        }
        return out + "\033[J";
    }

    const Options& options_;
    report::Report report_;
    report::Follower follower_;
    bool terminal_, first_ = true;
    std::string page_, json_;  // as they are now; empty: not made yet
    http::AccessLog log_{"", false};
    http::Limiter limiter_{0};
    http::Shared shared_{{}, log_, limiter_};
    net::Loop loop_;
    http::Server server_{loop_, *this, {}, shared_};
    net::Timer next_{loop_, [this] { turn(); }};
};

/// What must be right before anything is read.
void settle(Options& o) {
    o.wishes.zone = report::Zone{o.zone};
    report::use_zone(o.wishes.zone);
    if (!o.pool.empty()) {
        o.wishes.pool_cents = report::parse_cents(o.pool);
        if (!o.wishes.pool_cents)
            throw Error{EX_USAGE, text("--pool '", o.pool, "': use an amount, 1234.56")};
    }
    for (const auto& trusted : o.trusted) {
        auto name = report::trusted_name(trusted);
        if (!name)
            throw Error{EX_USAGE, text("--trust '", trusted,
                                       "': use a listener's 16 digits, an address, or a network "
                                       "as reports have them: 192.0.2.0/24, 2001:db8:1::/48")};
        o.wishes.payment.trusted.insert(std::move(*name));
    }
    if (o.partial || !o.load.empty()) return;
    if (!o.prices.empty()) o.wishes.prices = report::read_prices(o.prices);
    if (!o.catalogue.empty()) o.wishes.catalogue = read_catalogue(o.catalogue);
}

void warn(const Options& o, const report::Counts& counts) {
    if (o.wishes.pool_cents && !o.wishes.catalogue)
        note("without --catalogue the artists' names come from listeners: do not pay by this");
    if (counts.via > 0 && o.servers.empty())
        note(text(counts.via,
                  " requests in logs came through a proxy: if it is one of yours, name it by "
                  "--servers, or its bytes count as a listener's"));
}

int run(Options& o) {
    settle(o);
    if (!o.forget.empty() || !o.drop_before.empty()) return erase(o);
    if (!o.load.empty()) return load(o);
    if (o.partial) return write_partial(o);
    if (o.follow) {
        std::signal(SIGPIPE, SIG_IGN);
        Live{o}.run();
        return 0;
    }
    report::Report report{report_options(o)};
    read_all(report, o);
    warn(o, report.counts());
    print(o, report.tables(o.wishes));
    return verdict(o, report.counts());
}

/// A script's variable without a value must not become a report of all, or an erasure of nothing.
void refuse_empty(const Arguments& app, const Options& o) {
    const std::pair<const char*, const std::string&> given[] = {
        {"--forget", o.forget},   {"--drop-before", o.drop_before},
        {"--since", o.since},     {"--until", o.until},
        {"--csv", o.csv},         {"--html", o.html},
        {"--pool", o.pool},       {"--prices", o.prices},
        {"--servers", o.servers}, {"--load", o.load},
        {"--from", o.from},       {"--catalogue", o.catalogue},
        {"--listen", o.listen},
    };
    for (const auto& [option, value] : given)
        if (app.count(option) > 0 && value.empty())
            throw Error{EX_USAGE, text(option, " has an empty value")};
}

void add_options(Arguments& app, Options& o) {
    auto& payment = o.wishes.payment;
    app.add_option("FILE", o.files,
                   "Event files, access logs, partial reports, or folders with these, also "
                   "compressed with gzip, xz or zstd; standard input if none or -");
    auto* json = app.add_flag("--json", o.json, "All tables as one JSON object");
    auto* csv = app.add_option("--csv", o.csv, "One table as CSV")->type_name("TABLE");
    auto* html =
        app.add_option("--html", o.html, "Also write a page with plots")->type_name("FILE");
    app.add_option("--since", o.since, "Only sessions that began at or after this time")
        ->type_name("TIME");
    app.add_option("--until", o.until, "Only sessions that began before this time")
        ->type_name("TIME");
    app.add_flag("--strict", o.strict,
                 "Exit with 1 if lines were skipped (incomplete, duplicated, or of an unknown "
                 "format)");
    app.add_flag("--keep-going", o.keep_going,
                 "Continue when a file is damaged, truncated or of an unknown format");
    app.add_option("--time-zone", o.zone, "Time zone of days and hours, such as Europe/Berlin")
        ->type_name("ZONE")
        ->capture_default_str();
    app.add_flag("--bom", o.bom, "Begin CSV with a byte order mark, for spreadsheets that need it")
        ->needs(csv);
    app.add_option("--catalogue", o.catalogue,
                   "Titles and artists: a store's folder, a stretto-serve, or a list as JSON")
        ->type_name("STORE|URL|FILE");
    app.add_option(
           "--servers", o.servers,
           "Addresses of your own edges, as JSON, whose requests are not listeners' requests")
        ->type_name("FILE");
    app.add_option("--trust", o.trusted, "Never suspect this listener or network")
        ->type_name("LISTENER|NETWORK")
        ->allow_extra_args(false);
    app.add_flag("--require-token", payment.require_token,
                 "Count a session as a play only if it has an access token with an id");
    auto* partial = app.add_flag("--partial", o.partial,
                                 "Print a partial report, which can be merged with others");
    app.add_option("--salt", o.salt, "Salt of the hashes that replace listeners' ids")
        ->envname("STRETTO_REPORT_SALT");
    app.add_option("--pool", o.pool, "Distribute this amount of money among songs")
        ->type_name("AMOUNT");
    app.add_flag("--user-centric", payment.user_centric,
                 "Give each listener an equal part of the pool, divided by the listener's plays");
    app.add_option("--min-plays", payment.min_plays,
                   "Minimum number of plays in twelve months for which a song is paid")
        ->range(0, 1e15)
        ->capture_default_str();
    app.add_flag("--pay-suspects", payment.pay_suspects,
                 "Pay for plays of listeners that behave like machines");
    app.add_option("--prices", o.prices, "Prices of bytes and requests, as JSON")
        ->type_name("FILE");
    app.add_option("--top", payment.top,
                   "Number of rows per table in the text, and of listeners in their table")
        ->range(1, 100'000)
        ->capture_default_str();
    app.add_flag("--compare", o.wishes.compare,
                 "Recompute the numbers of an article on streaming from peers, and compare them "
                 "with the measured numbers");
    auto* forget = app.add_option("--forget", o.forget,
                                  "Print no report; rewrite the files without this listener")
                       ->type_name("LISTENER");
    auto* drop = app.add_option("--drop-before", o.drop_before,
                                "Print no report; rewrite the files without lines older than this")
                     ->type_name("DAY");
    for (auto* rewrite : {forget, drop})
        rewrite->excludes(json)->excludes(csv)->excludes(html)->excludes(partial);
    auto* follow =
        app.add_flag("--follow", o.follow, "Follow files that grow, and update the report");
    app.add_option("--every", o.every_s, "With --follow: look for new lines this often")
        ->type_name("SECONDS")
        ->range(0.1, 86'400)
        ->capture_default_str()
        ->needs(follow);
    app.add_option("--listen", o.listen,
                   "With --follow: serve the report as a page at this loopback address, such as "
                   "127.0.0.1:8490")
        ->type_name("ADDRESS:PORT")
        ->needs(follow)
        ->excludes(html)
        ->excludes(json);
    auto* from = app.add_option("--from", o.from,
                                "Read the events from a database of ClickHouse, besides the files")
                     ->type_name("clickhouse://HOST:PORT/DB");
    auto* load = app.add_option("--load", o.load,
                                "Print no report; load the events into a database of ClickHouse")
                     ->type_name("clickhouse://HOST:PORT/DB");
    for (auto* other : {from, forget, drop, partial, json, csv, html, follow})
        load->excludes(other);
    for (auto* rewrite : {forget, drop, follow}) from->excludes(rewrite);
    for (auto* once : {csv, partial, forget, drop}) follow->excludes(once);
    json->excludes(csv);
    partial->excludes(json)->excludes(csv)->excludes(html);
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{
        "Summarize the events of players: plays, royalties, startup, rebuffering, sources of "
        "bytes, "
        "and costs."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        refuse_empty(app, o);
        const bool reads = o.files.empty() && o.from.empty();
        if (reads && ::isatty(STDIN_FILENO))
            throw Error{EX_USAGE, "name a FILE, or - for standard input"};
        if (reads) o.files = {"-"};
        return run(o);
    });
}
