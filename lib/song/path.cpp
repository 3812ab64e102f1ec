#include "song/path.hpp"

#include <charconv>

#include "base/text.hpp"
#include "song/id.hpp"

namespace stretto::song {
namespace {

constexpr std::string_view before_number = "chunk_", after_number = ".ogg", index_file = "index",
                           before_cover = "cover/", after_cover = ".jpg";

/// A whole decimal number without sign or leading zeros.
std::optional<std::int64_t> number(std::string_view text, std::int64_t most) {
    std::int64_t value = 0;
    if (text.empty() || (text.size() > 1 && text[0] == '0') || text[0] == '-') return {};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || value > most) return {};
    return value;
}

}  // namespace

std::string chunk_path(int kbps, std::int64_t chunk) {
    return text(kbps, "/", before_number, chunk, after_number);
}
std::string index_path(int kbps) { return text(kbps, "/", index_file); }

std::string print_part(const Part& part) {
    return part.chunk ? chunk_path(part.kbps, *part.chunk) : index_path(part.kbps);
}

std::optional<Part> parse_part(std::string_view path) {
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return {};
    const auto kbps = parse_kbps(path.substr(0, slash));
    const auto file = path.substr(slash + 1);
    if (!kbps) return {};
    if (file == index_file) return Part{*kbps, {}};
    const auto chunk = parse_chunk_file(file);
    if (!chunk) return {};
    return Part{*kbps, chunk};
}

std::optional<int> parse_kbps(std::string_view text) {
    const auto kbps = number(text, most_kbps);
    if (!kbps || *kbps < 1) return {};
    return static_cast<int>(*kbps);
}

std::optional<std::int64_t> parse_chunk_file(std::string_view file) {
    if (!file.starts_with(before_number)) return {};
    file.remove_prefix(before_number.size());
    if (!file.ends_with(after_number)) return {};
    file.remove_suffix(after_number.size());
    return number(file, static_cast<std::int64_t>(most_chunks) - 1);
}

std::string cover_path(std::string_view sha256_hex) {
    return text(before_cover, sha256_hex, after_cover);
}

std::optional<std::string> parse_cover_path(std::string_view path) {
    constexpr std::size_t digits = 64;
    if (path.size() != before_cover.size() + digits + after_cover.size() ||
        !path.starts_with(before_cover) || !path.ends_with(after_cover))
        return {};
    const auto hash = path.substr(before_cover.size(), digits);
    if (hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) return {};
    return std::string{hash};
}

std::string tags_path(std::string_view key) { return text("tags/", key, ".json"); }

std::optional<std::string> parse_tags_path(std::string_view path) {
    constexpr std::string_view before = "tags/", after = ".json";
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
        !path.ends_with(after))
        return {};
    const auto key = path.substr(before.size(), path.size() - before.size() - after.size());
    if (!is_name(key) && !is_id(key)) return {};
    return std::string{key};
}

std::string song_path(std::string_view id, std::string_view rest) {
    std::string path = "songs/";
    return path.append(id).append("/").append(rest);
}
std::optional<std::pair<std::string, std::string>> parse_song_path(std::string_view path) {
    constexpr std::string_view songs = "songs/";
    if (!path.starts_with(songs)) return {};
    path.remove_prefix(songs.size());
    const auto slash = path.find('/');
    if (slash == path.npos) return {};
    return std::pair{std::string{path.substr(0, slash)}, std::string{path.substr(slash + 1)}};
}

std::string manifest_path(std::string_view id) { return song_path(id, manifest_file); }
std::string name_path(std::string_view name) { return std::string{"names/"}.append(name); }

}  // namespace stretto::song
