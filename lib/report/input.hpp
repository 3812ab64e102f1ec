#pragma once
// The lines of files, folders and standard input, packed by gzip, xz or zstd, or not.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::report {

/// Folders become the *.jsonl, *.json and *.log in them, packed (.gz, .xz, .zst) and rotated
/// (.log.1) too, by name; a name with * ? [ that is no file becomes the files that it means. An
/// Error (66) for one that means none.
std::vector<std::string> expand(const std::vector<std::string>& names);

/// Each line without its line feed, with events::Reader::padding readable bytes behind it.
/// @param take  whole: false for a line too long to be read, of which this is the beginning
/// @return      why not all was read: packed data end early or are damaged, which loses what is
///              behind; empty: all was
std::string each_line(const std::string& name,
                      const std::function<void(std::string_view line, bool whole)>& take);

}  // namespace stretto::report
