#pragma once
// Cue sheets: where the songs of one long recording begin, and what they are called.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace stretto::publish {

struct CueTrack {
    int number = 0;
    std::string file;        ///< as the sheet names it
    std::int64_t begin = 0;  ///< index 01, in 1/75 s from the start of the file
    std::vector<std::pair<std::string, std::string>> tags;  ///< Vorbis comments; album's included
};

struct CueSheet {
    std::vector<CueTrack> tracks;  ///< at least one, by rising begin within a file
    const CueTrack* track(int number) const;
    /// The tracks in a file: all of them when the sheet has one file, whatever its name; else those
    /// of the file that the sheet names so.
    std::vector<const CueTrack*> tracks_in(std::string_view file) const;
    /// Where a track ends: where the next one of its file begins; nullopt: at the end of the file.
    std::optional<std::int64_t> end_of(const CueTrack& track) const;
};

/// Whether a sheet's FILE may mean this file: the same name without folders and extension. Sheets
/// keep the name that a recording had before it was compressed.
bool same_recording(std::string_view in_sheet, std::string_view file);

/// UTF-8 with or without a mark, else Windows-1252. Commands that are not known are passed over.
/// What lies between index 00 and 01 of a track (its pregap) belongs to the track before, so that
/// the tracks together are the whole recording from the first index 01 on.
Result<CueSheet> parse_cue(std::string_view text);

}  // namespace stretto::publish
