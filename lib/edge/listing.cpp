#include "edge/listing.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/digest.hpp"
#include "base/json_value.hpp"
#include "base/own.hpp"
#include "base/text.hpp"
#include "song/id.hpp"

namespace stretto::edge {
namespace {

bool earlier(const ListedSong& a, const ListedSong& b) { return a->sort < b->sort; }

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in{fold(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

/// `before` without the songs of some ids and with others; all three sorted, by `less` or by id.
template <class Song, class Less>
std::vector<Song> merged(const std::vector<Song>& before, const std::vector<std::string>& out,
                         const std::vector<Song>& in, Less less) {
    std::vector<Song> all;
    all.reserve(before.size() + in.size());
    auto added = in.begin();
    for (const auto& song : before) {
        if (std::ranges::binary_search(out, song->id)) continue;
        for (; added != in.end() && less(*added, song); ++added) all.push_back(*added);
        all.push_back(song);
    }
    all.insert(all.end(), added, in.end());
    return all;
}

std::vector<const Listed*> by_cursor(const std::vector<ListedSong>& songs) {
    std::vector<const Listed*> sorted;
    sorted.reserve(songs.size());
    for (const auto& song : songs) sorted.push_back(song.get());
    std::ranges::sort(sorted, {}, &Listed::cursor);
    return sorted;
}

/// The key with the covers of the first song that has any.
std::string covers_of(const std::vector<ListedSong>& songs, const Group& group) {
    for (auto at = group.begin; at < group.end; ++at)
        if (const auto& covers = songs[at]->covers; covers.size() > 2)  // {}
            return ",\"covers\":" + covers;
    return ",\"covers\":{}";
}

}  // namespace

std::string Listed::address() const {
    const auto dot = cursor.find('.');
    if (dot == cursor.npos) return id;
    auto key = cursor.substr(dot + 1);
    return song::is_name(key) ? key : id;
}

std::string album_id(std::string_view artist, std::string_view album) {
    const auto all =
        text("stretto-album 1\n", fold(std::string{artist}), "\n", fold(std::string{album}), "\n");
    return base32(sha256(as_bytes(all))).substr(0, 32);
}

std::string artist_id(std::string_view artist) {
    const auto all = text("stretto-artist 1\n", fold(std::string{artist}), "\n");
    return base32(sha256(as_bytes(all))).substr(0, 32);
}

Listing::Listing(std::vector<ListedSong> songs) : songs_(std::move(songs)) {
    std::ranges::sort(songs_, earlier);
    by_cursor_ = by_cursor(songs_);
    find_groups();
}

Listing::Listing(const Listing& before, const std::vector<std::string>& out,
                 std::vector<ListedSong> in) {
    std::ranges::sort(in, earlier);
    songs_ = merged(before.songs_, out, in, earlier);
    by_cursor_ = merged(before.by_cursor_, out, by_cursor(in),
                        [](const auto* a, const auto* b) { return a->cursor < b->cursor; });
    find_groups();
    gone_ = before.gone_;
    for (const auto& song : before.songs_)
        if (std::ranges::binary_search(out, song->id) && !place_of(song->cursor))
            gone_.push_back(song);
    if (gone_.size() > most_gone)
        gone_.erase(gone_.begin(), gone_.end() - static_cast<std::ptrdiff_t>(most_gone));
}

/// Songs are sorted by artist and album, so that those of one are in a row.
void Listing::find_groups() {
    const auto same = [](const std::string& a, const std::string& b) {
        return a == b || fold(a) == fold(b);
    };
    const auto add = [](auto& groups, auto& places, std::string id, std::size_t at) {
        // a letter that sorts before the end of a word may tear a row apart: its first part counts
        places.try_emplace(id, groups.size());
        groups.push_back({std::move(id), at, at, 0});
    };
    for (std::size_t at = 0; at < songs_.size(); ++at) {
        const auto& song = *songs_[at];
        const auto* last = at > 0 ? songs_[at - 1].get() : nullptr;
        const bool new_artist = !last || !same(last->by, song.by);
        if (!song.by.empty()) {
            if (new_artist || artists_.empty())
                add(artists_, artist_places_, artist_id(song.by), at);
            artists_.back().end = at + 1;
        }
        if (song.album.empty()) continue;
        if (new_artist || !same(last->album, song.album)) {
            add(albums_, album_places_, album_id(song.by, song.album), at);
            if (!song.by.empty()) ++artists_.back().albums;
        }
        albums_.back().end = at + 1;
    }
}

std::optional<std::size_t> Listing::place_of(Kind kind, const std::string& id) const {
    const auto& places = kind == Kind::albums ? album_places_ : artist_places_;
    const auto found = places.find(id);
    if (found == places.end()) return {};
    return found->second;
}

std::optional<std::size_t> Listing::place_of(const std::string& cursor) const {
    const auto found = std::ranges::lower_bound(by_cursor_, cursor, {}, &Listed::cursor);
    if (found == by_cursor_.end() || (*found)->cursor != cursor) return {};
    const auto place = std::ranges::lower_bound(songs_, (*found)->sort, {}, &Listed::sort);
    return static_cast<std::size_t>(place - songs_.begin());
}

std::optional<std::size_t> Listing::place_after_gone(Kind kind, const std::string& cursor) const {
    const auto was = [&](const ListedSong& song) {
        return (kind == Kind::songs    ? song->cursor
                : kind == Kind::albums ? album_id(song->by, song->album)
                                       : artist_id(song->by)) == cursor;
    };
    const auto found = std::find_if(gone_.rbegin(), gone_.rend(), was);
    if (found == gone_.rend()) return {};
    const auto song = static_cast<std::size_t>(std::ranges::lower_bound(songs_, *found, earlier) -
                                               songs_.begin());
    if (kind == Kind::songs) return song;
    const auto& groups = kind == Kind::albums ? albums_ : artists_;
    return static_cast<std::size_t>(std::ranges::lower_bound(groups, song, {}, &Group::begin) -
                                    groups.begin());
}

std::optional<std::size_t> Listing::place_of_song(const std::string& id) const {
    const auto found = std::ranges::lower_bound(by_cursor_, id, {}, &Listed::cursor);
    if (found == by_cursor_.end() || (*found)->id != id) return {};
    return place_of((*found)->cursor);
}

std::string fold(std::string text) {
    const bool ascii = std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
    if (!ascii) {
        const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
        constexpr auto how =
            static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
        utf8proc_uint8_t* folded = nullptr;
        const auto size =
            utf8proc_map(bytes, static_cast<utf8proc_ssize_t>(text.size()), &folded, how);
        const std::unique_ptr<utf8proc_uint8_t, Freed<std::free>> owner{folded};
        if (size >= 0) return {folded, folded + size};
    }
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

Result<ListPage> ListPage::begin(std::shared_ptr<const Listing> listing, const Query& query) {
    using Kind = Listing::Kind;
    ListPage page;
    page.query_ = query;
    page.listing_ = std::move(listing);
    page.words_ = words_of(query.text);
    const auto& all = *page.listing_;
    page.end_ = query.kind == Kind::songs    ? all.songs().size()
                : query.kind == Kind::albums ? all.albums().size()
                                             : all.artists().size();
    for (const auto kind : {Kind::artists, Kind::albums}) {
        const auto& id = kind == Kind::albums ? query.album : query.artist;
        if (id.empty()) continue;
        const auto place = all.place_of(kind, id);
        page.of_nothing_ = page.of_nothing_ || !place;
        page.narrow(!place                 ? Group{}
                    : kind == Kind::albums ? all.albums()[*place]
                                           : all.artists()[*place]);
    }
    if (!query.song.empty() && query.kind == Kind::songs) page.narrow_to_song();
    page.total_ = page.end_ - std::min(page.at_, page.end_);
    if (!query.after.empty()) {
        const auto place = query.kind == Kind::songs ? all.place_of(query.after)
                                                     : all.place_of(query.kind, query.after);
        const auto next =
            place ? std::optional{*place + 1} : all.place_after_gone(query.kind, query.after);
        if (!next) return Malformed{"there is no such page any more"};
        page.at_ = std::max(page.at_, *next);
    }
    page.out_ = query.m3u8                   ? "#EXTM3U\n"
                : query.kind == Kind::songs  ? "{\"songs\":["
                : query.kind == Kind::albums ? "{\"albums\":["
                                             : "{\"artists\":[";
    return page;
}

/// To what lies in these songs.
void ListPage::narrow(const Group& songs) {
    const auto first_from = [&](const std::vector<Group>& groups, std::size_t song) {
        return static_cast<std::size_t>(std::ranges::lower_bound(groups, song, {}, &Group::begin) -
                                        groups.begin());
    };
    using Kind = Listing::Kind;
    const auto place = [&](std::size_t song) {
        return query_.kind == Kind::songs    ? song
               : query_.kind == Kind::albums ? first_from(listing_->albums(), song)
                                             : first_from(listing_->artists(), song);
    };
    at_ = std::max(at_, place(songs.begin));
    end_ = std::min(end_, place(songs.end));
}

void ListPage::narrow_to_song() {
    const auto place = listing_->place_of_song(query_.song);
    of_nothing_ = of_nothing_ || !place;
    narrow(place ? Group{{}, *place, *place + 1, 0} : Group{});
}

const Group& ListPage::group() const {
    return query_.kind == Listing::Kind::albums ? listing_->albums()[at_]
                                                : listing_->artists()[at_];
}

bool ListPage::matches(const std::string& haystack) const {
    return std::ranges::all_of(words_,
                               [&](const auto& word) { return haystack.find(word) != word.npos; });
}

bool ListPage::matches() const {
    if (words_.empty()) return true;
    if (query_.kind == Listing::Kind::songs) return matches(listing_->songs()[at_]->haystack);
    const auto& first = *listing_->songs()[group().begin];
    return matches(
        fold(query_.kind == Listing::Kind::albums ? first.by + '\n' + first.album : first.by));
}

std::string ListPage::cursor() const {
    return query_.kind == Listing::Kind::songs ? listing_->songs()[at_]->cursor : group().id;
}

/// The object of a song, an album or an artist, or the lines of a song.
void ListPage::print() {
    const auto& songs = listing_->songs();
    if (query_.m3u8) {
        const auto& song = *songs[at_];
        std::string line = song.artist.empty() ? song.title : song.artist + " - " + song.title;
        for (char& c : line)
            if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
        out_ += text("#EXTINF:", std::llround(song.seconds), ",", line, "\n", query_.songs_at,
                     song.address(), "\n");
        return;
    }
    if (count_ > 0) out_ += ",\n";
    if (query_.kind == Listing::Kind::songs) {
        out_ += songs[at_]->json;
        return;
    }
    const auto& all = group();
    const auto& first = *songs[all.begin];
    if (query_.kind == Listing::Kind::artists) {
        out_ += Json{{"id", all.id},
                     {"artist", first.by},
                     {"albums", all.albums},
                     {"songs", all.end - all.begin}}
                    .dump();
        out_.pop_back();
        out_ += covers_of(songs, all) + "}";
        return;
    }
    double seconds = 0;
    const auto* date = &first.date;
    for (auto at = all.begin; at < all.end; ++at) {
        seconds += songs[at]->seconds;
        if (date->empty()) date = &songs[at]->date;
    }
    auto json = Json{{"id", all.id},  {"album", first.album},         {"artist", first.by},
                     {"date", *date}, {"songs", all.end - all.begin}, {"seconds", seconds}}
                    .dump();
    json.pop_back();
    out_ += json + covers_of(songs, all) + "}";
}

/// Whether the songs after a full page are counted too: for the total of a search.
bool ListPage::counts() const { return !words_.empty() && query_.after.empty() && !query_.m3u8; }

bool ListPage::more(std::size_t most) {
    bool ended = false;
    for (; at_ < end_ && most > 0; ++at_, --most) {
        if (!matches()) continue;
        if (count_ < query_.limit) {
            print();
            last_ = cursor();
        } else if (!counts()) {
            ended = true;
        }
        ++count_;
        if (ended) break;
    }
    if (!ended && at_ < end_) return true;
    if (query_.m3u8) return false;
    out_ += "],\"next\":" + (count_ > query_.limit ? '"' + last_ + '"' : "null");
    if (query_.after.empty()) out_ += text(",\"total\":", counts() ? count_ : total_);
    out_ += "}\n";
    return false;
}

}  // namespace stretto::edge
