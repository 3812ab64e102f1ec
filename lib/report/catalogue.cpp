#include "report/catalogue.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"

namespace stretto::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t most_list_bytes = 1 << 30, most_manifest_bytes = 16 << 20;
constexpr int most_pages = 100'000;

std::string words(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// @return  why the song cannot be added; empty if it was added
std::string add(Catalogue& catalogue, const Json& song) {
    if (!song.is_object()) return "a song is no object";
    auto id = words(song, "id");
    if (id.empty()) id = words(song, "song");
    if (id.empty()) return "a song has no id";
    // a server lists a song once for each set of its tags; those of its manifest count, as in a
    // store
    if (!words(song, "tag_set").empty()) return {};
    const Tags tags{words(song, "title"), words(song, "artist")};
    const auto [at, fresh] = catalogue.emplace(id, tags);
    if (!fresh && (at->second.title != tags.title || at->second.artist != tags.artist))
        return text("song '", id, "' is there twice, and not the same");
    return {};
}

std::string first(const Json& tags, const char* key) {
    const auto found = tags.find(key);
    const bool any =
        found != tags.end() && found->is_array() && !found->empty() && found->front().is_string();
    return any ? found->front().get<std::string>() : "";
}

Catalogue of_store(const fs::path& store) {
    Catalogue catalogue;
    for (const auto& entry : fs::directory_iterator{store / "songs"}) {
        const auto manifest = entry.path() / "manifest.json";
        if (!fs::is_regular_file(manifest)) continue;
        const auto bytes = read_file(manifest, most_manifest_bytes);
        const auto json = Json::parse(as_text(bytes), nullptr, false);
        if (!json.is_object() || !json.contains("tags") || !json["tags"].is_object())
            throw bad_data(manifest.string(), "this is no manifest");
        catalogue[entry.path().filename().string()] = {first(json["tags"], "TITLE"),
                                                       first(json["tags"], "ARTIST")};
    }
    if (catalogue.empty()) throw bad_data(store.string(), "the store has no songs");
    return catalogue;
}

}  // namespace

Result<std::string> add_songs(Catalogue& catalogue, std::string_view json) {
    const auto all = Json::parse(json, nullptr, false);
    if (all.is_object() && all.contains("songs") && all["songs"].is_array()) {
        for (const auto& song : all["songs"])
            if (auto why = add(catalogue, song); !why.empty()) return Malformed{why};
        return words(all, "next");
    }
    if (all.is_array()) {
        for (const auto& song : all)
            if (auto why = add(catalogue, song); !why.empty()) return Malformed{why};
        return std::string{};
    }
    for (int number = 1; !json.empty(); ++number) {
        const auto line = json.substr(0, json.find('\n'));
        json.remove_prefix(std::min(json.size(), line.size() + 1));
        if (line.find_first_not_of(" \t\r") == line.npos) continue;
        const auto song = Json::parse(line, nullptr, false);
        if (song.is_discarded()) return Malformed{text("line ", number, " is no JSON")};
        if (auto why = add(catalogue, song); !why.empty())
            return Malformed{text("line ", number, ": ", why)};
    }
    return std::string{};
}

Catalogue read_catalogue(const std::string& path) {
    if (fs::is_directory(fs::path{path} / "songs")) return of_store(path);
    const auto bytes = read_file(path, most_list_bytes);
    Catalogue catalogue;
    const auto added = add_songs(catalogue, as_text(bytes));
    if (!added) throw bad_data(path, added.error().why);
    if (catalogue.empty()) throw bad_data(path, "it lists no songs");
    return catalogue;
}

Catalogue read_catalogue(const std::function<std::string(const std::string& target)>& get,
                         const std::string& subject) {
    Catalogue catalogue;
    std::string after;
    for (int page = 0; page < most_pages; ++page) {
        const auto next = add_songs(
            catalogue, get("/songs?limit=1000" + (after.empty() ? "" : "&after=" + after)));
        if (!next) throw bad_data(subject, next.error().why);
        if (next->empty()) break;
        if (*next == after) throw bad_data(subject, "its pages have no end");
        after = *next;
    }
    if (catalogue.empty()) throw bad_data(subject, "it lists no songs");
    return catalogue;
}

}  // namespace stretto::report
