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
    const Route wanted{Route::manifest, song};
    if (song::is_id(song)) return get_route(objects, loop, wanted, std::move(done));
    // a server resolves a name, and knows the tags that it has; a store of plain files does not
    get_route(objects, loop, wanted,
              [=, this, &objects, &loop, done = std::move(done)](const Song& found) {
                  if (found.status != 404) return done(found);
                  get_named(objects, loop, song, done);
              });
}

void Manifests::get_named(Objects& objects, net::Loop& loop, const std::string& name, Done done) {
    const auto with_id = [=, this, &objects, &loop](const std::string& id) {
        Route own{Route::manifest, id};
        own.tags = name;
        get_route(objects, loop, own, [=, this, &objects, &loop](const Song& found) {
            if (found.status != 404) return done(found);
            get_route(objects, loop, {Route::manifest, id}, done);
        });
    };
    const auto most = song::wanted_for(name).most_bytes;
    objects.get({Route::name, name}, [=, &loop](Found found) {
        read_whole(loop, std::move(found), most,
                   [=](const std::optional<Bytes>& bytes, int status, const std::string& why) {
                       if (!bytes) return done({nullptr, status, why});
                       const auto id = song::parse_name(as_text(*bytes));
                       id ? with_id(*id) : done({nullptr, 502, id.error().why});
                   });
    });
}

void Manifests::get_route(Objects& objects, net::Loop& loop, const Route& route, Done done) {
    objects.get(route, [this, &loop, route, done = std::move(done)](Found found) {
        if (!found.entry) return done({nullptr, found.status, found.why});
        // a callback may request the next one at once: not under the lock
        if (auto manifest = parsed(route, found.entry)) return done({std::move(manifest), 200, ""});
        const auto entry = found.entry;
        read_whole(loop, std::move(found), song::most_manifest_bytes,
                   [this, route, entry, done](const std::optional<Bytes>& bytes, int status,
                                              const std::string& why) {
                       if (!bytes) return done({nullptr, status, why});
                       done(parse(route, entry));
                   });
    });
}

/// What an entry says, when it has been parsed already; else nullptr.
std::shared_ptr<const song::Manifest> Manifests::parsed(const Route& route,
                                                        const std::shared_ptr<Entry>& entry) {
    const std::lock_guard lock{mutex_};
    const auto known = known_.find(object_path(route));
    if (known == known_.end() || known->second.entry.lock() != entry) return nullptr;
    return known->second.manifest;
}

Song Manifests::parse(const Route& route, const std::shared_ptr<Entry>& entry) {
    const auto bytes = entry->content()->read_all(song::most_manifest_bytes);
    if (!bytes) return {nullptr, 502, "the manifest cannot be read"};
    auto parsed = song::parse_manifest_of(route.song, as_text(*bytes));
    if (!parsed) return {nullptr, 502, "the server behind has a bad " + parsed.error().why};
    auto manifest = std::make_shared<const song::Manifest>(std::move(*parsed));
    const std::lock_guard lock{mutex_};
    if (known_.size() >= most) known_.clear();  // rare: parsing again is cheaper than keeping order
    known_[object_path(route)] = {entry, manifest};
    return {std::move(manifest), 200, ""};
}

}  // namespace stretto::edge
