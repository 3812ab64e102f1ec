// stretto-serve: a store over HTTP, or another server through a cache: origin and edge. See
// stretto-serve(1).
#include <sys/resource.h>

#include <iostream>
#include <set>
#include <thread>

#include "base/program.hpp"
#include "edge/origin_site.hpp"
#include "edge/proxy.hpp"
#include "edge/worker.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-serve --listen 127.0.0.1:8480 store\n"
    "  stretto-serve --listen 127.0.0.1:8481 http://127.0.0.1:8480 --cache edge1 --name eu-west\n"
    "  curl -sI http://127.0.0.1:8481/songs/frontiers/chunk_0.ogg -H 'X-User-Bitrate: 160'";

struct Options {
    std::string source, cache, name, log;
    std::vector<std::string> listen{"127.0.0.1:8480"};
    std::uint64_t cache_size = 10'000'000'000, memory = 256'000'000;
    unsigned workers = std::max(1u, std::thread::hardware_concurrency());
    double rate_limit = 0;
    std::size_t max_connections = 10000;
    int grace = 30, upstream_timeout = 10;
    bool full_addresses = false;
};

/// --cache-size is STRETTO_SERVE_CACHE_SIZE in the environment, and so on.
std::string variable(std::string option) {
    for (char& c : option) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    return "STRETTO_SERVE_" + option;
}

/// A misspelt variable would otherwise be a setting that silently does nothing.
void refuse_unknown_variables(const CLI::App& app) {
    std::set<std::string> known;
    for (const auto* option : app.get_options()) known.insert(option->get_envname());
    for (char** entry = environ; *entry; ++entry) {
        const std::string name = std::string{*entry}.substr(0, std::string{*entry}.find('='));
        if (name.starts_with("STRETTO_SERVE_") && !known.contains(name))
            throw Error{EX_USAGE, text("unknown variable ", name, " in the environment")};
    }
}

void add_options(CLI::App& app, Options& o) {
    const auto add = [&](const std::string& name, auto& value, const std::string& help) {
        return app.add_option("--" + name, value, help)->envname(variable(name));
    };
    add("listen", o.listen,
        "Address and port to listen on, as often as needed; port 0: any free one")
        ->type_name("HOST:PORT")
        ->delimiter(',')
        ->allow_extra_args(false)  // what follows may be SOURCE
        ->capture_default_str();
    add("cache", o.cache, "Folder for what was fetched; without one it is kept in memory only")
        ->type_name("DIR");
    add("cache-size", o.cache_size, "Bytes that the folder may hold (10G)")
        ->transform(CLI::AsSizeValue(true));
    add("memory", o.memory, "Bytes of main memory for what was fetched (256M)")
        ->transform(CLI::AsSizeValue(true));
    add("name", o.name, "This server's name in Cache-Status, for people and the tracker");
    add("workers", o.workers, "Threads, one for each core by default")->check(CLI::Range(1, 256));
    add("rate-limit", o.rate_limit, "Requests a second from one address, 0: any number")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add("max-connections", o.max_connections, "Connections at a time")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add("grace", o.grace, "Seconds for answers under way when told to end")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
    add("upstream-timeout", o.upstream_timeout, "Seconds without a byte from upstream")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    add("access-log", o.log, "A line for each request; - is standard output")->type_name("FILE");
    app.add_flag("--log-addresses", o.full_addresses, "Write whole addresses into the access log")
        ->envname(variable("log-addresses"));
    app.add_option("SOURCE", o.source, "A store's folder, or http://server")
        ->envname(variable("source"))
        ->required();
}

/// As many descriptors as the system allows: each client, and each song that is sent, takes one.
std::size_t raise_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return std::min<std::size_t>(limit.rlim_cur, 1u << 20);
}

std::vector<net::Address> addresses_of(const Options& o) {
    std::vector<net::Address> all;
    for (const auto& one : o.listen) {
        auto found = net::parse_listen(one);
        if (!found) throw Error{EX_USAGE, found.error().why};
        all.insert(all.end(), found->begin(), found->end());
    }
    return all;
}

/// What origin and edge have in common: sockets, logs, limits, threads.
class Serving {
   public:
    Serving(const Options& o, std::string role)
        : options_(o),
          log_(o.log, o.full_addresses),
          limiter_(o.rate_limit),
          status_(o.name, std::move(role), shared_) {
        site_.name = o.name;
    }

    edge::SiteShared& site() { return site_; }
    edge::Status& status() { return status_; }

    /// @param descriptors  that the process may open; half are for files, and for servers behind us
    int run(std::size_t descriptors, const edge::Workers::MakeBackend& make) {
        http::Limits limits;
        const std::size_t own = 16 + 8 * options_.workers;  // loops, listeners, logs
        const std::size_t room = descriptors > own ? (descriptors - own) / 2 : 0;
        limits.connections =
            std::max<std::size_t>(1, std::min(options_.max_connections, room) / options_.workers);
        const auto addresses = addresses_of(options_);
        edge::Workers workers{options_.workers, make, site_, status_, limits, shared_};
        for (const auto& address : addresses) {
            auto sockets = net::listen(address, options_.workers);
            std::cout << "listening on " << net::local_address(sockets[0].fd()).print()
                      << std::endl;
            workers.listen(std::move(sockets));
        }
        workers.run(std::chrono::seconds{options_.grace}, [this] { reopen(); });
        return 0;
    }

   private:
    void reopen() {
        try {
            log_.reopen();
        } catch (const Error& error) {
            note(error.what());
        }
    }

    const Options& options_;
    http::AccessLog log_;
    http::Limiter limiter_;
    http::Shared shared_{{}, log_, limiter_};
    edge::SiteShared site_;
    edge::Status status_;
};

int serve_store(const Options& o, std::size_t descriptors) {
    const store::Tree tree{o.source};
    edge::Origin origin{tree, std::max<std::size_t>(16, descriptors / 4), o.memory};
    edge::Catalogue catalogue{tree};
    Serving serving{o, "origin"};
    return serving.run(descriptors, [&](net::Loop& loop) {
        return std::make_unique<edge::OriginSite>(loop, origin, catalogue);
    });
}

int serve_upstream(const Options& o, std::size_t descriptors) {
    edge::Cache cache{
        {o.cache, o.cache_size, o.memory, std::max<std::size_t>(16, descriptors / 4)}};
    edge::EdgeCounters counters;
    edge::Flights flights;
    Serving serving{o, "edge"};
    edge::EdgeShared shared{cache, serving.site().manifests, counters, o.name};
    serving.status().add(
        [&](std::vector<edge::Metric>& metrics) { edge::add_metrics(metrics, counters, cache); });
    http::Upstream::Limits limits;
    limits.stall = std::chrono::seconds{o.upstream_timeout};
    return serving.run(descriptors, [&](net::Loop& loop) {
        return std::make_unique<edge::Proxy>(loop, o.source, limits, shared, flights);
    });
}

int serve(Options o) {
    const std::size_t descriptors = raise_descriptors();
    if (o.name.empty()) o.name = "stretto";
    if (o.source.starts_with("http://") || o.source.starts_with("https://"))
        return serve_upstream(o, descriptors);
    if (!o.cache.empty()) throw Error{EX_USAGE, "--cache is for an http:// source"};
    return serve_store(o, descriptors);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app{"Serve a store over HTTP, or another server through a cache."};
    add_options(app, options);
    return program(app, argc, argv, examples, [&] {
        refuse_unknown_variables(app);
        return serve(options);
    });
}
