#pragma once
// What songs are called and who is paid for them: by a catalogue, else by most listeners.
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "report/visits.hpp"

namespace stretto::report {

struct Tags {
    std::string title, artist;
};

/// By song id.
using Catalogue = std::unordered_map<std::string, Tags>;

/// Title and artist as one text, and back.
std::string join_tags(std::string_view title, std::string_view artist);
std::pair<std::string, std::string> split_tags(std::string_view tags);

/// Titles and artists that listeners tell: each listener has one vote for each pair that it tells
/// of a song, and those who played the song come first.
class Votes {
   public:
    void add(Name song, Name tags, bool played) {
        auto& of = votes_[{song, tags}];
        ++(played ? of.first : of.second);
    }
    /// By song; among equals the first text.
    std::vector<Tags> decide(const Dictionary& names) const;

   private:
    std::map<std::pair<Name, Name>, std::pair<std::int64_t, std::int64_t>> votes_;
};

/// By song; `known` says which are in the catalogue.
struct Tagged {
    std::vector<Tags> tags;
    std::vector<bool> known;  ///< empty: there is no catalogue, all are
    bool pays(Name song) const { return known.empty() || known[song]; }
};

}  // namespace stretto::report
