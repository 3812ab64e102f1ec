// stretto-rtc: makes a server of songs a WebRTC peer, and fetches from others.
// See stretto-rtc(1).
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "base/program.hpp"
#include "http/place.hpp"
#include "peer/passes.hpp"
#include "rtc/engine.hpp"
#include "rtc/gateway.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-rtc --tracker http://127.0.0.1:8490 --upstream http://127.0.0.1:8480\n"
    "  curl -s http://127.0.0.1:8495/rtc/PEER/songs/SONG/manifest.json";

constexpr std::size_t own_descriptors = 256, descriptors_per_link = 8;

struct Options {
    std::string tracker, upstream, stun, key, listen = "127.0.0.1:8495";
    std::vector<std::string> addresses;
    int links = 32;
};

void add_options(const Settings& settings, Options& o) {
    settings.add("tracker", o.tracker, "Exchange addresses with peers through this tracker")
        ->type_name("URL");
    settings.add("upstream", o.upstream, "Answer requests of peers from this server")
        ->type_name("URL");
    settings
        .add("listen", o.listen,
             "Listen here for programs on this machine; port 0 selects a free port")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    settings.add("links", o.links, "Maximum number of links to peers; each takes 220 kB")
        ->range(1, 300)
        ->capture_default_str();
    settings.add("key", o.key, "Store the key in this file, so that the peer's id stays the same")
        ->type_name("FILE");
    settings.add("stun", o.stun, "STUN server that finds the public address (the tracker's)")
        ->type_name("HOST:PORT");
    settings.add("address", o.addresses, "Use this address of this machine (all except loopback)")
        ->type_name("IP");
}

void check_url(const std::string& url, const char* option) {
    if (url.empty()) throw Error{EX_USAGE, text("--", option, " is missing")};
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        throw Error{EX_USAGE, text("'", http::without_userinfo(url), "' is not an http URL")};
}

std::vector<net::Address> addresses_of(const std::vector<std::string>& texts) {
    std::vector<net::Address> all;
    for (const auto& one : texts) {
        const auto address = net::parse_address(one);
        if (!address) throw Error{EX_USAGE, text("'", one, "' is not an IP address")};
        all.push_back(*address);
    }
    return all;
}

/// Of the environment, since other users see arguments.
std::string token() {
    const char* text = std::getenv("STRETTO_TOKEN");
    return text ? text : "";
}

/// All parts, on one loop.
class Peer {
   public:
    explicit Peer(const Options& o)
        : engine_(loop_),
          links_(engine_, o.tracker, o.upstream,
                 {static_cast<std::size_t>(o.links), o.stun, addresses_of(o.addresses), o.key,
                  token()}),
          gateway_(loop_, links_, status_),
          server_(loop_, gateway_, server_limits(), shared_) {
        links_.mail().on_pass_key([this](const std::string& point) { learn(point); });
        links_.refuse_by([this](const std::string& peer, const rtc::Wanted& wanted) {
            const auto refusal = passes_.refuse({wanted.pass, wanted.song, {}, wanted.kbps, peer},
                                                std::time(nullptr), loop_.now_ms());
            return refusal ? std::optional{refusal->status} : std::nullopt;
        });
        for (const auto& address : net::listen_addresses({o.listen})) {
            auto sockets = net::listen(address, 1);
            std::cout << "listening on " << net::local_address(sockets[0].fd()).print()
                      << std::endl;
            server_.listen(std::move(sockets[0]));
        }
        std::cout << "peer " << links_.peer_id() << std::endl;
    }

    /// Until SIGTERM or SIGINT; then the peers are told, and forgotten before the engine ends.
    void run() {
        const auto end = [this] { loop_.stop(); };
        net::Signal term{loop_, SIGTERM, end}, interrupt{loop_, SIGINT, end};
        loop_.run();
        links_.close();
        loop_.post(end);
        loop_.run();
    }

   private:
    /// A key that is damaged says nothing: what was demanded stays demanded.
    void learn(const std::string& point) {
        std::optional<sign::PublicKey> key;
        if (!point.empty()) {
            auto parsed = sign::PublicKey::parse_point(point);
            if (!parsed) return;
            key = std::move(*parsed);
        }
        passes_.learn(key, std::time(nullptr));
    }

    static http::Limits server_limits() {
        http::Limits limits;
        limits.connections = 1024;
        limits.body_bytes = 65536;
        return limits;
    }

    http::AccessLog log_{"", false};
    http::Limiter limiter_{0};
    http::Shared shared_{{}, log_, limiter_};
    http::Status status_{"stretto", "rtc", shared_};
    net::Loop loop_;
    rtc::Engine engine_;
    peer::Passes passes_;
    rtc::Links links_;
    rtc::Gateway gateway_;
    http::Server server_;
};

}  // namespace

int main(int argc, char** argv) {
    Options options;
    Arguments app{"Exchange songs with WebRTC peers, such as browsers."};
    const Settings settings{app, "STRETTO_RTC_"};
    add_options(settings, options);
    return program(app, argc, argv, examples, [&] {
        settings.refuse_unknown();
        check_url(options.tracker, "tracker");
        check_url(options.upstream, "upstream");
        const auto descriptors = net::raise_descriptors();
        if (descriptors <
            own_descriptors + descriptors_per_link * static_cast<std::size_t>(options.links))
            throw Error{EX_OSERR, text("too few descriptors for ", options.links, " links")};
        std::signal(SIGPIPE, SIG_IGN);
        Peer{options}.run();
        return 0;
    });
}
