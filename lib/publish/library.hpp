#pragma once
// A directory tree of music into a store: every file encoded, cut and published, on all cores.
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "publish/encode.hpp"
#include "song/ladder.hpp"
#include "store/store.hpp"

namespace stretto::publish {

struct LibraryOptions {
    enum class Gain {
        by_album,  ///< one for the files of a directory that have the same ALBUM and ALBUMARTIST
        track,     ///< each its own
        album,     ///< one for all files of a directory, whatever their tags
    };
    Source source;
    std::vector<int> kbps{std::begin(song::default_ladder), std::end(song::default_ladder)};
    double lufs = -14, true_peak = -1;
    double chunk_seconds = 10;
    Gain gain = Gain::by_album;
    unsigned jobs = 2;
    bool no_cue = false;  ///< a file is one song, whatever cue sheets say
};

struct Outcome {
    std::filesystem::path file;
    int track = 0;        ///< of its cue sheet; 0: the whole file
    std::string id;       ///< empty if it failed
    std::string why;      ///< the reason if it failed
    bool before = false;  ///< an earlier run published it, and nothing that matters has changed
    std::vector<std::string> damage;  ///< passed over, when told to keep going
};

/// Called after each song, from one thread at a time.
using LibraryReport =
    std::function<void(std::size_t done, std::size_t all, const Outcome& outcome)>;

/// Encode, cut and publish each file. A file with a cue sheet, beside it or inside, that finds
/// several tracks in it becomes a song for each. A bad file costs only itself; a store that cannot
/// be written ends it all with an Error. The store's `.published` remembers what was done, so that
/// a second run does only what has changed.
/// @param files  sorted
/// @return by path and track
std::vector<Outcome> publish_library(store::Store& store,
                                     const std::vector<std::filesystem::path>& files,
                                     const LibraryOptions& options, const LibraryReport& report);

}  // namespace stretto::publish
