#pragma once
// Options of every tool that listens: where to ask, what is kept, what is given to others.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "http/place.hpp"
#include "listen/presence.hpp"

namespace stretto {

struct ListenerOptions {
    std::vector<std::string> edges;
    std::string tracker, cacert, store, cache, location, listen, share = "0";
    std::uint64_t cache_size = 0, upload_limit = 0;
    bool no_cache = false, no_share = false, no_peers = false, metered = false, local_peers = false;

    void add_to(CLI::App& app) {
        app.add_option("--tracker", tracker,
                       "The tracker that knows peers and edges; by default http://127.0.0.1:8490")
            ->envname("STRETTO_TRACKER")
            ->type_name("URL");
        app.add_option("--edge", edges,
                       "An edge to ask, without a tracker or before those it names")
            ->envname("STRETTO_EDGE")
            ->type_name("URL")
            ->allow_extra_args(false);
        app.add_option("--cacert", cacert,
                       "Trust the certificates in this PEM file (CURL_CA_BUNDLE, SSL_CERT_FILE, "
                       "else the system's)")
            ->type_name("FILE");
        app.add_option("--location", location,
                       "Where this is, to a tenth of a degree: near peers and edges come first")
            ->envname("STRETTO_LOCATION")
            ->type_name("LAT,LON");
        app.add_option("--cache", cache,
                       "What was fetched; by default stretto in XDG_CACHE_HOME or ~/.cache")
            ->envname("STRETTO_CACHE")
            ->type_name("DIR");
        app.add_flag("--no-cache", no_cache, "Keep nothing, and so give nothing to others");
        app.add_option("--cache-size", cache_size,
                       "Bytes that it may hold (a tenth of the free disk, at most 10G)")
            ->transform(CLI::AsSizeValue(true));
        app.add_flag("--no-share", no_share, "Give nothing to others");
        app.add_option("--share", share, "Go on giving to others for so long after the last song")
            ->type_name("SECONDS|forever")
            ->check([](const std::string& text) {
                return is_share(text) ? "" : "seconds, or forever";
            });
        app.add_flag("--no-peers", no_peers, "Take nothing from others");
        app.add_flag("--metered", metered, "Bytes cost money here: give nothing to others");
        app.add_option("--upload-limit", upload_limit,
                       "Bytes a second that others may take (no limit)")
            ->type_name("BYTES")
            ->transform(CLI::AsSizeValue(true));
        app.add_option("--listen", listen,
                       "Where others find this peer (every address, a free port)")
            ->type_name("HOST:PORT");
        app.add_flag("--allow-local-peers", local_peers,
                     "Connect to peers and edges on private networks when a tracker names them");
    }

    /// An Error (64) for what is no address or place.
    listen::Presence::Options presence() const {
        trust();
        listen::Presence::Options p;
        p.edges = edges;
        p.store = store;
        p.tracker =
            edges.empty() && tracker.empty() && store.empty() ? "http://127.0.0.1:8490" : tracker;
        for (const auto& url : edges)
            if (!url.starts_with("http://") && !url.starts_with("https://"))
                throw Error{EX_USAGE,
                            text("'", http::without_userinfo(url), "' is not an http:// address")};
        if (!no_cache) p.cache = cache.empty() ? default_cache() : std::filesystem::path{cache};
        p.cache_size = cache_size;
        if (!location.empty()) {
            const auto place = swarm::parse_location(location);
            if (!place)
                throw Error{EX_USAGE, text("location '", location, "': ", place.error().why)};
            p.location = *place;
        }
        p.share = !no_share && !metered;
        p.peers = !no_peers;
        p.local_peers = local_peers;
        p.upload_limit = static_cast<double>(upload_limit);
        p.listen = listen;
        return p;
    }

    void trust() const {
        if (!cacert.empty()) http::trust_certificates(cacert);
    }

    /// Infinite: until told to end.
    double share_seconds() const { return share == "forever" ? INFINITY : std::stod(share); }

   private:
    /// "60", "0.5", "forever"
    static bool is_share(const std::string& text) {
        double seconds = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        return text == "forever" || (code == std::errc{} && end == text.data() + text.size() &&
                                     seconds >= 0 && seconds < 1e9);
    }
    static std::filesystem::path default_cache() {
        const auto of = [](const char* name) {
            const char* value = std::getenv(name);
            return std::filesystem::path{value ? value : ""};
        };
        if (const auto xdg = of("XDG_CACHE_HOME"); xdg.is_absolute()) return xdg / "stretto";
        if (of("HOME").is_absolute()) return of("HOME") / ".cache" / "stretto";
        throw Error{EX_USAGE, "no place for a cache: set --cache, XDG_CACHE_HOME or HOME"};
    }
};

}  // namespace stretto
