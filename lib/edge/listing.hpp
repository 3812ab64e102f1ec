#pragma once
// The songs of a store as people look for them: listed by artist, album, disc and track, searched,
// page by page.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace stretto::edge {

/// What a list says of a song with one set of its tags.
struct Listed {
    std::string id;
    std::string cursor;    ///< names its place in a list: the `next` of a page
    std::string json;      ///< its object in the list
    std::string sort;      ///< the list is sorted by it; no two have the same
    std::string haystack;  ///< the text that is searched for words: lower case
};
using ListedSong = std::shared_ptr<const Listed>;

/// All songs at one time; never changes.
class Listing {
   public:
    /// @param songs  in any order
    explicit Listing(std::vector<ListedSong> songs);
    /// `before` without some songs and with others: copies pointers only.
    /// @param out  ids, sorted
    Listing(const Listing& before, const std::vector<std::string>& out, std::vector<ListedSong> in);

    const std::vector<ListedSong>& songs() const noexcept { return songs_; }
    /// nullopt: there is no such song.
    std::optional<std::size_t> place_of(const std::string& cursor) const;

   private:
    std::vector<ListedSong> songs_;  // by sort
    std::vector<const Listed*> by_cursor_;
};

struct Query {
    std::string text;   ///< words that title, artists, album or name contain; empty: every song
    std::string after;  ///< the `next` of the page before
    std::size_t limit = 100;
};

/// A page of a list. It is found in parts, so that a loop can do other things in between.
class ListPage {
   public:
    /// Malformed if `after` is no song of the list.
    static Result<ListPage> begin(std::shared_ptr<const Listing> listing, const Query& query);

    /// Look at this many songs more. @return whether the page is not yet finished
    bool more(std::size_t songs);
    /// {"songs": [...], "next": ID or null}, see stretto-protocol(7); once it is finished.
    std::string take() { return std::move(json_); }

   private:
    ListPage() = default;

    std::shared_ptr<const Listing> listing_;
    std::vector<std::string> words_;
    std::size_t limit_ = 0, at_ = 0, count_ = 0;
    std::string json_, last_;
};

/// Lower case, where that is ASCII.
std::string fold(std::string text);

}  // namespace stretto::edge
