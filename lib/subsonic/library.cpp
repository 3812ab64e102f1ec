#include "subsonic/library.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "base/json_value.hpp"
#include "song/id.hpp"

namespace stretto::subsonic {
namespace {

std::string string_at(const Json& row, std::string_view key) {
    const auto* value = row.find(key);
    return value && value->is_string() ? value->string() : std::string{};
}

/// "3" and "3/12" are 3; anything else is 0.
int number_of(std::string_view text) {
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = end == text.data() + text.size() || *end == '/';
    return code == std::errc{} && whole && number > 0 && number < 100'000 ? number : 0;
}

std::string next_of(const Json& page) { return string_at(page, "next"); }

/// A path of ours on the upstream server: it becomes a part of a request.
bool is_cover_path(std::string_view path) {
    return path.starts_with("/songs/") && path.size() < 300 &&
           std::ranges::all_of(path,
                               [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                          c == '/' || c == '.';
                               }) &&
           path.find("..") == path.npos;
}

template <class Item>
const Item* find(const std::unordered_map<std::string, std::size_t>& places,
                 const std::vector<Item>& items, const std::string& id) {
    const auto found = places.find(id);
    return found == places.end() ? nullptr : &items[found->second];
}

}  // namespace

std::string folded(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::vector<std::string> words_of(std::string_view query) {
    constexpr std::size_t most_bytes = 200, most_words = 16;
    std::vector<std::string> words;
    std::string word;
    const auto take = [&] {
        if (!word.empty() && words.size() < most_words &&
            std::ranges::find(words, word) == words.end())
            words.push_back(std::move(word));
        word.clear();
    };
    for (const char c : folded(query.substr(0, most_bytes))) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '"' || c == '*')
            take();
        else
            word += c;
    }
    take();
    return words;
}

int Album::year() const {
    const auto digits = std::string_view{date}.substr(0, 4);
    const bool alone = date.size() == 4 || (date.size() > 4 && date[4] == '-');
    return alone ? number_of(digits) : 0;
}

int choose_kbps(const Song& song, std::uint64_t most_kbps) {
    if (most_kbps == 0) return song.kbps.back();
    const auto above = std::ranges::find_if(
        song.kbps, [&](int kbps) { return static_cast<std::uint64_t>(kbps) > most_kbps; });
    return above == song.kbps.begin() ? *above : *std::prev(above);
}

const Cover* choose_cover(const std::vector<Cover>& covers, std::uint64_t px) {
    const Cover* chosen = nullptr;
    for (const auto& cover : covers) {
        const auto fits = [&](const Cover& one) {
            return static_cast<std::uint64_t>(one.px) >= px;
        };
        const bool better =
            !chosen || (fits(cover) == fits(*chosen)
                            ? (fits(cover) ? cover.px < chosen->px : cover.px > chosen->px)
                            : fits(cover));
        if (better) chosen = &cover;
    }
    return chosen;
}

const Song* Library::song(const std::string& id) const { return find(song_places_, songs_, id); }
const Album* Library::album(const std::string& id) const {
    return find(album_places_, albums_, id);
}
const Artist* Library::artist(const std::string& id) const {
    return find(artist_places_, artists_, id);
}

const Song* Library::covered(const Album& album) const {
    return album.covered_at ? &songs_[*album.covered_at] : nullptr;
}

Result<std::string> LibraryBuilder::add_albums(std::string_view page) {
    const auto json = Json::parse(page);
    if (!json) return json.error();
    try {
        for (const auto& row : json->at("albums").items()) {
            const auto id = string_at(row, "id"), date = string_at(row, "date");
            if (!date.empty() && dates_.size() < most_songs) dates_.emplace(id, date);
        }
        return next_of(*json);
    } catch (const Json::Wrong& wrong) {
        return Malformed{wrong.what()};
    }
}

Result<std::string> LibraryBuilder::add_songs(std::string_view page) {
    const auto json = Json::parse(page);
    if (!json) return json.error();
    try {
        for (const auto& row : json->at("songs").items()) add(row);
        if (library_.songs_.size() > most_songs) return Malformed{"too many songs"};
        return next_of(*json);
    } catch (const Json::Wrong& wrong) {
        return Malformed{wrong.what()};
    }
}

