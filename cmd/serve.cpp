// stretto-serve: a store over HTTP, or another server through a cache: origin and edge. See
// stretto-serve(1).
#include <algorithm>
#include <csignal>
#include <cstring>
#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>

#include "base/confine.hpp"
#include "base/note.hpp"
#include "base/program.hpp"
#include "edge/admin.hpp"
#include "edge/answer.hpp"
#include "edge/bucket_site.hpp"
#include "edge/origin_site.hpp"
#include "edge/proxy.hpp"
#include "edge/scrubber.hpp"
#include "edge/worker.hpp"
#include "http/certificates.hpp"
#include "http/place.hpp"
#include "net/reloads.hpp"
#include "net/service.hpp"
#include "peer/seeder.hpp"
#include "peer/tracker.hpp"
#include "track/removals.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-serve --listen 127.0.0.1:8480 store\n"
    "  stretto-serve --listen 127.0.0.1:8481 http://127.0.0.1:8480 --cache edge1 --name eu-west\n"
    "  stretto-serve --listen 127.0.0.1:8480 s3://music/v1 --cache origin\n"
    "  stretto-serve --listen :8500 --announce http://127.0.0.1:8490 ~/.cache/stretto\n"
    "  curl -sI http://127.0.0.1:8481/songs/frontiers/chunk_0.ogg -H 'X-User-Bitrate: 160'";

struct Options : ServerOptions {
    Options() { listen = {"127.0.0.1:8480"}; }

    std::vector<std::string> sources;
    std::string source, balance = "order", cache, cacert, state;
    std::uint64_t cache_size = 10'000'000'000, memory = 256'000'000, scrub = 4'000'000;
    std::optional<std::uint64_t> min_free;
    unsigned workers = std::max(1u, std::thread::hardware_concurrency());
    int upstream_timeout = 10;
    // a slow reader of what cannot be kept holds one as long as it reads
    int upstream_connections = 512;
    bool ignore_reload = false;
    std::string admin;
    std::vector<std::string> purge_to;
    bool public_metrics = false;
    std::string announce, location;
    edge::PageOptions page;
    std::uint64_t upload_limit = 0;
    edge::EventIntake::Options events;
};

