#pragma once
// The meaning of a request's path. See stretto-protocol(7).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stretto::edge {

struct Route {
    enum Kind {
        page,             ///< /
        songs,            ///< /songs
        playlist,         ///< /songs.m3u8, /albums/{song}.m3u8
        manifest,         ///< /songs/{song}/manifest.json, /songs/{id}/tags/{tags}.json
        rendition_chunk,  ///< /songs/{id}/{kbps}/chunk_{k}.ogg
        index,            ///< /songs/{id}/{kbps}/index
        cover,            ///< /songs/{id}/cover/{sha256}.jpg
        chunk_by_field,   ///< /songs/{song}/chunk_{k}.ogg: the bitrate is in a request field
        stream,           ///< /stream/{song}
        name,             ///< /names/{name}
        removals,         ///< /removed
        health,           ///< /healthz
        metrics,          ///< /metrics
        stats,            ///< /stats.json
        events,           ///< /events
        other
    } kind = other;
    std::string song = {};  ///< id or name
    int kbps = 0;
    std::int64_t chunk = 0;
    std::string tags = {};  ///< of a manifest: the key of a set of tags (song/path.hpp)
    std::string hash = {};  ///< of a cover, in hexadecimal

    /// Whether it is an object of a store, which is the same for all clients.
    bool is_object() const noexcept {
        return kind == manifest || kind == rendition_chunk || kind == index || kind == cover ||
               kind == name || kind == removals;
    }
};

/// @param path  decoded
Route route(std::string_view path);
/// The path of an object in a store, "songs/<id>/96/index"; empty if the route is not an object.
std::string object_path(const Route& route);

}  // namespace stretto::edge