void LibraryBuilder::add(const Json& row) {
    Song song;
    song.song = row.at("id").string();
    if (!song::is_id(song.song)) throw Json::Wrong{"not a song's id"};
    song.id = song.song;
    // a song with several sets of tags is listed under several names
    if (library_.song_places_.contains(song.id)) {
        if (row.at("names").size() == 0) return;
        song.id += '.' + row.at("names").at(0).string();
        if (library_.song_places_.contains(song.id)) return;
    }
    song.title = string_at(row, "title");
    if (song.title.empty()) song.title = "Untitled";
    song.artist = string_at(row, "artist");
    const auto album = string_at(row, "album");
    auto by = string_at(row, "album_artist");
    if (by.empty()) by = song.artist;
    song.disc = number_of(string_at(row, "disc"));
    song.track = number_of(string_at(row, "track"));
    song.seconds = row.at("seconds").number();
    if (!(song.seconds >= 0 && song.seconds < 1e7)) song.seconds = 0;
    for (const auto& kbps : row.at("bitrates").items()) {
        const auto value = kbps.integer();
        if (value > 0 && value < 100'000) song.kbps.push_back(static_cast<int>(value));
    }
    std::ranges::sort(song.kbps);
    if (song.kbps.empty()) return;
    if (const auto* covers = row.find("covers"))
        for (const auto& [px, path] : covers->members())
            if (is_cover_path(path.string()) && number_of(px) > 0)
                song.covers.push_back({number_of(px), path.string()});
    song.haystack = folded(song.title + '\n' + song.artist + '\n' + album + '\n' + by);

    auto artist_key = string_at(row, "artist_id"), album_key = string_at(row, "album_id");
    const auto artist_id = "ar-" + (artist_key.empty() ? std::string{"unknown"} : artist_key);
    const auto album_id =
        "al-" + (album_key.empty() ? "none-" + artist_id.substr(3) : std::move(album_key));
    auto& [songs, albums, artists, by_name, by_date, song_places, album_places, artist_places] =
        library_;
    if (artists.empty() || artists.back().id != artist_id) {
        // the list is sorted: it comes again only if it changed while it was read
        if (artist_places.contains(artist_id)) return;
        const auto name = by.empty() ? std::string{"Unknown artist"} : by;
        artist_places.emplace(artist_id, artists.size());
        artists.push_back({artist_id, name, folded(name), albums.size(), albums.size()});
    }
    if (albums.empty() || albums.back().id != album_id) {
        if (album_places.contains(album_id)) return;
        Album one;
        one.id = album_id;
        one.name = album.empty() ? std::string{"No album"} : album;
        one.artist = artists.back().name;
        if (const auto date = dates_.find(album_id.substr(3)); date != dates_.end())
            one.date = date->second;
        one.haystack = folded(one.name + '\n' + one.artist);
        one.artist_at = artists.size() - 1;
        one.begin = one.end = songs.size();
        album_places.emplace(album_id, albums.size());
        albums.push_back(std::move(one));
        artists.back().end = albums.size();
    }
    song.artist_at = artists.size() - 1;
    song.album_at = albums.size() - 1;
    albums.back().end = songs.size() + 1;
    if (!song.covers.empty() && !albums.back().covered_at) albums.back().covered_at = songs.size();
    albums.back().seconds += song.seconds;
    song_places.emplace(song.id, songs.size());
    songs.push_back(std::move(song));
}

Library LibraryBuilder::finish() {
    auto& library = library_;
    const auto& albums = library.albums_;
    std::vector<std::string> names;
    names.reserve(albums.size());
    for (const auto& album : albums) names.push_back(folded(album.name));
    library.by_name_.resize(albums.size());
    std::iota(library.by_name_.begin(), library.by_name_.end(), std::size_t{0});
    library.by_date_ = library.by_name_;
    std::ranges::stable_sort(library.by_name_, {},
                             [&](std::size_t at) { return std::string_view{names[at]}; });
    std::ranges::stable_sort(library.by_date_, std::greater{},
                             [&](std::size_t at) { return std::string_view{albums[at].date}; });
    return std::move(library_);
}

}  // namespace stretto::subsonic
