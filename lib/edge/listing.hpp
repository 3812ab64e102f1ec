#pragma once
// The list of a store's songs, sorted by artist, album, disc and track. It can be searched and is
// returned in pages.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"

namespace stretto::edge {

/// A song with one set of its tags, as listed.
struct Listed {
    std::string id;
    std::string cursor;    ///< names its place in a list: the `next` of a page
    std::string json;      ///< its object in the list
    std::string sort;      ///< the list is sorted by it; no two have the same
    std::string haystack;  ///< the text that is searched for words: lower case
    std::string by{};      ///< the artist whom the song is listed under
    std::string album{};   ///< empty: none
    std::string date{}, title{}, artist{};
    std::string covers{};  ///< JSON
    double seconds = 0;

    /// The song in a playlist: the name with these tags, or else the id.
    std::string address() const;
};
using ListedSong = std::shared_ptr<const Listed>;

/// The id of an artist, or of an artist's album: 32 characters. Upper and lower case are equal.
std::string album_id(std::string_view artist, std::string_view album);
std::string artist_id(std::string_view artist);

/// Consecutive songs of a list with the same album or artist.
struct Group {
    std::string id;
    std::size_t begin = 0, end = 0;  ///< songs
    std::size_t albums = 0;          ///< of an artist
};

/// All songs at one time. Immutable.
class Listing {
   public:
    enum class Kind { songs, albums, artists };

    /// @param songs  in any order
    explicit Listing(std::vector<ListedSong> songs);
    /// A copy of `before` without some songs and with others. Copies only pointers.
    /// @param out  sorted ids to remove
    Listing(const Listing& before, const std::vector<std::string>& out, std::vector<ListedSong> in);

    const std::vector<ListedSong>& songs() const noexcept { return songs_; }
    /// @return nullopt: there is no such song
    std::optional<std::size_t> place_of(const std::string& cursor) const;
    /// Of a song that was removed not long ago, or of the album or artist that it was the last of:
    /// the place of what comes behind.
    std::optional<std::size_t> place_after_gone(Kind kind, const std::string& cursor) const;
    /// Of a song's id, which may have several cursors: the place of one of them.
    std::optional<std::size_t> place_of_song(const std::string& id) const;
    /// Sorted like the songs.
    const std::vector<Group>& albums() const noexcept { return albums_; }
    const std::vector<Group>& artists() const noexcept { return artists_; }
    /// The index of an album or artist in its list.
    std::optional<std::size_t> place_of(Kind kind, const std::string& id) const;

   private:
    void find_groups();

    static constexpr std::size_t most_gone = 1000;
    std::vector<ListedSong> songs_;  // sorted
    std::vector<ListedSong> gone_;   // the last that were removed, so that a list can be continued
    std::vector<const Listed*> by_cursor_;
    std::vector<Group> albums_, artists_;
    std::unordered_map<std::string, std::size_t> album_places_, artist_places_;
};

/// Where the list of songs comes from.
class Listings {
   public:
    virtual ~Listings() = default;
    /// nullptr until it is known for the first time. From any thread.
    virtual std::shared_ptr<const Listing> listing() const = 0;
};

struct Query {
    std::string text;   ///< words that title, artists, album or name contain; empty: every song
    std::string after;  ///< the `next` of the page before
    std::size_t limit = 100;
    Listing::Kind kind = Listing::Kind::songs;
    std::string album{},
        artist{};            ///< ids: only songs of this album, songs or albums of this artist
    std::string song{};      ///< only the song with this id
    bool m3u8 = false;       ///< songs as a playlist
    std::string songs_at{};  ///< what addresses of songs begin with there
};

/// Finds a page of a list in steps, so that an event loop is not blocked.
class ListPage {
   public:
    /// Malformed if `after` is not in the list. An unknown album or artist has no songs.
    static Result<ListPage> begin(std::shared_ptr<const Listing> listing, const Query& query);

    /// Examine this many more songs, albums or artists. @return true: the page is not finished yet
    bool more(std::size_t most);
    /// The finished page: {"songs": [...], "next": ID or null, "total": N}, see
    /// stretto-protocol(7), or a playlist. Only the first page has the total.
    std::string take() { return std::move(out_); }
    /// Whether the requested album or artist does not exist.
    bool of_nothing() const noexcept { return of_nothing_; }

   private:
    ListPage() = default;
    void narrow(const Group& songs);
    void narrow_to_song();
    bool counts() const;
    bool matches(const std::string& haystack) const;
    bool matches() const;
    const Group& group() const;
    void print();
    std::string cursor() const;

    std::shared_ptr<const Listing> listing_;
    Query query_;
    std::vector<std::string> words_;
    std::size_t at_ = 0, end_ = 0, count_ = 0, total_ = 0;
    bool of_nothing_ = false;
    std::string out_, last_;
};

/// Without the difference of upper and lower case (Unicode's full case folding), composed (NFC).
/// What is not UTF-8: only ASCII letters are changed.
std::string fold(std::string text);

}  // namespace stretto::edge
