#include "edge/route.hpp"

#include <charconv>

#include "song/id.hpp"

namespace stretto::edge {
namespace {

/// A whole decimal number without sign or leading zeros.
template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    if (text.empty() || (text.size() > 1 && text[0] == '0') || text[0] == '-') return {};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

/// Up to the next slash, which is taken off too.
std::string_view segment(std::string_view& path) {
    const auto slash = path.find('/');
    const auto first = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    return first;
}

std::optional<std::int64_t> chunk_number(std::string_view file) {
    constexpr std::string_view before = "chunk_", after = ".ogg";
    if (!file.starts_with(before) || !file.ends_with(after) ||
        file.size() <= before.size() + after.size())
        return {};
    const auto k = number<std::int64_t>(
        file.substr(before.size(), file.size() - before.size() - after.size()));
    if (!k || *k > 65535) return {};
    return k;
}

bool is_song(std::string_view song) { return song::is_id(song) || song::is_name(song); }

Route route_of_song(std::string_view rest) {
    Route found;
    found.song = segment(rest);
    if (!is_song(found.song)) return {};
    if (rest == "manifest.json") {
        found.kind = Route::manifest;
        return found;
    }
    if (const auto k = chunk_number(rest)) {
        found.kind = Route::chunk_by_field;
        found.chunk = *k;
        return found;
    }
    const auto kbps = parse_kbps(segment(rest));
    if (!kbps || !song::is_id(found.song)) return {};
    found.kbps = *kbps;
    if (rest == "index") {
        found.kind = Route::index;
        return found;
    }
    const auto k = chunk_number(rest);
    if (!k) return {};
    found.kind = Route::rendition_chunk;
    found.chunk = *k;
    return found;
}

}  // namespace

std::optional<int> parse_kbps(std::string_view value) {
    const auto kbps = number<int>(value);
    if (!kbps || *kbps < 1 || *kbps > 65535) return {};
    return kbps;
}

Route route(std::string_view path) {
    Route found;
    if (path == "/") found.kind = Route::page;
    if (path == "/songs") found.kind = Route::songs;
    if (path == "/healthz") found.kind = Route::health;
    if (path == "/metrics") found.kind = Route::metrics;
    if (path == "/stats.json") found.kind = Route::stats;
    if (path == "/events") found.kind = Route::events;
    if (path.starts_with("/songs/")) return route_of_song(path.substr(7));
    if (path.starts_with("/names/") && song::is_name(path.substr(7))) {
        found.kind = Route::name;
        found.song = path.substr(7);
    }
    if (path.starts_with("/stream/") && is_song(path.substr(8))) {
        found.kind = Route::stream;
        found.song = path.substr(8);
    }
    return found;
}

}  // namespace stretto::edge
