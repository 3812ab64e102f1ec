#include "edge/manifests.hpp"

#include "song/id.hpp"
#include "song/lookup.hpp"

namespace stretto::edge {

void read_whole(
    net::Loop& loop, Found found, std::uint64_t most,
    std::function<void(std::optional<Bytes>, int status, const std::string& why)> done) {
    if (!found.entry) return done({}, found.status, found.why);
    const int status = found.entry->head()->stored.status;
    if (status != 200) return done({}, status, text("status ", status));
    auto entry = found.entry;
    entry->content()->when_settled(loop, [entry, most, done = std::move(done)] {
        if (entry->content()->failed()) return done({}, 502, "the server behind broke off");
        auto bytes = entry->content()->read_all(most);
        const bool there = bytes.has_value();
        done(std::move(bytes), there ? 200 : 502, there ? "" : "too long");
    });
}

void Manifests::get(Objects& objects, net::Loop& loop, const std::string& song, Done done) {
    if (song::is_id(song)) return get_id(objects, loop, song, std::move(done));
    const auto most = song::wanted_for(song).most_bytes;
    objects.get({Route::name, song},
                [=, this, &objects, &loop, done = std::move(done)](Found found) {
                    read_whole(loop, std::move(found), most,
                               [=, this, &objects, &loop](const std::optional<Bytes>& bytes,
                                                          int status, const std::string& why) {
                                   if (!bytes) return done({nullptr, status, why});
                                   const auto id = song::parse_name(as_text(*bytes));
                                   if (!id) return done({nullptr, 502, id.error().why});
                                   get_id(objects, loop, *id, done);
                               });
                });
}

void Manifests::get_id(Objects& objects, net::Loop& loop, const std::string& id, Done done) {
    objects.get({Route::manifest, id}, [this, &loop, id, done = std::move(done)](Found found) {
        if (!found.entry) return done({nullptr, found.status, found.why});
        // a callback may request the next one at once: not under the lock
        if (auto manifest = parsed(id, found.entry)) return done({std::move(manifest), 200, ""});
        const auto entry = found.entry;
        read_whole(loop, std::move(found), song::most_manifest_bytes,
                   [this, id, entry, done](const std::optional<Bytes>& bytes, int status,
                                           const std::string& why) {
                       if (!bytes) return done({nullptr, status, why});
                       done(parse(id, entry));
                   });
    });
}

/// What an entry says, when it has been parsed already; else nullptr.
std::shared_ptr<const song::Manifest> Manifests::parsed(const std::string& id,
                                                        const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    const auto known = known_.find(id);
    if (known == known_.end() || known->second.entry.lock() != entry) return nullptr;
    return known->second.manifest;
}

Song Manifests::parse(const std::string& id, const std::shared_ptr<Entry>& entry) {
    const auto bytes = entry->content()->read_all(song::most_manifest_bytes);
    if (!bytes) return {nullptr, 502, "the manifest cannot be read"};
    auto parsed = song::parse_manifest_of(id, as_text(*bytes));
    if (!parsed) return {nullptr, 502, "the server behind has a bad " + parsed.error().why};
    auto manifest = std::make_shared<const song::Manifest>(std::move(*parsed));
    const std::lock_guard lock{mutex_};
    if (known_.size() >= most) known_.clear();  // rare: parsing again is cheaper than keeping order
    known_[id] = {entry, manifest};
    return {std::move(manifest), 200, ""};
}

}  // namespace stretto::edge