void add_options(Arguments& app, const Settings& settings, Options& o) {
    add_server_options(settings, o);
    settings
        .add("cache", o.cache, "Directory of the cache; by default the cache is only in memory")
        ->type_name("DIR");
    settings.add("cache-size", o.cache_size, "Maximum size of this directory (10G)")->bytes();
    settings
        .add("min-free", o.min_free, "Bytes to leave free on the file system (1 % of its size)")
        ->bytes();
    settings
        .add("scrub", o.scrub,
             "Bytes per second of the cache directory to check for damage; 0: none (4M)")
        ->bytes();
    settings.add("memory", o.memory, "Maximum size of the cache in memory (256M)")->bytes();
    settings.add("workers", o.workers, "Threads, one per core by default")->range(1, 256);
    settings
        .add("balance", o.balance,
             "Choice among several upstreams: the first that works (order), or by path (hash)")
        ->one_of({"order", "hash"})
        ->capture_default_str();
    settings
        .add("upstream-connections", o.upstream_connections,
             "Connections per worker and upstream; half of them are for songs")
        ->range(1, 100000)
        ->capture_default_str();
    settings
        .add("upstream-timeout", o.upstream_timeout,
             "Seconds without a byte until an upstream counts as failed")
        ->range(1, 3600)
        ->capture_default_str();
    settings
        .add("cacert", o.cacert,
             "Trust the certificates in this PEM file (CURL_CA_BUNDLE, SSL_CERT_FILE, else the "
             "system's)")
        ->type_name("FILE");
    settings
        .add("state", o.state,
             "Directory for the list of songs and the chosen bitrates ($STATE_DIRECTORY, or "
             "~/.local/state/stretto)")
        ->type_name("DIR");
    settings.add_flag("ignore-reload", o.ignore_reload,
                      "Serve fresh responses from the cache even if a client asks for a reload");
    settings
        .add("admin", o.admin,
             "Address for operators: /healthz with reasons, /metrics, /stats.json, POST /purge")
        ->type_name("HOST:PORT|unix:PATH");
    settings.add_flag(
        "public-metrics", o.public_metrics,
        "Answer /metrics and /stats.json, and /healthz with reasons, for all clients");
    settings
        .add("purge-to", o.purge_to,
             "Forward purges to the edge with this admin address; may be repeated")
        ->type_name("HOST:PORT|unix:PATH");
    settings
        .add("announce", o.announce,
             "Be a peer: upload the chunks of a cache, and announce them to this tracker")
        ->type_name("URL");
    settings
        .add("browser-peers", o.page.tracker,
             "Let listeners in browsers who agree exchange chunks, through this tracker")
        ->type_name("URL");
    settings
        .add("browser-edge", o.page.edges,
             "Let pages use this edge when their own server fails; may be repeated")
        ->type_name("URL");
    settings.add("browser-tokens", o.page.tokens, "Let pages get the listener's access token here")
        ->type_name("URL");
    settings
        .add("upload-limit", o.upload_limit,
             "Upload limit of a peer in bytes per second (no limit)")
        ->bytes();
    settings
        .add("events", o.events.path,
             "Accept events of players (POST /events), and append them to this file")
        ->type_name("FILE");
    settings
        .add("events-size", o.events.most_file_bytes,
             "Rotate the event file before it exceeds this size, and each day (256M)")
        ->bytes();
    settings
        .add("events-queue", o.events.most_waiting_bytes,
             "Bytes of events that may wait for the disk (16M)")
        ->bytes();
    settings
        .add("events-rate", o.events.rate,
             "Posts of events per second from one address; 0: no limit")
        ->at_least(0)
        ->capture_default_str();
    settings.add("location", o.location, "Location of a peer, to a tenth of a degree")
        ->type_name("LAT,LON");
    app.add_option("SOURCE", o.sources,
                   "A store: a directory or s3://BUCKET/PREFIX; or one or more http://server")
        ->envname("STRETTO_SERVE_SOURCE")
        ->required();
}

/// Where what should outlive a restart is kept; empty: nowhere.
std::filesystem::path state_folder(const Options& o) {
    if (!o.state.empty()) return o.state;
    const auto variable = [](const char* name) -> std::filesystem::path {
        const char* value = std::getenv(name);
        return value ? value : "";
    };
    if (const auto systemd = variable("STATE_DIRECTORY"); !systemd.empty()) return systemd;
    if (const auto xdg = variable("XDG_STATE_HOME"); !xdg.empty()) return xdg / "stretto";
    if (const auto home = variable("HOME"); !home.empty()) return home / ".local/state/stretto";
    return {};
}

/// Servers of different sources do not share it. Empty: nowhere.
/// @param own  nor do servers of one source that listen on different addresses
std::filesystem::path state_file(const Options& o, const char* kind, bool own = false) {
    const auto folder = state_folder(o);
    if (folder.empty()) return {};
    if (!own) {  // said once
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        if (failed || ::access(folder.c_str(), W_OK) != 0)
            note(text("cannot write into '", folder.string(),
                      "': ", failed ? failed.message() : std::strerror(errno),
                      "; the list of songs is made again at the next start"));
    }
    const auto source = o.source.find("://") == std::string::npos
                            ? std::filesystem::absolute(o.source).string()
                            : o.source;
    auto of = source;
    for (const auto& address : own ? o.listen : std::vector<std::string>{}) of += '\n' + address;
    return folder / text(kind, '-', hex(sha256(as_bytes(of))).substr(0, 16));
}

