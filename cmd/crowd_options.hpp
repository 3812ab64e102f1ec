#pragma once
// Options of stretto-simulate for crowds.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <thread>

#include "abr/policy.hpp"
#include "base/error.hpp"
#include "base/options.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "sim/crowds.hpp"

namespace stretto {

struct CrowdOptions {
    static constexpr double page_cache_mb = 200;  // as a page keeps: stretto-serve(1)

    sim::CrowdSettings settings;
    std::string arrivals = "staggered";
    double hours = 1, edge_mbps = 1000, down_mbps = 10, up_mbps = 5;
    bool fetch = false, no_peers = false, no_skips = false;
    std::vector<std::string> attackers;
    bool nat = false;
    sim::NatShares shares;
    double away_h = 1, cache_mb = -1;
    std::size_t crowds = 1;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());

    void add_to(Arguments& app) {
        settings.listeners = 0;
        app.group("A crowd instead of single players");
        app.add_option("--listeners", settings.listeners,
                       "Number of listeners; they use edges, a tracker and peers")
            ->range(1, 10000000);
        app.add_option("--crowds", crowds,
                       "Divide listeners, songs and the rate of edges among this many independent "
                       "crowds, to simulate more than fit into memory")
            ->range(1, 1000000)
            ->capture_default_str();
        app.add_option("-j,--jobs", threads,
                       "Crowds to simulate at a time; the results do not depend on it")
            ->range(1, 1024)
            ->capture_default_str();
        app.add_option("--catalogue", settings.songs, "Number of songs that they choose from")
            ->range(1, 10000000)
            ->capture_default_str();
        app.add_option("--zipf", settings.zipf,
                       "Exponent of the songs' popularity; 0: all are equally popular")
            ->range(0.0, 5.0)
            ->capture_default_str();
        app.add_option("--arrivals", arrivals,
                       "When listeners arrive: spread over --hours, or all within 30 s (flash)")
            ->one_of({"staggered", "flash"})
            ->type_name("staggered|flash")
            ->capture_default_str();
        app.add_option("--hours", hours, "Time over which listeners arrive")
            ->range(0.001, 1000.0)
            ->type_name("HOURS")
            ->capture_default_str();
        app.add_option("--rush", settings.rush,
                       "Share of listeners that arrive within one minute, around half of --hours")
            ->range(0.0, 1.0)
            ->type_name("SHARE");
        app.add_flag("--fetch", fetch,
                     "Each listener fetches one whole song and stays, instead of playing some "
                     "songs and leaving");
        app.add_option("--bitrate", settings.kbps,
                       "Bitrate to fetch, or the highest to play, kbit/s")
            ->range(1, 10000)
            ->type_name("KBPS")
            ->capture_default_str();
        app.add_option("--songs-each", settings.songs_each,
                       "Mean number of songs played by a listener")
            ->range(1.0, 1000.0)
            ->capture_default_str();
        app.add_option("--replays", settings.replays,
                       "Probability that the listener played the song before in the session")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--edges", settings.edges, "Number of edges")
            ->range(1, 40)
            ->capture_default_str();
        app.add_option("--edge-rate", edge_mbps, "Rate of each edge, Mbit/s")
            ->range(0.001, 1e6)
            ->type_name("MBPS")
            ->capture_default_str();
        app.add_option("--failing-edges", settings.failing_edges,
                       "Number of edges that fail after half of --hours and close their "
                       "connections; at least one remains")
            ->range(0, 39)
            ->capture_default_str();
        app.add_option("--down", down_mbps, "Mean download rate of a listener, Mbit/s")
            ->range(0.01, 1e5)
            ->type_name("MBPS")
            ->capture_default_str();
        app.add_option("--up", up_mbps, "Mean upload rate of a listener, Mbit/s")
            ->range(0.01, 1e5)
            ->type_name("MBPS")
            ->capture_default_str();
        app.add_option("--unreachable", settings.unreachable,
                       "Share of listeners that accept no connections")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--no-upload", settings.no_upload, "Share of listeners that upload nothing")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_flag("--messages", settings.messages,
                     "Count the bytes of polls, announces and lists of peers, and send answers to "
                     "polls over the links");
        app.add_flag("--edge-misses", settings.edge_misses,
                     "Edges are empty at first and get each object from an origin");
        app.add_option("--loss", settings.loss,
                       "Share of packets lost on every path, which limits the rate of TCP")
            ->range(0.0, 0.5)
            ->type_name("SHARE");
        app.add_flag("--nat", nat,
                     "Listeners are browsers behind NATs: they exchange chunks over WebRTC, and "
                     "some pairs cannot connect");
        app.add_option("--nat-open", shares.open, "Share of listeners that all others can reach")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--nat-punched", shares.punched,
                       "Share of listeners that connect to each other by hole punching; the rest "
                       "reach only those of --nat-open")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--nat-success", shares.success,
                       "Share of the pairs with hole punching that connect")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--visits", settings.visits,
                       "Mean number of times that a listener comes, each time with its cache")
            ->range(1.0, 1000.0)
            ->capture_default_str();
        app.add_option("--away", away_h, "Mean time between two visits")
            ->range(0.0, 1000.0)
            ->type_name("HOURS")
            ->capture_default_str();
        app.add_option("--cache", cache_mb,
                       "Most bytes that a listener keeps, MB; 0: no limit (with --nat 200, else 0)")
            ->range(0.0, 1e9)
            ->type_name("MB");
        app.add_option("--evil", settings.evil,
                       "Share of malicious listeners, which send nothing, too little, too slowly, "
                       "or wrong bytes")
            ->range(0.0, 1.0)
            ->type_name("SHARE")
            ->capture_default_str();
        app.add_option("--attack", attackers,
                       "Add malicious peers that announce the most popular song, such as "
                       "24xbusy,8xlate: silent, slow, wrong, half, missing, busy, late, claimed, "
                       "forged")
            ->type_name("NxHOW")
            ->delimiter(',');
        app.add_option("--seeders", settings.seeders,
                       "Add peers that have the most popular song before all listeners arrive")
            ->range(0, 100000)
            ->capture_default_str();
        app.add_flag("--no-skips", no_skips, "Listeners play every song to its end");
        app.add_flag("--no-peers", no_peers, "Use edges only");
        app.add_flag("--peers-first", settings.peers_first,
                     "The tracker asks listeners to use edges only if peers are not fast enough");
    }

    /// @param ladder  kbit/s, ascending
    /// @param abr     policy of the players
    void run(std::uint64_t seed, double song_s, const std::vector<int>& ladder,
             const std::string& abr, bool json) {
        if (!abr::make_policy(abr)) throw Error{EX_USAGE, text("no rule is called '", abr, "'")};
        settings.seed = seed;
        settings.song_s = song_s;
        settings.ladder = ladder;
        settings.abr = abr;
        settings.play = !fetch;
        settings.peers = !no_peers;
        settings.skips = !no_skips;
        settings.arrivals_s = arrivals == "flash" ? 30 : hours * 3600;
        settings.edge_kbps = edge_mbps * 1000;
        settings.down_kbps = down_mbps * 1000;
        settings.up_kbps = up_mbps * 1000;
        if (settings.failing_edges >= settings.edges)
            throw Error{EX_USAGE, "--failing-edges: no edge would remain"};
        if (settings.rush > 0 && arrivals == "flash")
            throw Error{EX_USAGE, "--rush: with --arrivals flash, all arrive within 30 s"};
        settings.away_s = away_h * 3600;
        settings.cache_mb = cache_mb >= 0 ? cache_mb : nat ? page_cache_mb : 0;
        if (nat) settings.nat = shares;
        if (shares.open + shares.punched > 1)
            throw Error{EX_USAGE, "--nat-open and --nat-punched: their sum is above 1"};
        for (const auto& words : attackers) {
            const auto x = words.find('x');
            const auto many = x == std::string::npos ? 1 : std::atoi(words.c_str());
            const auto how = sim::parse_evil(x == std::string::npos ? words : words.substr(x + 1));
            if (!how || many < 1 || many > 10'000)
                throw Error{EX_USAGE, text("'", words, "' is not an attack")};
            settings.attackers.insert(settings.attackers.end(), static_cast<std::size_t>(many),
                                      *how);
        }
        if (settings.listeners < crowds)
            throw Error{EX_USAGE, "--crowds: there are fewer listeners than crowds"};
        const auto figures = run_all(!(json && ::isatty(STDOUT_FILENO)));
        (json ? sim::print_crowd_json : sim::print_crowd)(std::cout, figures, settings);
    }

   private:
    sim::CrowdFigures run_all(bool talks) const {
        Progress progress{talks && crowds > 1};
        return run_crowds(settings, crowds, threads, [&](std::size_t done) {
            progress.show(static_cast<double>(done) / static_cast<double>(crowds),
                          text(done, " of ", crowds, " crowds"));
        });
    }
};

}  // namespace stretto
