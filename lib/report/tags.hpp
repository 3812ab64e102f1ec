#pragma once
// Titles and artists of songs: from a catalogue, otherwise by the majority of listeners.
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

/// Titles and artists per song id.
using Catalogue = std::unordered_map<std::string, Tags>;

/// Join title and artist into one text; split_tags() separates them again.
std::string join_tags(std::string_view title, std::string_view artist);
std::pair<std::string, std::string> split_tags(std::string_view tags);

/// Titles and artists from events. Each listener has one vote for each pair that it gives for a
/// song. Listeners who played the song take precedence.
class Votes {
   public:
    void add(Name song, Name tags, bool played) {
        auto& of = votes_[{song, tags}];
        ++(played ? of.first : of.second);
    }
    /// The winner per song, indexed by Name; the first text among equals.
    std::vector<Tags> decide(const Dictionary& names) const;

   private:
    std::map<std::pair<Name, Name>, std::pair<std::int64_t, std::int64_t>> votes_;
};

/// Tags per song, indexed by Name. `known` tells which songs are in the catalogue.
struct Tagged {
    std::vector<Tags> tags;
    std::vector<bool> known;  ///< empty: there is no catalogue, and all songs are paid
    bool pays(Name song) const { return known.empty() || known[song]; }
};

}  // namespace stretto::report
