#pragma once
// Paths of the parts of a song: the same relative paths in a folder, a bundle, a store and a URL.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stretto::song {

constexpr std::size_t most_chunks = 65536;
constexpr int most_kbps = 65535;
constexpr std::string_view manifest_file = "manifest.json";

/// A file of a rendition: a chunk, or, without a number, the index.
struct Part {
    int kbps = 0;
    std::optional<std::int64_t> chunk;
    bool operator==(const Part&) const = default;
};

/// "<kbps>/chunk_<k>.ogg" and "<kbps>/index", relative to the song. Reading accepts exactly
/// the printed form: no signs, no leading zeros.
std::string chunk_path(int kbps, std::int64_t chunk);
std::string index_path(int kbps);
std::string print_part(const Part& part);
std::optional<Part> parse_part(std::string_view path);
/// The components of these paths: "<kbps>" and "chunk_<k>.ogg".
std::optional<int> parse_kbps(std::string_view text);
std::optional<std::int64_t> parse_chunk_file(std::string_view file);

/// "cover/<sha256 in hex>.jpg", relative to the song.
std::string cover_path(std::string_view sha256_hex);
/// The hexadecimal hash in a cover's path; nullopt when it is none.
std::optional<std::string> parse_cover_path(std::string_view path);

/// "tags/<key>.json", relative to the song: its manifest under other tags. The key is the name that
/// carries them or, where there is none, 32 characters like those of an id.
std::string tags_path(std::string_view key);
/// The key in such a path; nullopt when it is none.
std::optional<std::string> parse_tags_path(std::string_view path);

/// Relative to the store: "songs/<id>/<rest>", "songs/<id>/manifest.json" and "names/<name>".
std::string song_path(std::string_view id, std::string_view rest);
/// ID and REST of "songs/ID/REST", neither of them checked.
std::optional<std::pair<std::string, std::string>> parse_song_path(std::string_view path);
std::string manifest_path(std::string_view id);
std::string name_path(std::string_view name);

}  // namespace stretto::song
