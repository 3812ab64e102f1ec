#pragma once
// A chunk shown to people: its headers, pages, packets, trim and pieces.
#include <filesystem>
#include <iosfwd>

namespace stretto::publish {

/// One chunk, or every chunk in a folder and below, in order. Throws an Error (65) where one is no
/// chunk.
void explain(const std::filesystem::path& path, std::ostream& out);

}  // namespace stretto::publish
