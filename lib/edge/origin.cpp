#include "edge/origin.hpp"

#include <unordered_set>

#include "base/digest.hpp"
#include "edge/gzip.hpp"
#include "http/repr_digest.hpp"
#include "song/id.hpp"
#include "song/manifest.hpp"
#include "song/removals.hpp"

namespace stretto::edge {
namespace {

constexpr std::uint64_t recheck_ms = 1000;

constexpr std::string_view for_ever = "public, max-age=31536000, immutable";
// a name or its tags may change; while we are away, better an old one than none
constexpr std::string_view for_a_minute =
    "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400";
// who reads it wants to know soon
constexpr std::string_view for_seconds = "public, max-age=5";

http::Fields common_fields(std::string_view type, std::string_view cache, std::string_view etag) {
    return {{"Content-Type", std::string{type}},
            {"Cache-Control", std::string{cache}},
            {"ETag", std::string{etag}},
            {"Accept-Ranges", "bytes"},
            {"X-Content-Type-Options", "nosniff"},
            {"Access-Control-Allow-Origin", "*"},
            {"Access-Control-Expose-Headers",
             "Age, Cache-Status, Content-Length, Content-Range, ETag, X-Bitrate, X-Cache"}};
}

std::string_view type_of(Route::Kind kind) {
    if (kind == Route::cover) return "image/jpeg";
    return kind == Route::index ? "application/octet-stream" : "audio/ogg";
}

/// A tag for what its path fixes: the same at every origin that holds a copy.
std::string path_tag(const Route& route) {
    if (route.kind == Route::cover) return text('"', route.hash.substr(0, 32), '"');
    return text('"', route.song, '-', route.kbps, '-',
                route.kind == Route::index ? std::string{"index"} : std::to_string(route.chunk),
                '"');
}

/// All of a song, whatever name it was asked for by: "songs/ID/..." (RFC 9875).
std::string group_of(std::string_view path) {
    path.remove_prefix(std::string_view{"songs/"}.size());
    return text('"', path.substr(0, path.find('/')), '"');
}

std::string content_tag(BytesView bytes, bool gzip) {
    return text('"', hex(sha256(bytes)).substr(0, 32), gzip ? "-gzip" : "", '"');
}

}  // namespace

http::Fields object_fields(const Route& route, std::string_view etag) {
    const bool manifest = route.kind == Route::manifest, removals = route.kind == Route::removals;
    auto fields = manifest || removals || route.kind == Route::name
                      ? common_fields(manifest ? "application/json" : "text/plain; charset=utf-8",
                                      removals ? for_seconds : for_a_minute, etag)
                      : common_fields(type_of(route.kind), for_ever, path_tag(route));
    if (!removals && route.kind != Route::name)
        fields.add("Cache-Groups", group_of(object_path(route)));
    return fields;
}

Origin::Origin(const store::Tree& tree, std::size_t open_files, std::uint64_t memory)
    : tree_(tree), most_files_(open_files), most_memory_(memory) {}

std::shared_ptr<Entry> Origin::find(const Route& route, bool gzip, std::uint64_t now_ms) {
    if (route.kind == Route::manifest && !song::is_id(route.song)) {
        auto id = id_of(route.song, now_ms);
        if (!id) return nullptr;
        Route own{Route::manifest, *id};
        own.tags = route.song;
        if (auto entry = find(own, gzip, now_ms)) return entry;
        return find({Route::manifest, std::move(*id)}, gzip, now_ms);
    }
    const std::string file = object_path(route);
    if (file.empty()) return nullptr;
    gzip = gzip && route.kind == Route::manifest;
    const std::string key = gzip ? file + " gzip" : file;
    if (auto entry = known(key, now_ms)) return entry;
    return load(key, file, route, gzip, now_ms);
}

std::optional<std::string> Origin::id_of(const std::string& name, std::uint64_t now_ms) {
    const auto entry = find({Route::name, name}, false, now_ms);
    const auto bytes = entry ? entry->content()->read_all(64) : std::nullopt;
    if (!bytes) return {};
    std::string id{as_text(*bytes)};
    if (!id.empty() && id.back() == '\n') id.pop_back();
    if (!song::is_id(id)) return {};
    return id;
}

/// What is held and still as it is on disk.
std::shared_ptr<Entry> Origin::known(const std::string& key, std::uint64_t now_ms) {
    const std::lock_guard lock{mutex_};
    auto found = young_.find(key);
    if (found == young_.end()) {
        const auto old = old_.find(key);
        if (old == old_.end()) return nullptr;
        Slot slot = std::move(old->second);
        old_.erase(old);
        keep(key, std::move(slot));
        found = young_.find(key);
    }
    Slot& slot = found->second;
    if (now_ms - slot.checked_ms < recheck_ms) return slot.entry;
    const auto state = tree_.state(slot.file);
    if (!state || *state != slot.state) {
        young_memory_ -= slot.memory;
        young_.erase(found);
        return nullptr;
    }
    slot.checked_ms = now_ms;
    return slot.entry;
}

std::shared_ptr<Entry> Origin::load(const std::string& key, const std::string& path,
                                    const Route& route, bool gzip, std::uint64_t now_ms) {
    auto file = open(path);
    if (!file) return nullptr;
    Slot slot;
    slot.file = path;
    slot.state = store::Tree::state(file->fd());
    slot.checked_ms = now_ms;
    const bool removals = route.kind == Route::removals;
    if (route.kind == Route::manifest || route.kind == Route::name || removals) {
        auto bytes = read_rest(
            file->fd(), removals ? song::most_removals_bytes : song::most_manifest_bytes, path);
        if (!bytes) return nullptr;
        const auto tag = content_tag(*bytes, gzip);
        if (gzip) bytes = gzip_bytes(*bytes);
        slot.memory = bytes->size();
        auto fields = common_fields(
            route.kind == Route::manifest ? "application/json" : "text/plain; charset=utf-8",
            removals ? for_seconds : for_a_minute, tag);
        if (route.kind == Route::manifest) fields.add("Vary", "Accept-Encoding");
        if (gzip) fields.add("Content-Encoding", "gzip");
        if (route.kind == Route::manifest) fields.add("Cache-Groups", group_of(path));
        // the manifest proves chunks and indexes; nothing else proves these
        // them
        fields.add("Repr-Digest", http::print_repr_digest(sha256(*bytes)));
        slot.entry = std::make_shared<Entry>(key, Head::of_origin(200, std::move(fields)),
                                             std::make_shared<Content>(std::move(*bytes)));
    } else {
        auto fields = common_fields(type_of(route.kind), for_ever, path_tag(route));
        fields.add("Cache-Groups", group_of(path));
        slot.entry =
            std::make_shared<Entry>(key, Head::of_origin(200, std::move(fields)),
                                    std::make_shared<Content>(std::move(*file), slot.state.size));
    }
    auto entry = slot.entry;
    const std::lock_guard lock{mutex_};
    keep(key, std::move(slot));
    return entry;
}

void Origin::forget(const std::vector<std::string>& ids) {
    const std::unordered_set<std::string_view> gone{ids.begin(), ids.end()};
    const auto is_of = [&](const auto& slot) {
        std::string_view path = slot.second.file;
        constexpr std::string_view songs = "songs/";
        if (!path.starts_with(songs)) return false;
        path.remove_prefix(songs.size());
        return gone.contains(path.substr(0, path.find('/')));
    };
    const std::lock_guard lock{mutex_};
    std::erase_if(old_, is_of);
    std::erase_if(young_, [&](const auto& slot) {
        if (!is_of(slot)) return false;
        young_memory_ -= slot.second.memory;
        return true;
    });
}

void Origin::forget_all() {
    const std::lock_guard lock{mutex_};
    young_.clear();
    old_.clear();
    young_memory_ = 0;
}

/// When descriptors run out, those of files that are not being sent are closed first.
std::optional<File> Origin::open(const std::string& path) {
    try {
        return tree_.open(path);
    } catch (const Error&) {
        forget_all();
    }
    return tree_.open(path);
}

void Origin::keep(const std::string& key, Slot slot) {
    if (2 * young_.size() >= most_files_ || 2 * young_memory_ >= most_memory_) {
        old_ = std::exchange(young_, {});
        young_memory_ = 0;
    }
    young_memory_ += slot.memory;
    young_.insert_or_assign(key, std::move(slot));
}

}  // namespace stretto::edge
