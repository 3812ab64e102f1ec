#include "edge/route.hpp"

#include "song/id.hpp"
#include "song/path.hpp"
#include "song/removals.hpp"

namespace stretto::edge {
namespace {

/// Up to the next slash, which is taken off too.
std::string_view segment(std::string_view& path) {
    const auto slash = path.find('/');
    const auto first = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    return first;
}

bool is_song(std::string_view song) { return song::is_id(song) || song::is_name(song); }

Route route_of_song(std::string_view rest) {
    Route found;
    found.song = segment(rest);
    if (!is_song(found.song)) return {};
    if (rest == song::manifest_file) {
        found.kind = Route::manifest;
        return found;
    }
    if (const auto k = song::parse_chunk_file(rest)) {
        found.kind = Route::chunk_by_field;
        found.chunk = *k;
        return found;
    }
    if (auto hash = song::parse_cover_path(rest); hash && song::is_id(found.song)) {
        found.kind = Route::cover;
        found.hash = std::move(*hash);
        return found;
    }
    if (auto key = song::parse_tags_path(rest); key && song::is_id(found.song)) {
        found.kind = Route::manifest;
        found.tags = std::move(*key);
        return found;
    }
    const auto part = song::parse_part(rest);
    if (!part || !song::is_id(found.song)) return {};
    found.kind = part->chunk ? Route::rendition_chunk : Route::index;
    found.kbps = part->kbps;
    found.chunk = part->chunk.value_or(0);
    return found;
}

}  // namespace

Route route(std::string_view path) {
    Route found;
    if (path == "/") found.kind = Route::page;
    if (path == "/songs") found.kind = Route::songs;
    if (path == "/songs.m3u8") found.kind = Route::playlist;
    constexpr std::string_view albums = "/albums/", m3u8 = ".m3u8";
    if (path.starts_with(albums) && path.ends_with(m3u8)) {
        const auto album = path.substr(albums.size(), path.size() - albums.size() - m3u8.size());
        if (song::is_id(album)) {
            found.kind = Route::playlist;
            found.song = album;
        }
    }
    // what a playlist in /albums/ calls stream/SONG; not every player resolves ".."
    if (path.starts_with("/albums/stream/")) path.remove_prefix(std::string_view{"/albums"}.size());
    if (path == "/healthz") found.kind = Route::health;
    if (path == "/metrics") found.kind = Route::metrics;
    if (path == "/stats.json") found.kind = Route::stats;
    if (path == "/events") found.kind = Route::events;
    if (path.starts_with('/') && path.substr(1) == song::removals_path)
        found.kind = Route::removals;
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

std::string object_path(const Route& route) {
    switch (route.kind) {
        case Route::name:
            return song::name_path(route.song);
        case Route::removals:
            return std::string{song::removals_path};
        case Route::manifest:
            if (!route.tags.empty())
                return song::song_path(route.song, song::tags_path(route.tags));
            return song::manifest_path(route.song);
        case Route::index:
            return song::song_path(route.song, song::index_path(route.kbps));
        case Route::cover:
            return song::song_path(route.song, song::cover_path(route.hash));
        case Route::rendition_chunk:
            return song::song_path(route.song, song::chunk_path(route.kbps, route.chunk));
        default:
            return {};
    }
}

}  // namespace stretto::edge
