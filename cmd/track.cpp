// stretto-track: tells listeners which peers and edges are near and have a song.
// See stretto-track(1).
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <random>

#include "base/confine.hpp"
#include "base/file.hpp"
#include "base/heap.hpp"
#include "base/json_value.hpp"
#include "base/program.hpp"
#include "http/blocking.hpp"
#include "http/certificates.hpp"
#include "http/daemon.hpp"
#include "http/place.hpp"
#include "redis/location.hpp"
#include "redis/peers.hpp"
#include "song/id.hpp"
#include "swarm/memory.hpp"
#include "track/edge_prober.hpp"
#include "track/removals.hpp"
#include "track/seal.hpp"
#include "track/site.hpp"
#include "track/stun.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-track --listen 127.0.0.1:8490 --edges edges.json --origin http://127.0.0.1:8480\n"
    "  curl -s 'http://127.0.0.1:8490/songs/frontiers?location=52.5,13.4&manifest=0'\n"
    "  stretto-track --dump http://127.0.0.1:8490";

constexpr std::size_t most_file_bytes = 64u << 20;
constexpr std::chrono::milliseconds edge_period{2000};
constexpr int most_nested = 10'000'000;

struct Options : ServerOptions {
    Options() { listen = {"127.0.0.1:8490"}; }

    std::string origin, cacert, edges, geoip, allow, dump, stun, state;
    int interval_s = 120, ttl_s = 0;
    std::size_t max_peers = 1'000'000;
    std::vector<int> network_peers{64, 256, 1024, 4096}, unproved_peers{16, 64, 256, 1024};
    int song_peers = 32;
    bool peers_first = false;
};

void add_options(Arguments& app, const Settings& settings, Options& o) {
    add_server_options(settings, o);
    settings.add("origin", o.origin, "Look up songs and names on this origin or edge")
        ->type_name("URL");
    settings
        .add("cacert", o.cacert,
             "Trust the certificates in this PEM file (CURL_CA_BUNDLE, SSL_CERT_FILE, else the "
             "system's)")
        ->type_name("FILE");
    settings.add("edges", o.edges, "List of edges, as JSON")->type_name("FILE");
    settings
        .add("state", o.state,
             "Keep peers in this Redis or Redis Cluster, which trackers share "
             "(redis://HOST:PORT,...)")
        ->type_name("URL");
    settings.add("geoip", o.geoip, "MaxMind database, which locates clients that send no location")
        ->type_name("FILE");
    settings.add("allow-songs", o.allow, "Track only the song ids in this file, one per line")
        ->type_name("FILE");
    settings
        .add("interval", o.interval_s,
             "Seconds between announces of a peer, plus or minus a quarter")
        ->range(1, 3600)
        ->capture_default_str();
    settings
        .add("ttl", o.ttl_s,
             "Seconds without an announce until a peer is forgotten (2.5 intervals)")
        ->range(1, 7200);
    settings
        .add("max-peers", o.max_peers,
             "Maximum number of peers; a peer with ten songs takes 600 bytes")
        ->range(1, 100'000'000)
        ->capture_default_str();
    const auto add_nested = [&](const char* name, std::vector<int>& limits, const char* help) {
        settings.add(name, limits, help)
            ->type_name("N[,N...]")
            ->delimiter(',')
            ->allow_extra_args(false)
            ->range(1, most_nested)
            ->capture_default_str();
    };
    add_nested(
        "network-peers", o.network_peers,
        "Peers per /64, /56, /48 and /32 (IPv4: per address, /24 and /16); a missing value is "
        "four times the one before");
    add_nested("unproved-peers", o.unproved_peers,
               "The same for peers that the tracker has not connected to yet");
    settings.add("song-peers", o.song_peers, "Peers per address, or per /64, for one song")
        ->range(1, 255)
        ->capture_default_str();
    settings.add_flag("peers-first", o.peers_first,
                      "Ask listeners to use edges only if peers are not fast enough");
    settings
        .add("stun", o.stun,
             "STUN server of WebRTC peers, or \"off\" (this tracker, over UDP at the ports of "
             "--listen)")
        ->type_name("HOST:PORT");
    app.add_option("--dump", o.dump, "Print the data of the tracker at URL")->type_name("URL");
}

