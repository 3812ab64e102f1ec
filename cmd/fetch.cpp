// stretto-fetch: a song as one verified Ogg Vorbis file. See stretto-fetch(1).
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

#include "base/draft.hpp"
#include "base/file.hpp"
#include "base/program.hpp"
#include "listen/fetcher.hpp"
#include "listen/playlist.hpp"
#include "listener_options.hpp"
#include "song/id.hpp"
#include "song/manifest.hpp"
#include "song/path.hpp"
#include "store/partial.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view examples =
    "  stretto-fetch --tracker http://127.0.0.1:8490 frontiers -o frontiers.ogg --share 60\n"
    "  stretto-fetch --edge http://127.0.0.1:8481 --playlist songs.txt --jobs 4 --json -o music\n"
    "  stretto-fetch --edge http://127.0.0.1:8481 --search sweep\n"
    "  stretto-fetch --store store frontiers -o frontiers.ogg\n"
    "  stretto-fetch --store http://127.0.0.1:8480 -b 96 frontiers | ogg123 -\n"
    "  stretto-fetch --store s3://music/v1 frontiers -o frontiers.ogg\n"
    "  stretto-fetch --store store --raw chunks frontiers";

constexpr std::size_t most_playlist_bytes = 16u << 20;

/// What the command line and the environment say.
struct Options {
    std::string store, song, output = "-", raw, search, playlist;
    bool list = false, searching = false;

    bool many() const { return !playlist.empty(); }

    ListenerOptions listener;
    listen::Fetcher::Options swarm;
};

void tell_hint(const std::string& song) {
    if (const auto hint = song_hint(song); !hint.empty()) note(hint);
}

/// Where verified chunks stay until the output is complete. None: the output is not a file, or
/// something else has this name.
std::optional<store::Partial> part_of(const Options& o) {
    if (!o.raw.empty()) {
        make_folders(o.raw);
        return store::Partial{fs::path{o.raw} / ".part"};
    }
    if (o.output == "-" || Draft::folder_for(o.output).empty()) return {};
    // the folder for what is kept must not make the folder that the output lacks
    const auto folder = fs::path{o.output}.parent_path();
    if (!folder.empty() && !fs::is_directory(folder))
        throw Error{EX_CANTCREAT,
                    text("cannot create '", o.output, "': No such file or directory")};
    try {
        return store::Partial{o.output + ".part"};
    } catch (const Error& error) {
        if (error.exit() == EX_TEMPFAIL) throw;
        note(text(error.what(), ": nothing is kept"));
        return {};
    }
}

/// A folder of --raw belongs to the song of its manifest: chunks of two songs have the same names.
void check_raw(const fs::path& folder, const std::string& id) {
    const auto file = folder / song::manifest_file;
    std::error_code none;
    if (!fs::exists(fs::symlink_status(file, none))) return;
    const auto there = song::parse_manifest(as_text(read_file(file, song::most_manifest_bytes)));
    if (!there || there->id != id)
        throw Error{EX_CANTCREAT, text("'", file.string(),
                                       "' is not of this song: use another folder for --raw")};
}

/// Move the manifest and a rendition's files, name by name. The manifest is first, so that what
/// an interrupted run has moved is known to be of this song.
void move_rendition(const fs::path& from, const fs::path& to, int kbps) {
    std::vector<fs::path> names{song::manifest_file};
    const auto folder = std::to_string(kbps);
    for (const auto& entry : fs::directory_iterator{from / folder})
        if (auto name = folder / entry.path().filename(); song::parse_part(name.string()))
            names.push_back(std::move(name));
    make_folders(to / folder);
    for (const auto& name : names)
        if (::rename((from / name).c_str(), (to / name).c_str()) != 0)
            throw output_error((to / name).string());
}

/// A directory or a web server that only serves files: no tracker, no peers, no cache of ours. What
/// an interrupted run left beside the output is gone on with.
int fetch_from_store(const Options& o) {
    o.listener.trust();
    auto s = o.swarm;
    s.presence.store = o.store;
    s.presence.token = o.listener.token();
    s.presence.peers = s.presence.share = false;
    s.output = o.raw.empty() ? o.output : "";
    auto part = part_of(o);
    if (part) s.presence.cache = part->folder();
    s.presence.cache_size = std::numeric_limits<std::uint64_t>::max();  // of one song
    s.index = !o.raw.empty();
    std::string id;
    int kbps = 0;
    s.found = [&](const song::Manifest& manifest) {
        id = manifest.id;
        kbps = manifest.best(s.kbps).kbps;
        if (!o.raw.empty()) check_raw(o.raw, id);
    };
    const int status = listen::Fetcher{s}.run({o.song});
    if (status != 0) tell_hint(o.song);
    if (status != 0 || !part) return status;
    if (!o.raw.empty()) move_rendition(part->folder() / "songs" / id, o.raw, kbps);
    part->remove();
    return 0;
}

