// stretto-fetch: a song as one verified Ogg Vorbis file. See stretto-fetch(1).
#include <fcntl.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <iostream>
#include <optional>

#include "base/draft.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "listen/fetching.hpp"
#include "listen/source.hpp"
#include "listener_options.hpp"
#include "ogg/join.hpp"
#include "song/id.hpp"
#include "song/index.hpp"

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

/// Chunks that an earlier, interrupted run left, and those that this one adds.
class Kept {
   public:
    explicit Kept(fs::path folder) : folder_(std::move(folder)) {}

    /// The bytes at `path`, if they are there and right.
    std::optional<Bytes> find(const std::string& path, const Digest& digest) const {
        if (folder_.empty() || !fs::exists(folder_ / path)) return {};
        auto bytes = read_file(folder_ / path, song::most_chunk_bytes);
        if (sha256(bytes) != digest) return {};
        return bytes;
    }
    void keep(const std::string& path, BytesView bytes) const {
        if (folder_.empty()) return;
        const fs::path target = folder_ / path;
        make_folders(target.parent_path());
        // no draft: a torn file has the wrong hash, and is fetched again
        const File file{::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
        if (!file) throw output_error(target.string());
        write_all(file.fd(), bytes, target.string());
    }
    void forget() const {
        if (!folder_.empty()) fs::remove_all(folder_);
    }

   private:
    fs::path folder_;
};

class Fetch {
   public:
    Fetch(listen::Source& source, song::Manifest manifest, int kbps, bool verbose)
        : source_(source),
          manifest_(std::move(manifest)),
          rendition_(manifest_.best(kbps)),
          verbose_(verbose) {}

    /// Every chunk, checked, in order.
    template <class Take>
    void chunks(const Kept& kept, Take take) {
        Progress progress;
        const auto& rows = rendition_.chunks;
        for (std::size_t k = 0; k < rows.size(); ++k) {
            const auto path = song::chunk_path(rendition_.kbps, static_cast<std::int64_t>(k));
            auto bytes = kept.find(path, rows[k].sha256);
            if (verbose_) note(text(path, bytes ? "\tkept\t" : "\tfetched\t", rows[k].bytes));
            if (!bytes) {
                bytes = get(path, static_cast<std::size_t>(rows[k].bytes), rows[k].sha256);
                kept.keep(path, *bytes);
            }
            progress.show(static_cast<double>(k + 1) / static_cast<double>(rows.size()),
                          text(printable(title()), ", ", rendition_.kbps, " kbit/s"));
            take(std::move(*bytes), k + 1 == rows.size());
        }
    }

    /// One continuous file, chunk by chunk, into `write`.
    template <class Write>
    void continuous(const Kept& kept, Write write) {
        ogg::Joiner joiner{static_cast<std::uint32_t>(rendition_.kbps),
                           song::comments_of_tags(manifest_.tags)};
        ogg::ChunkReader reader;
        chunks(kept, [&](const Bytes& chunk, bool last) {
            const auto facts = must(reader.read(chunk), source_.name());
            Bytes pages;
            joiner.add(pages, chunk, facts, reader.headers(), last);
            write(pages);
        });
    }

    void raw(const Kept& kept) {
        chunks(kept, [](const Bytes&, bool) {});
        const auto path = song::index_path(rendition_.kbps);
        kept.keep(path, get(path, song::most_index_bytes, rendition_.index_sha256));
        kept.keep("manifest.json", as_bytes(song::print_manifest(manifest_)));
    }

   private:
    Bytes get(const std::string& path, std::size_t most, const Digest& digest) {
        return listen::get_checked(source_, "songs/" + manifest_.id + "/" + path, most, digest);
    }
    std::string title() const {
        auto t = song::first_tag(manifest_.tags, "TITLE");
        return t.empty() ? manifest_.id : t;
    }

    listen::Source& source_;
    song::Manifest manifest_;
    const song::Rendition& rendition_;
    bool verbose_;
};

/// What the command line and the environment say.
struct Options {
    std::string store, song, output = "-", raw, search;
    bool list = false, searching = false;
    ListenerOptions listener;
    listen::Fetching::Options swarm;
};

/// A directory or a web server that only serves files: no tracker, no peers, no cache.
int fetch_from_store(const Options& o) {
    o.listener.trust();
    const auto source = listen::open_source(o.store);
    Fetch fetch{*source, listen::get_manifest(*source, o.song), o.swarm.kbps, o.swarm.verbose};
    if (!o.raw.empty()) {
        fetch.raw(Kept{o.raw});
    } else if (o.output == "-") {
        fetch.continuous(Kept{{}}, [](const Bytes& pages) {
            write_all(STDOUT_FILENO, pages, "standard output");
        });
    } else {
        const Kept kept{o.output + ".part"};  // what makes the next run resume
        Draft file{o.output};
        fetch.continuous(kept, [&](const Bytes& pages) { file.write(pages); });
        file.commit();
        kept.forget();
    }
    return 0;
}

std::deque<std::string> songs_of(const Options& o) {
    if (!o.list) {
        song::check_song(o.song);
        return {o.song};
    }
    std::deque<std::string> songs;
    for (std::string line; std::getline(std::cin, line);) {
        if (line.ends_with('\r')) line.pop_back();
        line = line.substr(0, line.find('\t'));  // the first column of a list
        if (line.empty()) continue;
        song::check_song(line);
        songs.push_back(line);
    }
    return songs;
}

int fetch_from_swarm(Options o) {
    auto& s = o.swarm;
    s.presence = o.listener.presence();
    s.share_seconds = o.listener.share_seconds();
    s.many = o.list;
    s.output = o.list && o.output == "-" ? "" : o.output;
    if (o.list && !s.output.empty()) make_folders(s.output);
    listen::Fetching fetching{s};
    return o.searching ? fetching.search(o.search) : fetching.run(songs_of(o));
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
    app.add_flag("--list", o.list, "Fetch all songs named on standard input, a line each");
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
    app.add_option("SONG", o.song, "A song's id, or its name");
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
        if (!one && !o.song.empty()) throw Error{EX_USAGE, "--list and --search take no song"};
        if (one) song::check_song(o.song);
        if (one && o.raw.empty() && o.output == "-" && ::isatty(STDOUT_FILENO))
            throw Error{EX_USAGE, "standard output is a terminal: use -o FILE"};
        // named on the command line, edges and trackers are meant before a store of the environment
        const bool swarm =
            app.count("--edge") + app.count("--tracker") > 0 && getenv("STRETTO_STORE");
        if (!o.store.empty() && !swarm) {
            if (one) return fetch_from_store(o);
            if (!o.store.starts_with("http"))
                throw Error{EX_USAGE, "--list and --search need a server, not a directory"};
            o.listener.edges = {o.store};
            o.listener.tracker.clear();
        }
        if (!o.raw.empty()) throw Error{EX_USAGE, "--raw needs a --store"};
        return fetch_from_swarm(std::move(o));
    });
}
