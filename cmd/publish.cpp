// stretto-publish: a bundle into a store, checked, all or nothing. See stretto-publish(1).
#include "publish/publish.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <sstream>
#include <thread>

#include "audio/vorbis.hpp"
#include "base/confine.hpp"
#include "base/json_value.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "base/spool.hpp"
#include "edge/purge.hpp"
#include "http/blocking.hpp"
#include "http/place.hpp"
#include "publish/library.hpp"
#include "publish/music.hpp"
#include "s3/store.hpp"
#include "song/id.hpp"
#include "store/directory.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-encode song.flac | stretto-chunk | stretto-publish --name song store\n"
    "  stretto-publish music store\n"
    "  stretto-publish --list store\n"
    "  stretto-publish --verify store\n"
    "  stretto-publish music s3://music/v1\n"
    "  stretto-publish --purge song --hard 127.0.0.1:8489 unix:/run/stretto/edge2";

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : ",") + w;
    return out;
}

void print_line(const store::Summary& s) {
    std::vector<std::string> kbps;
    for (const int one : s.bitrates) kbps.push_back(text(one));
    std::cout << s.id << '\t' << (s.names.empty() ? "-" : joined(s.names)) << '\t'
              << clock_text(s.seconds) << '\t' << joined(kbps) << '\t' << s.bytes << '\t'
              << printable(song::first_tag(s.tags, "ARTIST")) << '\t'
              << printable(song::first_tag(s.tags, "TITLE")) << '\n';
}

void print_json(const store::Summary& s) {
    Json json{{"id", s.id},           {"names", s.names},
              {"seconds", s.seconds}, {"bitrates", s.bitrates},
              {"bytes", s.bytes},     {"tags", Json::object()}};
    for (const auto& [key, values] : s.tags) json["tags"][key] = values;
    std::cout << json.dump() << '\n';
}

/// A directory, or a bucket.
std::unique_ptr<store::Store> open_store(const std::string& where, bool create) {
    if (s3::is_location(where)) {
        using Open = s3::Store::Open;
        auto location = s3::parse_location(where);
        if (!location) throw Error{EX_USAGE, text("'", where, "': ", location.error().why)};
        return std::make_unique<s3::Store>(std::move(*location),
                                           create ? Open::create : Open::existing);
    }
    using Open = store::Directory::Open;
    return std::make_unique<store::Directory>(where, create ? Open::create : Open::existing);
}

int list(const store::Store& store, bool as_json) {
    const auto print = [&](const store::Summary& s) { as_json ? print_json(s) : print_line(s); };
    if (const auto all = store.catalogue()) {
        for (const auto& song : *all) print(song);
        return 0;
    }
    std::multimap<std::string, std::string> names;
    for (const auto& name : store.names())
        if (const auto id = store.id_of(name)) names.emplace(*id, name);
    int status = 0;
    for (const auto& id : store.ids()) try {
            const auto own = publish::load_manifest(store, id);
            auto sets = publish::tag_sets(store, id);
            std::vector<std::string> rest;
            for (auto [at, end] = names.equal_range(id); at != end; ++at)
                if (!sets.contains(at->second)) rest.push_back(at->second);
            print(store::summary_of(own, {}, rest));
            for (const auto& [key, manifest] : sets) {
                const auto its =
                    store.id_of(key) == id ? std::vector{key} : std::vector<std::string>{};
                print(store::summary_of(manifest, key, its));
            }
        } catch (const Error& e) {  // one damaged song does not hide the others
            note(e.what());
            status = EX_DATAERR;
        }
    return status;
}

int clean(store::Store& store, std::int64_t age_s) {
    store.clean(age_s, [](const std::string& path) { std::cout << printable(path) << '\n'; });
    return 0;
}

int verify(const store::Store& store) {
    Progress progress;
    const auto damage = publish::damage_of_store(store, [&](std::size_t done, std::size_t all) {
        progress.show(static_cast<double>(done) / static_cast<double>(all),
                      text(done, " of ", all, " songs"));
    });
    for (const auto& line : damage) std::cout << line << '\n';
    return damage.empty() ? 0 : 1;
}

