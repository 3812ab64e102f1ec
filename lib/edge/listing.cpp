#include "edge/listing.hpp"

#include <algorithm>
#include <sstream>

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

}  // namespace

Listing::Listing(std::vector<ListedSong> songs) : songs_(std::move(songs)) {
    std::ranges::sort(songs_, earlier);
    by_cursor_ = by_cursor(songs_);
}

Listing::Listing(const Listing& before, const std::vector<std::string>& out,
                 std::vector<ListedSong> in) {
    std::ranges::sort(in, earlier);
    songs_ = merged(before.songs_, out, in, earlier);
    by_cursor_ = merged(before.by_cursor_, out, by_cursor(in),
                        [](const auto* a, const auto* b) { return a->cursor < b->cursor; });
}

std::optional<std::size_t> Listing::place_of(const std::string& cursor) const {
    const auto found = std::ranges::lower_bound(by_cursor_, cursor, {}, &Listed::cursor);
    if (found == by_cursor_.end() || (*found)->cursor != cursor) return {};
    const auto place = std::ranges::lower_bound(songs_, (*found)->sort, {}, &Listed::sort);
    return static_cast<std::size_t>(place - songs_.begin());
}

std::string fold(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

Result<ListPage> ListPage::begin(std::shared_ptr<const Listing> listing, const Query& query) {
    ListPage page;
    if (!query.after.empty()) {
        const auto place = listing->place_of(query.after);
        if (!place) return Malformed{"there is no such page any more"};
        page.at_ = *place + 1;
    }
    page.listing_ = std::move(listing);
    page.words_ = words_of(query.text);
    page.limit_ = query.limit;
    page.json_ = "{\"songs\":[";
    return page;
}

bool ListPage::more(std::size_t most) {
    const auto& songs = listing_->songs();
    bool full = false;
    for (; at_ < songs.size() && most > 0; ++at_, --most) {
        const auto& song = *songs[at_];
        if (!std::ranges::all_of(words_, [&](const auto& word) {
                return song.haystack.find(word) != std::string::npos;
            }))
            continue;
        full = count_ == limit_;
        if (full) break;
        if (count_++ > 0) json_ += ",\n";
        json_ += song.json;
        last_ = song.cursor;
    }
    if (!full && at_ < songs.size()) return true;
    json_ += "],\"next\":" + (full ? '"' + last_ + '"' : "null") + "}\n";
    return false;
}

}  // namespace stretto::edge
