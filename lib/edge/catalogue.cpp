#include "edge/catalogue.hpp"

#include <algorithm>
#include <map>

#include "base/json_value.hpp"
#include "song/id.hpp"
#include "song/manifest.hpp"

namespace stretto::edge {
namespace {

std::string fold(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in{fold(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

/// Sorts as the number that a tag begins with ("3", "03", "3/12"). Without one: after all numbers.
std::string number_key(const std::string& tag) {
    const auto digits = tag.substr(0, tag.find_first_not_of("0123456789"));
    const auto number = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty() || number.size() > 9) return "999999999";
    return std::string(9 - number.size(), '0') + number;
}

/// Changes with every song and name that comes, goes or is replaced.
std::string folder_state(const std::filesystem::path& root) {
    std::string state;
    for (const auto* folder : {"songs", "names"}) {
        std::error_code none;
        const auto time = std::filesystem::last_write_time(root / folder, none);
        state += std::to_string(time.time_since_epoch().count()) + ' ';
    }
    return state;
}

}  // namespace

std::shared_ptr<const Catalogue::Song> Catalogue::load(const std::string& id,
                                                       const std::vector<std::string>& names) {
    auto file = tree_.open(song::manifest_path(id));
    if (!file) return nullptr;
    const auto bytes = read_rest(file->fd(), song::most_manifest_bytes, id);
    if (!bytes) return nullptr;
    const auto manifest = song::parse_manifest(as_text(*bytes));
    if (!manifest || manifest->id != id) return nullptr;
    const auto& tags = manifest->tags;
    const auto title = song::first_tag(tags, "TITLE"), artist = song::first_tag(tags, "ARTIST"),
               album = song::first_tag(tags, "ALBUM"),
               album_artist = song::first_tag(tags, "ALBUMARTIST"),
               disc = song::first_tag(tags, "DISCNUMBER"),
               track = song::first_tag(tags, "TRACKNUMBER");
    Json json{{"id", id},         {"names", names}, {"title", title},
              {"artist", artist}, {"album", album}, {"album_artist", album_artist},
              {"disc", disc},     {"track", track}, {"seconds", manifest->seconds()}};
    for (const auto& rendition : manifest->renditions) json["bitrates"].push_back(rendition.kbps);
    json["lufs"] = nullptr;
    if (manifest->loudness && manifest->loudness->lufs) json["lufs"] = *manifest->loudness->lufs;
    json["covers"] = Json::object();
    for (const auto& cover : manifest->covers)
        json["covers"][text(cover.px)] =
            '/' + song::song_path(id, song::cover_path(hex(cover.sha256)));
    auto song = std::make_shared<Song>();
    song->id = id;
    song->json = json.dump();
    song->sort = fold(album_artist.empty() ? artist : album_artist) + '\0' + fold(album) + '\0' +
                 number_key(disc) + number_key(track) + fold(title) + '\0' + id;
    song->haystack = fold(title + '\n' + artist + '\n' + album + '\n' + album_artist + '\n' + id);
    for (const auto& name : names) song->haystack += '\n' + name;
    return song;
}

/// What a name means, if it is a file.
std::optional<std::string> Catalogue::id_of(const std::string& name) const {
    const auto file = tree_.open(song::name_path(name));
    if (!file) return {};
    const auto bytes = read_rest(file->fd(), 64, name);
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    if (id.ends_with('\n')) id.pop_back();
    return id;
}

std::shared_ptr<const Catalogue::Songs> Catalogue::current(std::uint64_t now_ms) {
    const std::lock_guard lock{mutex_};
    if (songs_ && now_ms - checked_ms_ < 1000) return songs_;
    const auto state = folder_state(tree_.root());
    checked_ms_ = now_ms;
    if (songs_ && state == state_) return songs_;
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& name : store_.names())
        if (const auto id = id_of(name)) names[*id].push_back(name);
    decltype(known_) known;
    auto songs = std::make_shared<Songs>();
    for (const auto& id : store_.ids()) {
        const auto file = tree_.state(song::manifest_path(id));
        if (!song::is_id(id) || !file) continue;
        std::string key = id;  // a song with other names is told anew
        for (const auto& name : names[id]) key += ' ' + name;
        const auto before = known_.find(key);
        auto song = before != known_.end() && before->second.first == *file ? before->second.second
                                                                            : load(id, names[id]);
        if (!song) continue;
        known[key] = {*file, song};
        songs->push_back(std::move(song));
    }
    std::sort(songs->begin(), songs->end(),
              [](const auto& a, const auto& b) { return a->sort < b->sort; });
    known_ = std::move(known);
    songs_ = std::move(songs);
    state_ = state;
    return songs_;
}

Result<std::string> Catalogue::list(const Query& query, std::uint64_t now_ms) {
    const auto songs = current(now_ms);
    auto at = songs->begin();
    if (!query.after.empty()) {
        at = std::find_if(songs->begin(), songs->end(),
                          [&](const auto& song) { return song->id == query.after; });
        if (at == songs->end()) return Malformed{"this page does not exist any more"};
        ++at;
    }
    const auto words = words_of(query.text);
    std::string json = "{\"songs\":[", last;
    std::size_t count = 0;
    for (; at != songs->end(); ++at) {
        const auto& song = **at;
        if (!std::ranges::all_of(words, [&](const auto& word) {
                return song.haystack.find(word) != std::string::npos;
            }))
            continue;
        if (count == query.limit) break;
        if (count++ > 0) json += ",\n";
        json += song.json;
        last = song.id;
    }
    const bool more = at != songs->end();
    json += "],\"next\":" + (more ? '"' + last + '"' : "null") + "}\n";
    return json;
}

}  // namespace stretto::edge