std::string read_text(const std::string& file) {
    return std::string{as_text(read_file(file, most_file_bytes))};
}

std::vector<swarm::EdgeInfo> read_edges(const std::string& file) {
    if (file.empty()) return {};
    return must(swarm::parse_edges_file(read_text(file)), file);
}

/// A line an id; blank lines and those that begin with # are passed over.
std::set<std::string> read_songs(const std::string& file) {
    std::set<std::string> songs;
    if (file.empty()) return songs;
    std::istringstream lines{read_text(file)};
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() || line[0] == '#') continue;
        if (!song::is_id(line)) throw bad_data(file, "'" + line + "' is not a song's id");
        songs.insert(line);
    }
    return songs;
}

std::unique_ptr<track::Geo> open_geo(const std::string& file) {
    return file.empty() ? nullptr : std::make_unique<track::Geo>(file);
}

swarm::NestedLimits nested(const std::vector<int>& said, const char* option) {
    swarm::NestedLimits limits{};
    if (said.size() > limits.size())
        throw Error{EX_USAGE, text("--", option, " takes at most ", limits.size(), " numbers")};
    for (std::size_t i = 0; i < limits.size(); ++i)
        limits[i] = i < said.size() ? static_cast<std::uint32_t>(said[i]) : limits[i - 1] * 4;
    return limits;
}

swarm::PeersLimits peers_limits(const Options& o) {
    swarm::PeersLimits limits;
    limits.peers = o.max_peers;
    limits.ttl_s = static_cast<std::uint32_t>(o.ttl_s);
    limits.of_prefix = nested(o.network_peers, "network-peers");
    limits.unproved = nested(o.unproved_peers, "unproved-peers");
    limits.of_home_in_swarm = static_cast<std::size_t>(o.song_peers);
    return limits;
}

track::SiteOptions site_options(const Options& o) {
    return {{o.interval_s,
             o.ttl_s,
             !o.allow.empty(),
             read_songs(o.allow),
             o.peers_first,
             {},
             nested(o.network_peers, "network-peers")}};
}

http::Limits server_limits(const Options& o, std::size_t descriptors) {
    constexpr std::size_t own = 1024;  // connections to peers, to edges, to the origin
    http::Limits limits;
    limits.connections = http::client_connections(o.max_connections, descriptors, own);
    limits.body_bytes = swarm::most_request_bytes;
    return limits;
}

track::AesSeal::Secret random_secret() {
    std::random_device random;  // the kernel's
    track::AesSeal::Secret secret;
    for (auto& byte : secret) byte = static_cast<std::uint8_t>(random());
    return secret;
}

std::uint64_t random_seed() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

/// The servers by their addresses: later nothing is looked up, which could take long.
std::vector<redis::Server> redis_servers(const std::string& url) {
    const auto location = redis::parse_location(url);
    if (!location) throw Error{EX_USAGE, text("'", url, "': ", location.error().why)};
    std::vector<redis::Server> all;
    for (const auto& server : *location) {
        const auto addresses = net::parse_listen(server);
        if (!addresses) throw Error{EX_UNAVAILABLE, addresses.error().why};
        for (const auto& address : *addresses) all.push_back({address.host(), address.port()});
    }
    return all;
}

redis::Login redis_login() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string{value ? value : ""};
    };
    return {variable("REDIS_USER"), variable("REDISCLI_AUTH")};
}

/// Peers in Redis.
class Shared {
   public:
    Shared(net::Loop& loop, const Options& o)
        : client_(loop, redis_servers(o.state), redis_login(), {}), peers_(client_, options(o)) {}

    redis::Peers& peers() noexcept { return peers_; }
    void add_metrics(http::Status& status) {
        status.add([this](std::vector<http::Metric>& metrics) {
            const auto add = [&](const char* name, const char* help, std::size_t value) {
                metrics.push_back({name, help, static_cast<double>(value), {}});
            };
            const auto& counters = client_.counters();
            add("state_servers", "Redis servers with peers.", client_.servers());
            add("state_servers_well", "Of these, answering.", client_.servers_well());
            add("state_commands_total", "Commands to Redis.", counters.commands);
            add("state_commands_waiting", "Commands without an answer.", client_.pending());
            add("state_commands_failed_total", "Commands that Redis did not answer in time.",
                counters.failed);
            add("state_commands_dropped_total", "Commands dropped because too many waited.",
                counters.refused);
            add("state_moves_total", "Commands that another server had to answer.", counters.moved);
            add("state_connections_broken_total", "Connections to Redis that ended.",
                counters.broken);
        });
    }