/// What origin and edge have in common: sockets, logs, limits, threads.
class Serving {
   public:
    Serving(const Options& o, std::string role)
        : options_(o),
          passed_(net::take_passed_sockets()),
          certificates_(http::certificates_of(o.tls_certificates, o.tls_keys, o.tls_self_signed,
                                              o.client_authority, o.listen)),
          access_(http::access_of(o.token_keys, o.token_exempt, o.name)),
          log_(o.log, o.full_addresses),
          limiter_(o.rate_limit),
          status_(o.name, std::move(role), shared_) {
        site_.name = o.name;
        site_.shows_numbers = o.public_metrics;
        if (const auto file = state_file(o, "streams", true); !file.empty())
            site_.choices = std::make_unique<edge::Choices>(file);
        reloads_.add("access log", [this] { log_.reopen(); });
        if (certificates_) {
            http::add_metrics(status_, *certificates_);
            reloads_.add("certificates", [this] { certificates_->reload(); });
        }
        if (access_) {
            site_.access = access_.get();
            http::add_metrics(status_, *access_);
            reloads_.add("token keys", [this] { access_->keys.reload(); });
        }
        if (o.events.path.empty()) return;
        auto options = o.events;
        options.full_addresses = o.full_addresses;
        events_.emplace(options);
        site_.events = &*events_;
        reloads_.add("event file", [this] { events_->reopen(); });
        status_.add([this](std::vector<http::Metric>& metrics) { events_->add_metrics(metrics); });
    }

    /// Makes what runs beside the workers, on the loop of the main thread.
    using Beside = std::function<std::shared_ptr<void>(net::Loop&)>;
    void run_beside(Beside beside) { beside_ = std::move(beside); }

    edge::SiteShared& site() { return site_; }
    http::Status& status() { return status_; }
    net::Reloads& reloads() { return reloads_; }

    /// @param descriptors  that the process may open; half are for files, and for servers behind us
    /// @param make_purger  of a server with a cache; may be empty
    int run(std::size_t descriptors, const edge::Workers::MakeBackend& make,
            const std::function<std::unique_ptr<edge::Purger>(net::Loop&)>& make_purger = {}) {
        http::Limits limits;
        const std::size_t own = 16 + 8 * options_.workers;  // loops, listeners, logs
        const std::size_t room = descriptors > own ? (descriptors - own) / 2 : 0;
        limits.connections =
            std::max<std::size_t>(1, std::min(options_.max_connections, room) / options_.workers);
        edge::Workers workers{options_.workers, make, site_, status_, limits, shared_};
        const Closing closing{events_};  // before the loops go, to which it answers
        const auto beside = beside_ ? beside_(workers.main()) : nullptr;
        const auto purger = make_purger ? make_purger(workers.main()) : nullptr;
        const auto admin = listen_admin(workers.main(), purger.get());
        listen(workers);
        run(workers);
        return 0;
    }

   private:
    struct Closing {
        std::optional<edge::EventIntake>& events;
        ~Closing() {
            if (events) events->close();
        }
    };

    /// On the socket "admin" of the service manager, else where --admin says.
    std::unique_ptr<edge::AdminListener> listen_admin(net::Loop& loop, edge::Purger* purger) {
        std::unique_ptr<edge::AdminListener> admin;
        const auto passed = std::ranges::find(passed_, "admin", &net::PassedSocket::name);
        if (passed != passed_.end()) {
            admin = std::make_unique<edge::AdminListener>(loop, std::move(passed->socket), status_,
                                                          purger);
            passed_.erase(passed);
        } else if (!options_.admin.empty()) {
            admin = std::make_unique<edge::AdminListener>(loop, options_.admin, status_, purger);
        }
        if (admin) std::cout << "admin on " << admin->address() << std::endl;
        return admin;
    }

    /// On the other sockets of the service manager, else where --listen says.
    void listen(edge::Workers& workers) {
        const auto take = [&](std::vector<File> sockets, bool tls) {
            std::cout << "listening on " << net::local_address(sockets[0].fd()).print()
                      << std::endl;
            workers.listen(std::move(sockets), tls ? certificates_.get() : nullptr);
        };
        for (auto& [name, socket] : passed_) {
            net::refuse_unix(socket.fd(), name);
            take(net::share(std::move(socket), options_.workers), name != "http");
        }
        if (!passed_.empty()) return;
        for (auto where : options_.listen) {
            const bool tls = http::speaks_tls(where, certificates_.get());
            for (const auto& address : net::listen_addresses({where}))
                take(net::listen(address, options_.workers), tls);
        }
    }

