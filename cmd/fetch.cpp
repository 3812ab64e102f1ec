// stretto-fetch: a song as one verified Ogg Vorbis file. See stretto-fetch(1).
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <iostream>
#include <limits>

#include "base/file.hpp"
#include "base/program.hpp"
#include "listen/fetcher.hpp"
#include "listen/playlist.hpp"
#include "listener_options.hpp"
#include "song/id.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view examples =
    "  stretto-fetch --tracker http://127.0.0.1:8490 frontiers -o frontiers.ogg --share 60\n"
    "  stretto-fetch --edge http://127.0.0.1:8481 --list --jobs 4 --json -o music < songs.txt\n"
    "  stretto-fetch --edge http://127.0.0.1:8481 --search sweep\n"
    "  stretto-fetch --store store frontiers -o frontiers.ogg\n"
    "  stretto-fetch --store http://127.0.0.1:8480 -b 96 frontiers | ogg123 -\n"
    "  stretto-fetch --store store --raw chunks frontiers";

constexpr std::size_t most_playlist_bytes = 16u << 20;

/// What the command line and the environment say.
struct Options {
    std::string store, song, output = "-", raw, search;
    bool list = false, searching = false;
    ListenerOptions listener;
    listen::Fetcher::Options swarm;
};

/// A directory or a web server that only serves files: no tracker, no peers, no cache of ours. What
/// an interrupted run left beside the output is gone on with.
int fetch_from_store(const Options& o) {
    o.listener.trust();
    auto s = o.swarm;
    s.presence.store = o.store;
    s.presence.peers = s.presence.share = false;
    s.output = o.output;
    fs::path part;
    if (!o.raw.empty())
        part = fs::path{o.raw} / ".part";
    else if (o.output != "-")
        part = o.output + ".part";
    // the folder for what is kept must not make the folder that the output lacks
    const auto folder = fs::path{o.output}.parent_path();
    if (o.raw.empty() && !folder.empty() && !fs::is_directory(folder))
        throw Error{EX_CANTCREAT,
                    text("cannot create '", o.output, "': No such file or directory")};
    s.presence.cache = part;
    s.presence.cache_size = std::numeric_limits<std::uint64_t>::max();  // of one song
    s.index = !o.raw.empty();
    if (!o.raw.empty()) s.output.clear();
    const int status = listen::Fetcher{s}.run({o.song});
    if (status != 0 || part.empty()) return status;
    if (!o.raw.empty())
        for (const auto& song : fs::directory_iterator{part / "songs"})
            for (const auto& entry : fs::directory_iterator{song}) {
                const auto target = fs::path{o.raw} / entry.path().filename();
                fs::remove_all(target);
                fs::rename(entry, target);
            }
    fs::remove_all(part);
    return 0;
}

/// Of the file that is named, or standard input. @param refused  some lines name no song
std::deque<std::string> songs_of(const Options& o, bool& refused) {
    if (!o.list) return {o.song};
    const auto from = o.song.empty() ? std::string{"-"} : o.song;
    const auto file = open_input(from);
    const auto bytes = read_rest(file.fd(), most_playlist_bytes, from);
    if (!bytes) throw bad_data(from, "a playlist of more than 16 MB");
    const auto list = listen::parse_playlist(as_text(*bytes));
    for (const auto& line : list.refused) note(text("'", from, "': ", line));
    refused = !list.refused.empty();
    return {list.songs.begin(), list.songs.end()};
}

int fetch_from_swarm(Options o) {
    auto& s = o.swarm;
    s.presence = o.listener.presence();
    s.share_seconds = o.listener.share_seconds();
    s.many = o.list;
    s.output = o.list && o.output == "-" ? "" : o.output;
    if (o.list && !s.output.empty()) fs::create_directories(s.output);
    bool refused = false;
    auto songs = o.searching ? std::deque<std::string>{} : songs_of(o, refused);
    listen::Fetcher fetcher{s};
    if (o.searching) return fetcher.search(o.search);
    const int status = fetcher.run(std::move(songs));
    return status == 0 && refused ? EX_DATAERR : status;
}

void add_options(CLI::App& app, Options& o) {
    auto& s = o.swarm;
    o.listener.add_to(app);
    app.add_option("--store", o.store,
                   "A store's directory, or http://server with one: no cache, no peers")
        ->envname("STRETTO_STORE")
        ->type_name("DIR|URL");
    app.add_option("-b,--bitrate", s.kbps, "The highest bitrate to take, kbit/s")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    app.add_option("-o,--output", o.output,
                   "The file to write, with --list the folder; - is standard output")
        ->capture_default_str();
    app.add_option("--raw", o.raw,
                   "Of a --store: keep the chunks, the index and the manifest in this folder, and "
                   "write no file")
        ->type_name("DIR");
    app.add_flag("--list", o.list,
                 "SONG is a playlist (by default standard input): fetch all songs in it");
    app.add_option("--patience", s.patience_s,
                   "Seconds without progress after which a song is given up")
        ->check(CLI::Range(1, 86400))
        ->capture_default_str();
    app.add_option("--jobs", s.jobs, "Songs at a time")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_flag("--json", s.json,
                 "A line of JSON for each song: where its bytes came from, and how long it took");
    app.add_option("--search", o.search,
                   "List songs that have these words in title, artist, album or name")
        ->type_name("TEXT");
    app.add_flag(
        "--peers-first", s.peers_first,
        "Ask the edge only for what no peer has, and while peers bring less than twice the "
        "song's bitrate");
    app.add_flag("-v,--verbose", s.verbose, "Tell where each chunk, or part of one, came from");
    app.add_option("SONG", o.song, "A song's id, or its name; with --list a playlist");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app{
        "Fetch a song as one Ogg Vorbis file, from peers and edges or from a store: the manifest "
        "checked against the id, every byte against its hash."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        o.searching = app.count("--search") > 0;
        const bool one = !o.list && !o.searching;
        if (one && o.song.empty()) throw Error{EX_USAGE, "name a song, or use --list or --search"};
        if (o.searching && !o.song.empty())
            throw Error{EX_USAGE, "--search and a SONG exclude each other"};
        if (one) song::check_song(o.song);
        if (one && o.raw.empty() && o.output == "-" && ::isatty(STDOUT_FILENO))
            throw Error{EX_USAGE, "standard output is a terminal: use -o FILE"};
        // named on the command line, edges and trackers are meant before a store of the environment
        const bool swarm =
            app.count("--edge") + app.count("--tracker") > 0 && getenv("STRETTO_STORE");
        if (!o.store.empty() && !swarm) {
            if (one) return fetch_from_store(o);
            o.listener.store = o.store;
            o.listener.edges.clear();
            o.listener.tracker.clear();
        }
        if (!o.raw.empty()) throw Error{EX_USAGE, "--raw needs a --store"};
        return fetch_from_swarm(std::move(o));
    });
}