int remove(store::Store& store, const std::string& song) {
    song::check_song(song);
    const auto id = song::is_id(song) ? std::optional{song} : store.id_of(song);
    if (!id || !song::is_id(*id) || !store.remove(*id))
        throw Error{EX_NOINPUT, text("no song '", song, "' in the store")};
    return 0;
}

http::Whole ask_to_purge(const std::string& edge, const std::string& body) {
    constexpr std::string_view unix_prefix = "unix:";
    http::Request request{"POST", "/purge", 1, {{"Content-Type", "application/json"}}};
    const Bytes bytes{as_bytes(body).begin(), as_bytes(body).end()};
    constexpr std::size_t most = 1u << 20;
    if (!edge.starts_with(unix_prefix)) return http::Blocking{edge}.ask(request, bytes, most);
    return http::Blocking::at(edge.substr(unix_prefix.size())).ask(request, bytes, most);
}

/// Every edge is asked, whatever the others say.
int purge(const edge::Purge& what, const std::vector<std::string>& edges) {
    const auto body = edge::print_purge(what);
    if (auto wrong = edge::parse_purge(body); !wrong) throw Error{EX_USAGE, wrong.error().why};
    std::size_t unknown = 0;
    int status = 0;
    for (const auto& edge : edges) {
        const auto answer = ask_to_purge(edge, body);
        if (answer.ok()) continue;
        auto why = answer.status == 0 ? answer.why : std::string{as_text(answer.body)};
        if (why.empty()) why = text("status ", answer.status);
        for (std::istringstream lines{why}; std::getline(lines, why);)
            note(text("'", http::without_userinfo(edge), "': ", printable(why)));
        // any server has a 404 for what it does not have
        const auto* said = answer.fields.find("Stretto-Purge");
        if (answer.status == 404 && said && *said == "nothing")
            ++unknown;
        else
            status = EX_UNAVAILABLE;
    }
    // a name need not be known everywhere
    return status == 0 && unknown == edges.size() ? EX_NOINPUT : status;
}

/// Whether the arguments are MUSIC STORE: a directory that is not a store, and a second argument
/// that is a directory or does not exist.
bool is_library(const std::filesystem::path& first, const std::filesystem::path& second) {
    namespace fs = std::filesystem;
    std::error_code none;
    return second != "-" && fs::is_directory(first, none) && !publish::looks_like_store(first) &&
           (s3::is_location(second.string()) || fs::is_directory(second, none) ||
            !fs::exists(second, none));
}

/// "12 of 345, 1:23:45 left: name"
std::string progress_text(std::size_t done, std::size_t all, double elapsed_s,
                          const std::string& file) {
    std::string line = text(done, " of ", all);
    if (done > 0 && elapsed_s > 2)
        line += text(
            ", ",
            clock_text(elapsed_s * static_cast<double>(all - done) / static_cast<double>(done)),
            " left");
    return text(line, ": ", file);
}

/// What decodes strangers' files from here on reads the music and changes the store. It has no
/// network and runs no program.
void confine_to(const std::string& music, const publish::Music& found, const std::string& store,
                unsigned jobs) {
    Confinement rights{{music}, {store}};
    rights.readable.insert(rights.readable.end(), found.links.begin(), found.links.end());
    // at most this many songs are decoded at a time
    prepare_spools(4 * std::size_t{jobs} + 4);
    if (const auto missing = confine(rights); !missing.empty())
        note(text("this kernel has no ", missing));
}