    void run(edge::Workers& workers) {
        bool stopping = false, asked = false;
        net::Timer watchdog{workers.main(), [&] {
                                if (stopping) return manager_.alive();
                                if (std::exchange(asked, true)) return;  // one of them hangs
                                workers.ask_all([&] {
                                    asked = false;
                                    manager_.alive();
                                });
                            }};
        if (const auto period = manager_.watchdog()) watchdog.every(*period / 2);
        const auto reload = [&] {
            manager_.reloading();
            manager_.ready(reloads_.run());
        };
        const auto stop = [&] {
            stopping = true;
            manager_.stopping("finishing open responses");
        };
        manager_.ready("serving");
        workers.run(std::chrono::seconds{options_.grace}, reload, stop);
    }

    const Options& options_;
    net::ServiceManager manager_;
    std::vector<net::PassedSocket> passed_;
    net::Reloads reloads_;
    std::unique_ptr<http::Certificates> certificates_;
    std::unique_ptr<http::Access> access_;
    http::AccessLog log_;
    http::Limiter limiter_;
    http::Shared shared_{{},
                         log_,
                         limiter_,
                         net::parse_networks(options_.proxies),
                         net::parse_networks(options_.allowed)};
    edge::SiteShared site_;
    http::Status status_;
    std::optional<edge::EventIntake> events_;
    Beside beside_;
};

int serve_store(const Options& o, std::size_t descriptors) {
    store::check_store(o.source);
    store::Tree tree{o.source};
    edge::Origin origin{tree, std::max<std::size_t>(16, descriptors / 4), o.memory};
    edge::Librarian librarian{
        tree,
        state_file(o, "catalogue"),
        {[&](const auto& ids) { origin.forget(ids); }, [&] { origin.forget_all(); }}};
    Serving serving{o, "origin"};
    return serving.run(descriptors, [&](net::Loop& loop) {
        return std::make_unique<edge::OriginSite>(loop, origin, librarian, o.page);
    });
}

/// Errors that are the operator's to mend end the start; a store that is away for now does not.
s3::Location find_bucket(const std::string& source) {
    const auto location = s3::parse_location(source);
    if (!location) throw Error{EX_USAGE, text("'", source, "': ", location.error().why)};
    constexpr s3::Patience once{1, std::chrono::seconds{5}};
    try {
        s3::Store{*location, s3::Store::Open::existing, once};
    } catch (const Error& error) {
        if (error.exit() != EX_UNAVAILABLE && error.exit() != EX_TEMPFAIL) throw;
        note(error.what());
    }
    return *location;
}

