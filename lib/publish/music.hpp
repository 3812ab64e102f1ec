#pragma once
// What a folder of music has: audio files, pictures, cue sheets.
#include <filesystem>
#include <string>
#include <vector>

namespace stretto::publish {

/// Whether a directory is a store: it has songs and names.
bool looks_like_store(const std::filesystem::path& folder);

struct Music {
    std::vector<std::filesystem::path> files;  ///< sorted
    std::vector<std::filesystem::path> links;  ///< to files, pictures and sheets among them
    std::vector<std::string> unread;           ///< directories that could not be read, and why
};

/// The audio files in a directory tree, by the extensions of their names. Leaves out hidden files
/// and directories, links to directories, and stores.
Music find_music(const std::filesystem::path& root);

/// A picture that stands for a folder's music, as players take it: cover, folder, front or album.
/// Empty: there is none.
std::filesystem::path picture_beside(const std::filesystem::path& folder);

/// The cue sheets in a folder, sorted.
std::vector<std::filesystem::path> sheets_in(const std::filesystem::path& folder);

/// With small letters for A to Z; names of files differ in no more than these.
std::string lower_case(std::string name);

}  // namespace stretto::publish
