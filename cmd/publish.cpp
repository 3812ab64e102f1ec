// stretto-publish: a bundle into a store, checked, all or nothing. See stretto-publish(1).
#include "publish/publish.hpp"

#include <iostream>

#include "base/json_value.hpp"
#include "base/program.hpp"
#include "base/progress.hpp"
#include "song/id.hpp"

using namespace stretto;

namespace {

constexpr std::string_view examples =
    "  stretto-encode song.flac | stretto-chunk | stretto-publish --name song store\n"
    "  stretto-publish --list store\n"
    "  stretto-publish --verify store";

struct Song {
    song::Manifest manifest;
    std::vector<std::string> names;
    std::int64_t bytes = 0;
};

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : ",") + w;
    return out;
}

void print_line(const Song& s) {
    std::vector<std::string> kbps;
    for (const auto& r : s.manifest.renditions) kbps.push_back(text(r.kbps));
    std::cout << s.manifest.id << '\t' << (s.names.empty() ? "-" : joined(s.names)) << '\t'
              << clock_text(s.manifest.seconds()) << '\t' << joined(kbps) << '\t' << s.bytes << '\t'
              << printable(song::first_tag(s.manifest.tags, "ARTIST")) << '\t'
              << printable(song::first_tag(s.manifest.tags, "TITLE")) << '\n';
}

void print_json(const Song& s) {
    Json json{{"id", s.manifest.id},       {"names", s.names}, {"seconds", s.manifest.seconds()},
              {"bitrates", Json::array()}, {"bytes", s.bytes}, {"tags", Json::object()}};
    for (const auto& [key, values] : s.manifest.tags) json["tags"][key] = values;
    for (const auto& r : s.manifest.renditions) json["bitrates"].push_back(r.kbps);
    std::cout << json.dump() << '\n';
}

int list(const store::Directory& store, bool as_json) {
    std::multimap<std::string, std::string> names;
    for (const auto& name : store.names())
        if (const auto id = store.id_of(name)) names.emplace(*id, name);
    int status = 0;
    for (const auto& id : store.ids()) try {
            Song s{publish::load_manifest(store, id), {}, 0};
            for (auto [at, end] = names.equal_range(id); at != end; ++at)
                s.names.push_back(at->second);
            for (const auto& r : s.manifest.renditions)
                for (const auto& c : r.chunks) s.bytes += c.bytes;
            as_json ? print_json(s) : print_line(s);
        } catch (const Error& e) {  // one damaged song does not hide the others
            note(e.what());
            status = EX_DATAERR;
        }
    return status;
}

int verify(const store::Directory& store) {
    Progress progress;
    const auto damage = publish::damage_of_store(store, [&](std::size_t done, std::size_t all) {
        progress.show(static_cast<double>(done) / static_cast<double>(all),
                      text(done, " of ", all, " songs"));
    });
    for (const auto& line : damage) std::cout << line << '\n';
    return damage.empty() ? 0 : 1;
}

int remove(store::Directory& store, const std::string& song) {
    song::check_song(song);
    const auto id = song::is_id(song) ? std::optional{song} : store.id_of(song);
    if (!id || !song::is_id(*id) || !store.remove(*id))
        throw Error{EX_NOINPUT, text("no song '", song, "' in the store")};
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string store_path, bundle_path = "-", name, song;
    bool listing = false, json = false, verifying = false, dry = false;

    Arguments app{
        "Put a bundle into a store: checked, then there at once or not at all. Prints the song's "
        "id."};
    app.add_option("--name", name, "A name that means this song from now on");
    app.add_flag("--dry-run", dry, "Check the bundle and print its id; the store is not touched");
    app.add_flag("--list", listing,
                 "List the songs: id, names, length, bitrates, bytes, artist, title");
    app.add_flag("--json", json, "With --list: a JSON object a line");
    app.add_flag(
        "--verify", verifying,
        "Hash everything in the store again; print what is damaged, exit 1 if anything is");
    app.add_option("--remove", song, "Take a song and its names out of the store")
        ->type_name("SONG");
    app.add_option("STORE", store_path, "The store's directory, made when it is not there")
        ->required();
    app.add_option("BUNDLE", bundle_path, "What stretto-chunk wrote; - or none: standard input");

    return program(app, argc, argv, examples, [&] {
        if (listing + verifying + dry + (app.count("--remove") > 0) > 1)
            throw Error{EX_USAGE, "--list, --verify, --remove and --dry-run exclude each other"};
        using store::Directory;
        if (listing) return list(Directory{store_path, Directory::Open::existing}, json);
        if (verifying) return verify(Directory{store_path, Directory::Open::existing});
        if (app.count("--remove") > 0) {
            Directory store{store_path, Directory::Open::existing};
            return remove(store, song);
        }
        if (app.count("--name") > 0) song::check_name(name);
        const std::string subject = bundle_path == "-" ? "standard input" : bundle_path;
        const File file = open_input(bundle_path);
        publish::BundleReader bundle{file.fd(), song::most_chunk_bytes};
        song::Manifest manifest;
        if (dry) {
            manifest = publish::check_bundle(bundle, subject, [](const std::string&, BytesView) {});
        } else {
            Directory store{store_path, Directory::Open::create};
            manifest = publish::publish(store, bundle, subject);
            if (!name.empty()) store.set_name(name, manifest.id);
        }
        std::cout << manifest.id << '\n';
        return 0;
    });
}
