#pragma once
// The upstream server's list of songs, as this API shows it: artists, albums, songs. Immutable.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"

namespace stretto {
class Json;
}

namespace stretto::subsonic {

struct Cover {
    int px = 0;
    std::string path;  ///< on the upstream server
};

struct Song {
    std::string id;    ///< in this API
    std::string song;  ///< in the store
    std::string title, artist, haystack;
    std::size_t album_at = 0, artist_at = 0;  ///< whose it is
    int disc = 0, track = 0;                  ///< 0: unknown
    double seconds = 0;
    std::vector<int> kbps;  ///< ascending, at least one
    std::vector<Cover> covers;
};

/// Songs that follow one another; those of an artist without an album are one, too.
struct Album {
    std::string id, name, artist, date, haystack;
    std::size_t artist_at = 0;
    std::size_t begin = 0, end = 0;  ///< songs
    double seconds = 0;
    std::optional<std::size_t> covered_at{};  ///< the first song with a cover
    int year() const;                         ///< 0: unknown
};

struct Artist {
    std::string id, name, haystack;
    std::size_t begin = 0, end = 0;  ///< albums
};

/// The number of a rendition: the highest up to `most_kbps`, or else the lowest.
/// @param most_kbps  0: no limit
int choose_kbps(const Song& song, std::uint64_t most_kbps);
/// The smallest of at least `px`, or else the largest; nullptr: there is none.
const Cover* choose_cover(const std::vector<Cover>& covers, std::uint64_t px);

class Library {
   public:
    const std::vector<Song>& songs() const noexcept { return songs_; }
    const std::vector<Album>& albums() const noexcept { return albums_; }  ///< by artist and name
    const std::vector<Artist>& artists() const noexcept { return artists_; }
    /// Indices of albums by name, and by date, the latest first.
    const std::vector<std::size_t>& by_name() const noexcept { return by_name_; }
    const std::vector<std::size_t>& by_date() const noexcept { return by_date_; }

    // nullptr: there is none
    const Song* song(const std::string& id) const;
    const Album* album(const std::string& id) const;
    const Artist* artist(const std::string& id) const;

    /// The song that shows the cover of an album; nullptr: none has one.
    const Song* covered(const Album& album) const;

   private:
    friend class LibraryBuilder;
    std::vector<Song> songs_;
    std::vector<Album> albums_;
    std::vector<Artist> artists_;
    std::vector<std::size_t> by_name_, by_date_;
    std::unordered_map<std::string, std::size_t> song_places_, album_places_, artist_places_;
};

/// Makes a library of the pages that a server lists (stretto-protocol(7)): first those of albums,
/// for their dates, then those of songs, in order.
class LibraryBuilder {
   public:
    static constexpr std::size_t most_songs = 5'000'000;

    /// @return  the `next` of the page, empty at the end of the list; Malformed if it is no page
    Result<std::string> add_albums(std::string_view page);
    Result<std::string> add_songs(std::string_view page);
    Library finish();

   private:
    void add(const Json& row);

    Library library_;
    std::unordered_map<std::string, std::string> dates_;  // by album
};

/// ASCII letters in lower case.
std::string folded(std::string_view text);
/// Different words of a search, in lower case, at most 16 of its first 200 bytes: each is looked
/// for in each song. Quotes around them, which some clients send, are left out.
std::vector<std::string> words_of(std::string_view query);

}  // namespace stretto::subsonic