int publish_music(const std::string& music, const std::string& store_path,
                  const publish::LibraryOptions& options) {
    const auto found = publish::find_music(music);
    if (found.files.empty() && found.unread.empty())
        throw Error{EX_NOINPUT, text("no audio file in '", music, "'")};
    const auto store = open_store(store_path, true);
    // a bucket is written over the network, by processes that need it
    if (!s3::is_location(store_path)) confine_to(music, found, store_path, options.jobs);
    const auto start = std::chrono::steady_clock::now();
    std::vector<publish::Outcome> outcomes;
    {
        Progress progress;
        outcomes = publish::publish_library(
            *store, found.files, options,
            [&](std::size_t done, std::size_t all, const publish::Outcome& o) {
                if (!progress.shown()) return;
                const std::chrono::duration<double> elapsed =
                    std::chrono::steady_clock::now() - start;
                progress.show(static_cast<double>(done) / static_cast<double>(all),
                              progress_text(done, all, elapsed.count(), o.file.filename()));
            });
    }
    std::size_t failed = 0, before = 0;
    for (const auto& o : outcomes) {
        failed += o.id.empty();
        before += o.before;
        if (o.id.empty()) continue;
        std::cout << o.id << '\t' << printable(o.file.string());
        if (o.track != 0) std::cout << '\t' << o.track;
        std::cout << '\n';
    }
    std::set<std::string> told;  // the tracks of a file may fail for one reason
    const auto tell = [&](const std::string& what) {
        if (told.insert(what).second) note(what);
    };
    for (const auto& o : outcomes) {
        for (const auto& what : o.damage)
            tell(text("'", o.file.string(), "': ", what, " (passed over)"));
        if (o.id.empty()) tell(o.why);
    }
    for (const auto& why : found.unread) note(why);
    if (failed > 0 || before > 0)
        note(text(outcomes.size() - failed - before, " published, ", before, " already there, ",
                  failed, " failed"));
    return failed > 0 || !found.unread.empty() ? EX_DATAERR : 0;
}