/// Of the file that is named, or standard input. @param refused  some lines name no song
std::deque<std::string> songs_of(const Options& o, bool& refused) {
    if (!o.many()) return {o.song};
    const auto& from = o.playlist;
    const auto file = open_input(from);
    const auto bytes = read_rest(file.fd(), most_playlist_bytes, from);
    if (!bytes) throw bad_data(from, "the playlist is larger than 16 MB");
    const auto list = listen::parse_playlist(as_text(*bytes));
    for (const auto& line : list.refused) note(text("'", from, "': ", line));
    refused = !list.refused.empty();
    return {list.songs.begin(), list.songs.end()};
}

int fetch_from_swarm(Options o) {
    auto& s = o.swarm;
    s.presence = o.listener.presence();
    s.share_seconds = o.listener.share_seconds();
    s.many = o.many();
    s.output = s.many && o.output == "-" ? "" : o.output;
    if (s.many && !s.output.empty()) fs::create_directories(s.output);
    bool refused = false;
    auto songs = o.searching ? std::deque<std::string>{} : songs_of(o, refused);
    listen::Fetcher fetcher{s};
    if (o.searching) return fetcher.search(o.search);
    const int status = fetcher.run(std::move(songs));
    if (status != 0 && !o.many()) tell_hint(o.song);
    return status == 0 && refused ? EX_DATAERR : status;
}

void add_options(Arguments& app, Options& o) {
    auto& s = o.swarm;
    app.group("What to fetch");
    app.add_option("-b,--bitrate", s.kbps, "Highest bitrate, kbit/s")
        ->range(1, 65535)
        ->type_name("KBPS")
        ->capture_default_str();
    app.add_option("-o,--output", o.output,
                   "Write this file, or with --playlist files in this folder; - is standard output")
        ->type_name("FILE")
        ->capture_default_str();
    app.add_option("--playlist", o.playlist,
                   "Fetch every song of this playlist; - is standard input")
        ->type_name("FILE");
    app.add_option("--jobs", s.jobs, "Number of songs of a playlist to fetch at a time")
        ->range(1, 64)
        ->capture_default_str();
    app.add_option("--raw", o.raw,
                   "With --store: write the chunks, the index and the manifest to this folder "
                   "instead of one file")
        ->type_name("DIR");
    app.add_flag("--list", o.list, "List the songs of the server or store");
    app.add_option("--search", o.search,
                   "List the songs that have these words in title, artist, album or name")
        ->type_name("TEXT");
    o.listener.add_to(app);
    app.group("Sources");
    app.add_option("--store", o.store,
                   "Use only this store, a directory, a web server or s3://BUCKET/PREFIX, without "
                   "cache and peers")
        ->envname("STRETTO_STORE")
        ->type_name("DIR|URL");
    app.add_flag("--peers-first", s.peers_first,
                 "Use the edge only for parts that no peer has, and while all peers together send "
                 "less than twice the song's bitrate");
    app.add_option("--patience", s.patience_s,
                   "Give up a song after this many seconds without progress")
        ->range(1, 86400)
        ->type_name("SECONDS")
        ->capture_default_str();
    app.group("Messages");
    app.add_flag("--json", s.json,
                 "Print a line of JSON for each song: bytes by source, times, failures");
    app.add_flag("-v,--verbose", s.verbose, "Report the source of each chunk, or part of a chunk");
    app.add_option("SONG", o.song, "A song's id or name");
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    Arguments app{
        "Fetch a song as one Ogg Vorbis file from peers and edges, or from a store. The manifest "
        "is checked against the song's id, and every byte against its hash."};
    add_options(app, o);
    return program(app, argc, argv, examples, [&] {
        o.searching = o.list || app.count("--search") > 0;
        const bool one = !o.many() && !o.searching;
        if (one && o.song.empty())
            throw Error{EX_USAGE, "name a song, or use --playlist, --list or --search"};
        if (!one && !o.song.empty())
            throw Error{EX_USAGE, text(o.many() ? "--playlist"
                                       : o.list ? "--list"
                                                : "--search",
                                       " takes no SONG")};
        if (o.many() && o.searching)
            throw Error{EX_USAGE, "--playlist, --list and --search exclude each other"};
        if (const auto hint = one ? song_hint(o.song) : std::string{};
            !hint.empty() && !song::is_name(o.song))
            throw Error{EX_USAGE, hint};
        if (one) song::check_song(o.song);
        if (!o.raw.empty() && app.count("--output") > 0)
            throw Error{EX_USAGE, "--raw and --output exclude each other"};
        if (one && o.raw.empty() && o.output == "-" && ::isatty(STDOUT_FILENO))
            throw Error{EX_USAGE, "standard output is a terminal: use -o FILE"};
        // named on the command line, edges and trackers are meant before a store of the environment
        const bool swarm =
            app.count("--edge") + app.count("--tracker") > 0 && getenv("STRETTO_STORE");
        if (!o.store.empty() && !swarm) {
            if (o.searching && s3::is_location(o.store))
                throw Error{EX_USAGE, "a bucket has no search: use stretto-publish --list"};
            o.store = store_url(o.store);
            if (one) return fetch_from_store(o);
            o.listener.store = o.store;
            o.listener.edges.clear();
            o.listener.tracker.clear();
        }
        if (!o.raw.empty()) throw Error{EX_USAGE, "--raw needs a --store"};
        return fetch_from_swarm(std::move(o));
    });
}