   private:
    static redis::Peers::Options options(const Options& o) {
        redis::Peers::Options shared;
        shared.limits = peers_limits(o);
        std::random_device random;
        for (auto& byte : shared.secret) byte = static_cast<std::uint8_t>(random());
        shared.seed = random_seed();
        shared.wall_ms = [] {
            using namespace std::chrono;
            const auto now = system_clock::now().time_since_epoch();
            return static_cast<std::uint64_t>(duration_cast<milliseconds>(now).count());
        };
        shared.seal = [](std::span<const std::uint8_t, 16> key) {
            track::AesSeal::Secret secret;
            std::ranges::copy(key, secret.begin());
            return std::make_unique<track::AesSeal>(secret);
        };
        return shared;
    }

    redis::Client client_;
    redis::Peers peers_;
};

/// All parts of a tracker, on one loop.
class Tracker {
   public:
    Tracker(const Options& o, std::size_t descriptors)
        : options_(o),
          certificates_(http::certificates_of(o.tls_certificates, o.tls_keys, o.tls_self_signed,
                                              o.client_authority, o.listen)),
          access_(http::access_of(o.token_keys, o.token_exempt, o.name)),
          log_(o.log, o.full_addresses),
          limiter_(o.rate_limit),
          status_(o.name, "tracker", shared_),
          shared_peers_(o.state.empty() ? nullptr : std::make_unique<Shared>(loop_, o)),
          own_peers_(shared_peers_
                         ? nullptr
                         : std::make_unique<swarm::MemoryPeers>(
                               peers_limits(o), random_seed(),
                               std::make_unique<track::AesSeal>(random_secret()), loop_.now_ms())),
          edges_(read_edges(o.edges)),
          manifests_(loop_, o.origin, {}),
          prober_(loop_, {}),
          edge_prober_(loop_, edges_, edge_period),
          site_({loop_, peers(), edges_, manifests_, prober_, shared_, status_, access_.get()},
                site_options(o), std::random_device{}(),
                std::make_unique<track::AesSeal>(random_secret())),
          server_(loop_, site_, server_limits(o, descriptors), shared_) {
        site_.set_geo(open_geo(o.geoip));
        if (certificates_) http::add_metrics(status_, *certificates_);
        if (access_) http::add_metrics(status_, *access_);
        if (shared_peers_) shared_peers_->add_metrics(status_);
        add_reloads();
    }

    void run() {
        daemon_.listen(server_, options_.listen, certificates_.get(), [this](const auto& here) {
            if (options_.stun.empty()) answer_stun(here);
        });
        if (!options_.stun.empty() && options_.stun != "off") site_.set_stun(options_.stun);
        daemon_.run(loop_, server_, status_, "tracking", std::chrono::seconds{options_.grace},
                    [this] { site_.end_waits(); });
    }

   private:
    swarm::Peers& peers() noexcept {
        if (shared_peers_) return shared_peers_->peers();
        return *own_peers_;
    }

    /// Without it the tracker does all that it did before there was WebRTC.
    void answer_stun(const net::Address& address) {
        try {
            stun_.listen(address);
            site_.set_stun(text(':', address.port()));
        } catch (const Error& error) {
            note(error.what());
        }
    }

    void add_reloads() {
        daemon_.reloads().add("access log", [this] { log_.reopen(); });
        if (certificates_)
            daemon_.reloads().add("certificates", [this] { certificates_->reload(); });
        if (access_) daemon_.reloads().add("token keys", [this] { access_->keys.reload(); });
        daemon_.reloads().add("edges", [this] {
            edges_.replace(read_edges(options_.edges));
            edge_prober_.renew();
        });
        daemon_.reloads().add("songs", [this] { site_.set_allowed(read_songs(options_.allow)); });
        daemon_.reloads().add("places", [this] { site_.set_geo(open_geo(options_.geoip)); });
    }