/// Rising, known, each once; else an Error (64).
void check_bitrates(std::vector<int>& kbps) {
    std::ranges::sort(kbps);
    for (std::size_t i = 0; i < kbps.size(); ++i) {
        if (!audio::quality_of(kbps[i]))
            throw Error{EX_USAGE, text("no quality step is called ", kbps[i])};
        if (i > 0 && kbps[i] == kbps[i - 1])
            throw Error{EX_USAGE, text("bitrate ", kbps[i], " is given twice")};
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::string store_path, bundle_path = "-", name, song;
    std::int64_t age_s = 24 * 3600;
    bool listing = false, json = false, verifying = false, cleaning = false, dry = false,
         hard = false, retag = false;
    std::vector<std::string> purged, edges;

    Arguments app{
        "Verify a bundle and put it into a store, as a whole or not at all. Prints the song's "
        "id."};
    app.add_option("--name", name, "Let this name refer to the song");
    app.add_flag("--retag", retag,
                 "If the store has the song with other tags, replace them instead of keeping both");
    app.add_flag("--dry-run", dry, "Check the bundle and print its id; do not change the store");
    app.add_flag("--list", listing,
                 "List the songs: id, names, length, bitrates, bytes, artist, title");
    app.add_flag("--json", json, "With --list: one JSON object per line");
    app.add_flag(
        "--verify", verifying,
        "Verify every file in the store; print damaged files, and exit with 1 if there are any");
    app.add_flag("--clean", cleaning,
                 "Remove what publishers left who did not finish, mend the catalogue of a bucket, "
                 "and print what was removed or mended");
    app.add_option("--age", age_s,
                   "With --clean of a bucket: only what was written this many seconds ago (86400)")
        ->range(0, 1'000'000'000)
        ->type_name("SECONDS");
    app.add_option("--remove", song, "Remove a song and its names from the store")
        ->type_name("SONG");
    app.add_option("--purge", purged,
                   "Tell edges to validate their copies of a song or path; name them by their "
                   "admin addresses HOST:PORT or unix:PATH")
        ->type_name("SONG|/PATH")
        ->allow_extra_args(false);
    app.add_flag("--hard", hard, "With --purge: tell edges to remove their copies");
    publish::LibraryOptions library;
    library.jobs = std::max(1U, std::thread::hardware_concurrency());
    bool track_gain = false, album_gain = false;
    app.add_option("-j,--jobs", library.jobs,
                   "With a directory: number of files to process at a time")
        ->range(1, 64)
        ->capture_default_str();
    app.add_option("-b,--bitrates", library.kbps, "With a directory: quality steps, as for encode")
        ->delimiter(',')
        ->capture_default_str();
    auto* each = app.add_flag("--track-gain", track_gain, "With a directory: one gain per file");
    app.add_flag("--album", album_gain,
                 "With a directory: one gain per directory instead of one per album")
        ->excludes(each);
    app.add_flag("--no-cue", library.no_cue,
                 "With a directory: ignore cue sheets, and publish each file as one song");
    app.add_flag("--no-cover", library.source.no_cover, "With a directory: do not keep covers");
    app.add_flag("--keep-going", library.source.keep_going,
                 "With a directory: skip damage inside a file");
    app.add_option(
           "STORE", store_path,
           "The store: a directory, created if missing, or s3://BUCKET/PREFIX; or a directory "
           "of music to publish; or, with --purge, an edge")
        ->required();
    app.add_option("BUNDLE", bundle_path,
                   "Output of stretto-chunk, by default or with - from standard input; after a "
                   "directory of music: the store");
    app.add_option("EDGE", edges, "With --purge: more edges");

    return program(app, argc, argv, examples, [&] {
        if (listing + verifying + cleaning + dry + (app.count("--remove") > 0) +
                (app.count("--purge") > 0) >
            1)
            throw Error{EX_USAGE,
                        "--list, --verify, --clean, --remove, --purge and --dry-run exclude each "
                        "other"};
        if (hard && app.count("--purge") == 0) throw Error{EX_USAGE, "--hard is for --purge"};
        if (!edges.empty() && app.count("--purge") == 0)
            throw Error{EX_USAGE, "only one bundle can be published at a time"};
        if (app.count("--purge") > 0) {
            if (bundle_path != "-") edges.insert(edges.begin(), bundle_path);
            edges.insert(edges.begin(), store_path);
            return purge({purged, hard, {}}, edges);
        }
        if (app.count("--age") > 0 && !cleaning) throw Error{EX_USAGE, "--age is for --clean"};
        if (listing) return list(*open_store(store_path, false), json);
        if (verifying) return verify(*open_store(store_path, false));
        if (cleaning) return clean(*open_store(store_path, false), age_s);
        if (app.count("--remove") > 0) return remove(*open_store(store_path, false), song);
        if (is_library(store_path, bundle_path)) {
            if (dry || retag || app.count("--name") > 0)
                throw Error{EX_USAGE, "--dry-run, --retag and --name are for a single bundle"};
            check_bitrates(library.kbps);
            using Gain = publish::LibraryOptions::Gain;
            library.gain = track_gain ? Gain::track : album_gain ? Gain::album : Gain::by_album;
            return publish_music(store_path, bundle_path, library);
        }
        if (bundle_path == "-" && std::filesystem::is_directory(store_path) &&
            !publish::looks_like_store(store_path) && ::isatty(STDIN_FILENO))
            throw Error{EX_USAGE, text("'", store_path, "' is not a store: to publish the music ",
                                       "in it, give the store's directory as well")};
        if (app.count("--name") > 0) song::check_name(name);
        const std::string subject = bundle_path == "-" ? "standard input" : bundle_path;
        const File file = open_input(bundle_path);
        publish::BundleReader bundle{file.fd(), song::most_chunk_bytes};
        song::Manifest manifest;
        if (dry) {
            manifest = publish::check_bundle(bundle, subject, [](const std::string&, BytesView) {});
        } else {
            const auto store = open_store(store_path, true);
            manifest = publish::publish(*store, bundle, subject, {name, retag, {}});
            if (!name.empty()) store->set_name(name, manifest.id);
        }
        std::cout << manifest.id << '\n';
        return 0;
    });
}