/// @param bucket  the source is one
int serve_upstream(const Options& o, std::size_t descriptors,
                   const std::optional<s3::Location>& bucket = {}) {
    const auto sources = bucket ? std::vector{s3::sign_in(*bucket)} : o.sources;
    edge::Troubles troubles;
    edge::Cache cache{
        {o.cache, o.cache_size, o.memory, std::max<std::size_t>(16, descriptors / 4), o.min_free},
        troubles};
    edge::EdgeCounters counters;
    edge::Flights flights;
    const edge::BucketDialect dialect;
    std::optional<edge::BucketCatalogue> songs;
    if (bucket) songs.emplace(*bucket);
    Serving serving{o, bucket ? "origin" : "edge"};
    edge::EdgeShared shared{cache, serving.site().manifests, counters, troubles, o.name};
    shared.ignore_reload = o.ignore_reload;
    serving.status().add([&](std::vector<http::Metric>& metrics) {
        edge::add_metrics(metrics, counters, cache, troubles);
    });
    serving.status().add_trouble([&] { return cache.trouble(); });
    std::optional<edge::Scrubber> scrubber;
    if (!o.cache.empty() && o.scrub > 0) scrubber.emplace(cache, o.scrub);
    serving.run_beside([&](net::Loop& loop) {
        return std::make_shared<track::Removals>(
            loop, sources, [&] { return shared.songs_asked.load(); },
            [&](const track::Removals::Read& read) {
                if (read.due.empty()) return;
                const auto now = edge::wall_clock();
                for (const auto& id : read.due) cache.purge(id, true, now);
                flights.forget_all();
            });
    });
    http::Upstream::Limits limits;
    limits.connections = o.upstream_connections;
    limits.stall = std::chrono::seconds{o.upstream_timeout};
    edge::Ranking ranking{sources,
                          o.balance == "hash" ? edge::Ranking::By::hash : edge::Ranking::By::order};
    serving.status().add(
        [&](std::vector<http::Metric>& metrics) { edge::add_metrics(metrics, ranking); });
    return serving.run(
        descriptors,
        [&](net::Loop& loop) -> std::unique_ptr<edge::Backend> {
            auto proxy = std::make_unique<edge::Proxy>(loop, ranking, limits, shared, flights,
                                                       bucket ? &dialect : nullptr);
            if (!bucket) return proxy;
            return std::make_unique<edge::BucketSite>(loop, *songs, o.page, std::move(proxy),
                                                      o.name);
        },
        [&](net::Loop& loop) {
            return std::make_unique<edge::Purger>(loop, shared, flights, o.purge_to);
        });
}

/// A peer that stays: what another program fetches into its cache is given from there too.
int serve_peer(const Options& o) {
    std::signal(SIGPIPE, SIG_IGN);
    std::optional<swarm::Location> place;
    if (!o.location.empty()) {
        const auto parsed = swarm::parse_location(o.location);
        if (!parsed)
            throw Error{EX_USAGE, text("location '", o.location, "': ", parsed.error().why)};
        place = *parsed;
    }
    if (o.listen.size() != 1) throw Error{EX_USAGE, "a peer needs exactly one --listen"};
    if (!net::take_passed_sockets().empty())
        throw Error{EX_USAGE, "a peer accepts no sockets from a service manager"};
    const net::ServiceManager manager;
    store::Kept kept{o.source, o.cache_size};
    net::Loop loop;
    peer::Seeder seeder{loop, kept, {static_cast<double>(o.upload_limit), 4, o.listen[0]}};
    peer::Tracker tracker{loop, o.announce, place};
    const auto limit = static_cast<std::int64_t>(o.upload_limit * 8 / 1000);
    tracker.on_pass_key([&](const auto& key) { seeder.learn_pass_key(key); });
    tracker.share(kept, seeder.port(), limit > 0 ? limit : 10000,
                  [&](const auto& songs) { seeder.withhold(songs); });
    std::cout << "listening on " << seeder.address() << std::endl;
    net::Timer look{loop, [&] {
                        kept.refresh();
                        tracker.changed();
                    }};
    look.every(std::chrono::seconds{30});
    const auto end = [&] {
        manager.stopping("leaving the tracker");
        tracker.leave([&] { loop.stop(); });
    };
    const net::Signal term{loop, SIGTERM, end}, interrupt{loop, SIGINT, end};
    net::Timer watchdog{loop, [&] { manager.alive(); }};
    if (const auto period = manager.watchdog()) watchdog.every(*period / 2);
    manager.ready("serving");
    loop.run();
    return 0;
}

bool is_url(const std::string& source) {
    return source.starts_with("http://") || source.starts_with("https://");
}

/// One that stands in the environment may be several, with blanks between.
void split_sources(Options& o) {
    if (o.sources.size() == 1 && is_url(o.sources[0])) {
        std::istringstream words{o.sources[0]};
        o.sources.assign(std::istream_iterator<std::string>{words}, {});
    }
    const bool urls = std::ranges::all_of(o.sources, is_url);
    if (o.sources.size() > 1 && !urls)
        throw Error{EX_USAGE, "several sources must all be http:// servers"};
    for (const auto& one : o.sources) o.source += (o.source.empty() ? "" : " ") + one;
}