    const Options& options_;
    http::Daemon daemon_;
    std::unique_ptr<http::Certificates> certificates_;
    std::unique_ptr<http::Access> access_;
    http::AccessLog log_;
    http::Limiter limiter_;
    http::Shared shared_{{},
                         log_,
                         limiter_,
                         net::parse_networks(options_.proxies),
                         net::parse_networks(options_.allowed)};
    http::Status status_;
    net::Loop loop_;
    std::unique_ptr<Shared> shared_peers_;
    std::unique_ptr<swarm::MemoryPeers> own_peers_;
    swarm::Edges edges_;
    track::Manifests manifests_;
    track::Prober prober_;
    track::EdgeProber edge_prober_;
    track::Site site_;
    track::Stun stun_{loop_};
    track::Removals removals_{
        loop_,
        {options_.origin},
        [] { return true; },
        [this](const track::Removals::Read& read) { site_.set_removed(read.all); }};
    http::Server server_;
};

int serve(Options o) {
    if (o.origin.empty()) throw Error{EX_USAGE, "--origin is missing"};
    if (!o.origin.starts_with("http://") && !o.origin.starts_with("https://"))
        throw Error{EX_USAGE, text("'", http::without_userinfo(o.origin), "' is not an http URL")};
    if (const auto missing = confine_server({{}, files_written(o)}); !missing.empty())
        note(text("this kernel has no ", missing));
    if (o.ttl_s == 0) o.ttl_s = (5 * o.interval_s + 1) / 2;
    Tracker{o, net::raise_descriptors()}.run();
    return 0;
}

// --dump

void print_dump(const Json& stats) {
    const auto number = [](const Json& object, const char* key) {
        const auto* value = object.find(key);
        return value ? value->number() : 0;
    };
    const auto words = [](const Json& object, const char* key) {
        const auto* value = object.find(key);
        return printable(value ? value->string() : "");
    };
    const auto list = [&](const char* key) {
        const auto* value = stats.find(key);
        return value ? value->items() : Json::Array{};
    };
    std::cout << std::fixed << std::setprecision(0) << "peers\t" << number(stats, "peers") << '\n'
              << "listed\t" << number(stats, "peers_listed") << '\n'
              << "songs\t" << number(stats, "swarm_songs") << '\n'
              << "announces\t" << number(stats, "announces_total") << '\n'
              << "lists\t" << number(stats, "peer_lists_total") << '\n';
    for (const auto& edge : list("edges"))
        std::cout << "edge\t" << words(edge, "name") << '\t' << words(edge, "url") << '\t'
                  << words(edge, "location") << '\t'
                  << ((edge.contains("healthy") && edge.at("healthy").boolean()) ? "healthy"
                                                                                 : "sick")
                  << '\n';
    for (const auto& swarm : list("swarms"))
        std::cout << "swarm\t" << words(swarm, "song_id") << '\t' << number(swarm, "peers") << '\t'
                  << number(swarm, "complete") << '\n';
}

int dump(const std::string& url) {
    if (!url.starts_with("http"))
        throw Error{EX_USAGE, text("'", http::without_userinfo(url), "' is not an http URL")};
    http::Blocking client{url};
    const std::string subject = client.url() + "/stats.json";
    const auto answer = client.get("/stats.json", most_file_bytes);
    if (answer.status == 0) throw Error{EX_UNAVAILABLE, text("'", subject, "': ", answer.why)};
    if (answer.status != 200)
        throw Error{EX_UNAVAILABLE, text("'", subject, "': status ", answer.status)};
    try {
        print_dump(must(Json::parse(as_text(answer.body)), subject));
    } catch (const Json::Wrong&) {
        throw bad_data(subject, "the response is not that of a tracker");
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    free_without_delay();  // there may be a million peers to expire
    Options options;
    Arguments app{"Tell listeners which peers and edges are near and have a song."};
    const Settings settings{app, "STRETTO_TRACK_"};
    add_options(app, settings, options);
    return program(app, argc, argv, examples, [&] {
        settings.refuse_unknown();
        if (!options.cacert.empty()) http::trust_certificates(options.cacert);
        http::show_certificate(options.upstream_certificate, options.upstream_key);
        return options.dump.empty() ? serve(options) : dump(options.dump);
    });
}
