#pragma once
// Options of every tool that listens: where to ask, what is kept, what is given to others.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/note.hpp"
#include "base/options.hpp"
#include "http/address.hpp"
#include "listen/presence.hpp"
#include "s3/store.hpp"
#include "song/id.hpp"

namespace stretto {

/// A word of a shell's command line.
inline std::string shell_word(const std::string& s) {
    if (s.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "_-./:@%+=,") == std::string::npos)
        return s;
    std::string out = "'";
    for (const char c : s) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out + "'";
}

/// What somebody may have meant who gave a file, a folder or an address as a song, and the command
/// for it; empty: it is none of these.
/// @param wanted  what it should have been
inline std::string song_hint(const std::string& argument, const char* wanted = "a song") {
    namespace fs = std::filesystem;
    const auto tool = tool_name();
    const auto word = shell_word(argument);
    if (http::is_url(argument))
        return text("'", argument, "' is an address, not a song; try: ", tool, " --edge ", word,
                    " SONG");
    std::error_code none;
    if (fs::is_directory(fs::path{argument} / "songs", none))
        return text("'", argument, "' is a store, not a song; try: ", tool, " --store ", word,
                    " SONG (its songs: stretto-publish --list ", word, ")");
    if (!fs::is_regular_file(argument, none)) return {};
    std::string name = fs::path{argument}.stem().string();
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!song::is_name(name)) name = "NAME";
    return text("'", argument, "' is not ", wanted, "; if it is audio, try: stretto-encode ", word,
                " | stretto-chunk | stretto-publish --name ", name, " store && ", tool,
                " --store store ", name);
}

/// The URL of a store in a bucket, requests to which are signed from now on; anything else as it
/// is. An Error when there is no such store (66), or we may not read it (77).
inline std::string store_url(const std::string& store) {
    if (http::is_url(store)) return http::check_server(store);
    if (!s3::is_location(store)) return store;
    const auto location = s3::parse_location(store);
    if (!location) throw Error{EX_USAGE, text("'", store, "': ", location.error().why)};
    s3::Store{*location, s3::Store::Open::existing};
    return s3::sign_in(*location);
}

struct ListenerOptions {
    std::vector<std::string> edges;
    std::string tracker, cacert, store, cache, location, listen, share = "0", token_file, token_url;
    std::uint64_t cache_size = 0, upload_limit = 0;
    bool no_cache = false, no_share = false, no_peers = false, metered = false, local_peers = false;

    void add_to(Arguments& app) {
        app.group("Sources");
        app.add_option("--tracker", tracker,
                       "Ask this tracker for peers and edges (http://127.0.0.1:8490)")
            ->envname("STRETTO_TRACKER")
            ->type_name("URL");
        app.add_option("--edge", edges,
                       "Ask this edge before those that the tracker names; may be repeated")
            ->envname("STRETTO_EDGE")
            ->type_name("URL");
        app.add_option("--cacert", cacert,
                       "Trust the certificates in this PEM file (CURL_CA_BUNDLE, SSL_CERT_FILE, "
                       "else the system's)")
            ->type_name("FILE");
        app.add_option("--token-file", token_file,
                       "File with the access token for servers that require one (STRETTO_TOKEN)")
            ->envname("STRETTO_TOKEN_FILE")
            ->type_name("FILE");
        app.add_option("--token-url", token_url,
                       "Get the access token here, and a new one before it expires")
            ->envname("STRETTO_TOKEN_URL")
            ->type_name("URL");
        app.add_option("--location", location,
                       "Location of this listener in degrees, to a tenth; near peers and edges are "
                       "preferred")
            ->envname("STRETTO_LOCATION")
            ->type_name("LAT,LON");
        app.add_flag("--allow-local-peers", local_peers,
                     "Also connect to peers and edges on private networks that the tracker names");
        app.group("Cache and sharing");
        app.add_option("--cache", cache,
                       "Folder for fetched chunks (stretto in XDG_CACHE_HOME or ~/.cache)")
            ->envname("STRETTO_CACHE")
            ->type_name("DIR");
        app.add_flag("--no-cache", no_cache, "Cache nothing, and therefore upload nothing");
        app.add_option("--cache-size", cache_size,
                       "Maximum size of the cache (a tenth of the free disk, at most 10G)")
            ->bytes();
        app.add_flag("--no-peers", no_peers, "Download nothing from peers");
        app.add_flag("--no-share", no_share, "Upload nothing to peers");
        app.add_flag("--metered", metered,
                     "Upload nothing, because this connection is paid by volume");
        app.add_option("--share", share, "Keep uploading for this long after the last song")
            ->type_name("SECONDS|forever")
            ->check([](const std::string& text) {
                return is_share(text) ? "" : text + " is not a number of seconds, or forever";
            });
        app.add_option("--upload-limit", upload_limit,
                       "Upload at most this much per second (no limit)")
            ->bytes();
        app.add_option(
               "--listen", listen,
               "Accept connections from peers at this address (a free port of every address)")
            ->type_name("HOST:PORT");
    }

    /// An Error (64) for what is no address or place.
    listen::Presence::Options presence() const {
        trust();
        listen::Presence::Options p;
        p.edges = edges;
        p.store = store;
        p.tracker_assumed = edges.empty() && tracker.empty() && store.empty();
        p.tracker = p.tracker_assumed ? "http://127.0.0.1:8490" : tracker;
        for (auto& url : p.edges) url = http::check_server(url);
        if (!tracker.empty()) p.tracker = http::check_server(with_scheme(tracker));
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
        p.token = token();
        p.upload_limit = static_cast<double>(upload_limit);
        p.listen = listen;
        return p;
    }

    /// Never of the command line, which every user of the machine can read. A file or URL that was
    /// named counts before STRETTO_TOKEN.
    listen::TokenSource::Options token() const {
        if (!token_file.empty() && !token_url.empty())
            throw Error{EX_USAGE, "--token-file and --token-url exclude each other"};
        const char* text = std::getenv("STRETTO_TOKEN");
        if (!text || !token_file.empty() || !token_url.empty()) text = "";
        return {.text = text,
                .file = token_file,
                .url = token_url.empty() ? "" : http::check_url(token_url)};
    }

    void trust() const {
        if (cacert.empty()) return;
        http::trust_certificates(cacert);
        ::setenv("CURL_CA_BUNDLE", cacert.c_str(), 1);  // for stretto-rtc, which we start
    }

    /// Infinite: until told to end.
    double share_seconds() const { return share == "forever" ? INFINITY : std::stod(share); }

   private:
    /// "127.0.0.1:8490" is accepted for a tracker.
    static std::string with_scheme(const std::string& url) {
        return url.find("://") == url.npos ? "http://" + url : url;
    }
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
        throw Error{EX_USAGE, "no directory for the cache: set --cache, XDG_CACHE_HOME or HOME"};
    }
};

}  // namespace stretto