/// It becomes part of a script and of a header field: nothing that means something there.
void check_for_page(std::string& url, const char* of, bool path) {
    if (!path && url.ends_with('/')) url.pop_back();
    const auto host = url.find("://") + 3;
    constexpr std::string_view bytes =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.:[]/_~?=&%+";
    constexpr std::size_t of_path = 8;  // of these, those that are no part of an origin
    const auto allowed = bytes.substr(0, bytes.size() - (path ? 0 : of_path));
    if (!is_url(url) || url.size() == host || url[host] == '/' ||
        url.find_first_not_of(allowed, host) != url.npos)
        throw Error{EX_USAGE, text("'", http::without_userinfo(url), "' is not the http URL of ",
                                   of, path ? "" : ", without a path")};
}

void check_page(edge::PageOptions& page) {
    if (!page.tracker.empty()) check_for_page(page.tracker, "a tracker", false);
    for (auto& edge : page.edges) check_for_page(edge, "an edge", false);
    if (!page.tokens.empty()) check_for_page(page.tokens, "access tokens", true);
}

/// A peer only gives what it has to listeners of its tracker.
void check_peer(const Options& o) {
    if (!o.events.path.empty()) throw Error{EX_USAGE, "a peer does not accept events"};
    if (!(o.tls_certificates.empty() && o.tls_self_signed.empty()))
        throw Error{EX_USAGE, "a peer does not speak TLS"};
    if (!o.allowed.empty())
        throw Error{EX_USAGE, "a peer answers all clients: --allow cannot be used"};
    if (!o.token_keys.empty())
        throw Error{EX_USAGE, "a peer takes passes of its tracker, not tokens"};
}

void check_usage(const Options& o) {
    // an edge passes its origin's page on
    const bool no_page = is_url(o.source) || !o.announce.empty();
    if (!o.page.tracker.empty() && no_page) throw Error{EX_USAGE, "--browser-peers is for a store"};
    if (!o.page.edges.empty() && no_page) throw Error{EX_USAGE, "--browser-edge is for a store"};
    if (!o.page.tokens.empty() && no_page) throw Error{EX_USAGE, "--browser-tokens is for a store"};
    if (is_url(o.source)) return;
    if (s3::is_location(o.source)) {
        if (!o.announce.empty()) throw Error{EX_USAGE, "a peer serves a cache in a directory"};
        return;
    }
    if (!o.cache.empty()) throw Error{EX_USAGE, "--cache is for an http:// or s3:// source"};
    if (!o.announce.empty()) check_peer(o);
}

Writable writable(const Options& o) {
    Writable all;
    all.files = files_written(o);
    if (!o.announce.empty()) {
        all.folders.push_back(o.source);
        return all;
    }
    if (!o.cache.empty()) all.folders.push_back(o.cache);
    if (const auto state = state_folder(o); !state.empty()) all.folders.push_back(state);
    if (!o.events.path.empty()) all.files.push_back(o.events.path);
    if (constexpr std::string_view socket = "unix:"; o.admin.starts_with(socket))
        all.files.push_back(o.admin.substr(socket.size()));
    return all;
}

int serve(Options o) {
    split_sources(o);
    check_page(o.page);
    check_usage(o);
    if (const auto missing = confine_server(writable(o)); !missing.empty())
        note(text("this kernel has no ", missing));
    const std::size_t descriptors = net::raise_descriptors();
    if (!o.cacert.empty()) http::trust_certificates(o.cacert);
    http::show_certificate(o.upstream_certificate, o.upstream_key);
    if (is_url(o.source)) return serve_upstream(o, descriptors);
    if (s3::is_location(o.source)) return serve_upstream(o, descriptors, find_bucket(o.source));
    if (!o.announce.empty()) return serve_peer(o);
    return serve_store(o, descriptors);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    Arguments app{"Serve a store over HTTP, or another server through a cache."};
    const Settings settings{app, "STRETTO_SERVE_"};
    add_options(app, settings, options);
    return program(app, argc, argv, examples, [&] {
        settings.refuse_unknown();
        return serve(options);
    });
}
