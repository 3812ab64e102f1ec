#include "publish/publish.hpp"

#include <map>
#include <set>

#include "publish/song.hpp"
#include "song/id.hpp"
#include "song/lookup.hpp"
#include "song/path.hpp"

namespace stretto::publish {
namespace {

/// Entries as they come; each is either the right next one or the end of the bundle's credit.
class BundleCheck {
   public:
    Result<bool> add(const Entry& entry) {
        if (const auto hash = song::parse_cover_path(entry.path)) return add_cover(entry, *hash);
        const auto part = song::parse_part(entry.path);
        if (!part) return Malformed{text("'", entry.path, "' does not belong in a bundle")};
        if (!part->chunk) {
            if (entry.bytes != song_.index(part->kbps) || !indexed_.insert(part->kbps).second)
                return Malformed{text("'", entry.path, "' does not match the chunks")};
            return true;
        }
        if (!indexed_.empty() ||
            *part->chunk != static_cast<std::int64_t>(song_.chunks(part->kbps)))
            return Malformed{text("'", entry.path, "' is out of order or duplicate")};
        if (auto ok = song_.add(part->kbps, entry.bytes); !ok)
            return Malformed{text("'", entry.path, "': ", ok.error().why)};
        return true;
    }

    Result<song::Manifest> finish(const Bytes& bytes) {
        auto given = song::parse_manifest(as_text(bytes));
        if (!given) return given;
        auto ours = song_.manifest(given->chunk_samples, given->tags, given->loudness);
        if (!ours) return ours;
        if (auto ok = take_covers(*given, *ours); !ok) return ok.error();
        if (*ours != *given) return Malformed{"the manifest does not match the chunks"};
        for (const auto& r : ours->renditions)
            if (!indexed_.contains(r.kbps))
                return Malformed{text("'", song::index_path(r.kbps), "' is missing")};
        return ours;
    }

   private:
    Result<bool> add_cover(const Entry& entry, const std::string& hash) {
        const bool right = covers_.size() < song::cover_px.size() &&
                           song::cover_of(song::cover_px.back(), entry.bytes) &&
                           hex(sha256(entry.bytes)) == hash;
        if (!right || !covers_.emplace(hash, entry.bytes).second)
            return Malformed{text("'", entry.path, "' is not a cover of that hash")};
        return true;
    }
    /// The covers that a manifest names are those that came, and of the sizes that it says.
    Result<bool> take_covers(const song::Manifest& given, song::Manifest& ours) {
        for (const auto& cover : given.covers) {
            const auto found = covers_.extract(hex(cover.sha256));
            if (found.empty())
                return Malformed{text("'", song::cover_path(hex(cover.sha256)), "' is missing")};
            const auto seen = song::cover_of(cover.px, found.mapped());
            if (!seen) return seen.error();
            ours.covers.push_back(*seen);
        }
        if (!covers_.empty())
            return Malformed{
                text("'", song::cover_path(covers_.begin()->first), "' is not in the manifest")};
        return true;
    }

    SongBuilder song_;
    std::map<std::string, Bytes> covers_;  // by hash
    std::set<int> indexed_;
};

bool hash_is(const store::Store& store, const std::string& path, const Digest& digest,
             std::string& why) {
    try {
        const auto bytes = store.read(path, song::most_index_bytes);
        if (bytes && sha256(*bytes) == digest) return true;
        why = bytes ? "does not match its hash"
                    : text("cannot read '", store.where(path), "': No such file or directory");
    } catch (const Error& e) {
        why = e.what();
    }
    return false;
}

/// A manifest in a song's folder; nullopt when there is none of this song.
std::optional<song::Manifest> manifest_at(const store::Store& store, const std::string& id,
                                          const std::string& path) {
    try {
        const auto bytes = store.read(song::song_path(id, path), song::most_manifest_bytes);
        if (!bytes) return {};
        auto manifest = song::parse_manifest_of(id, as_text(*bytes));
        if (manifest) return std::move(*manifest);
    } catch (const Error& e) {
        // a damaged file is none; a store that is away is no store without the song
        if (e.exit() != EX_DATAERR && e.exit() != EX_IOERR) throw;
    }
    return {};
}

/// A song's own manifest, and those with other tags.
class Shelf {
   public:
    Shelf(const store::Store& store, const std::string& id)
        : own_(manifest_at(store, id, std::string{song::manifest_file})),
          sets_(tag_sets(store, id)) {}
    bool operator==(const Shelf&) const = default;

    /// @return where the tags are
    std::string add(const song::Manifest& manifest, const Retagging& how,
                    const store::Store& store) {
        const auto& id = manifest.id;
        if (!own_ || *own_ == manifest || how.replace || how.earlier == id) {
            own_ = manifest;
            sets_.erase(how.name);
            if (how.earlier != id) sets_.erase(how.earlier);
            return id;
        }
        if (!how.name.empty() && !sets_.contains(how.name) && is_only_name(store, how.name, id)) {
            own_ = manifest;
            return id;
        }
        sets_.erase(how.earlier);
        const auto key = how.name.empty() ? key_of(manifest) : how.name;
        sets_.insert_or_assign(key, manifest);
        return key;
    }

    /// What the manifests name, and what did not come with the last of them.
    void copy_covers(const store::Store& store, store::Incoming& to,
                     const song::Manifest& come) const {
        std::set<std::string> done;
        for (const auto& cover : come.covers) done.insert(hex(cover.sha256));
        const auto copy = [&](const song::Manifest& manifest) {
            for (const auto& cover : manifest.covers) {
                const auto path = song::cover_path(hex(cover.sha256));
                if (!done.insert(hex(cover.sha256)).second) continue;
                const auto bytes =
                    store.read(song::song_path(manifest.id, path), song::most_cover_bytes);
                // what is damaged is told by --verify
                if (bytes && sha256(*bytes) == cover.sha256) to.put(path, *bytes);
            }
        };
        copy(*own_);
        for (const auto& [key, manifest] : sets_) copy(manifest);
    }

    void write(store::Incoming& to) const {
        to.put(std::string{song::manifest_file}, as_bytes(song::print_manifest(*own_)));
        for (const auto& [key, manifest] : sets_)
            to.put(song::tags_path(key), as_bytes(song::print_manifest(manifest)));
    }

   private:
    static bool is_only_name(const store::Store& store, const std::string& name,
                             const std::string& id) {
        return store.names_of(id) == std::vector{name};
    }
    static std::string key_of(const song::Manifest& manifest) {
        return base32(sha256(as_bytes(song::print_manifest(manifest)))).substr(0, 32);
    }

    std::optional<song::Manifest> own_;
    std::map<std::string, song::Manifest> sets_;
};

}  // namespace

song::Manifest check_bundle(BundleReader& bundle, const std::string& subject,
                            const std::function<void(const std::string&, Bytes)>& keep) {
    BundleCheck check;
    for (;;) {
        auto entry = must(bundle.next(), subject);
        if (!entry) throw bad_data(subject, "no manifest at the end (empty or truncated)");
        if (entry->path == song::manifest_file) {
            auto manifest = must(check.finish(entry->bytes), subject);
            const auto json = song::print_manifest(manifest);
            keep(entry->path, Bytes(json.begin(), json.end()));
            if (must(bundle.next(), subject)) throw bad_data(subject, "data after the manifest");
            return manifest;
        }
        if (auto ok = check.add(*entry); !ok) throw bad_data(subject, ok.error().why);
        keep(entry->path, std::move(entry->bytes));
    }
}

song::Manifest publish(store::Store& store, BundleReader& bundle, const std::string& subject,
                       const Retagging& how) {
    const auto incoming = store.incoming();
    auto manifest = check_bundle(bundle, subject, [&](const std::string& path, Bytes bytes) {
        if (path != song::manifest_file) incoming->add(path, std::move(bytes));
    });
    incoming->sync();
    admit(store, *incoming, manifest, how);
    return manifest;
}

std::string admit(store::Store& store, store::Incoming& incoming, const song::Manifest& manifest,
                  const Retagging& how) {
    const auto& id = manifest.id;
    constexpr int most_turns = 20;
    for (int turn = 0; turn < most_turns; ++turn) {
        const auto mine = incoming.begin(id);
        Shelf shelf{store, id};
        const auto before = shelf;
        auto place = shelf.add(manifest, how, store);
        if (store.has(id)) {
            if (shelf == before && damage_of_song(store, id).empty()) {
                incoming.confirm();
                return place;
            }
            shelf.copy_covers(store, incoming, manifest);
        }
        shelf.write(incoming);
        if (incoming.admit()) return place;
    }
    throw Error{EX_TEMPFAIL,
                text("'", store.where(song::manifest_path(id)), "': others keep changing it")};
}

std::map<std::string, song::Manifest> tag_sets(const store::Store& store, const std::string& id) {
    std::map<std::string, song::Manifest> sets;
    for (const auto& key : store.tag_sets(id))
        if (auto manifest = manifest_at(store, id, song::tags_path(key)))
            sets.emplace(key, std::move(*manifest));
    return sets;
}

song::Manifest load_manifest(const store::Store& store, const std::string& id) {
    const auto path = store.where(song::manifest_path(id));
    const auto bytes = store.read(song::manifest_path(id), song::most_manifest_bytes);
    if (!bytes)
        throw Error{EX_NOINPUT, text("cannot read '", path, "': No such file or directory")};
    auto manifest = must(song::parse_manifest(as_text(*bytes)), path);
    if (manifest.id != id) throw bad_data(path, "its id differs from the name of its folder");
    return manifest;
}

std::vector<std::string> damage_of_song(const store::Store& store, const std::string& id) {
    std::vector<std::string> found;
    const auto damaged = [&](const std::string& path, const std::string& why) {
        found.push_back(text(song::song_path(id, path), "\t", why));
    };
    if (!song::is_id(id)) {
        found.push_back(text("songs/", id, "\tis no song"));
        return found;
    }
    try {
        const auto manifest = load_manifest(store, id);
        std::string why;
        const auto check_covers = [&](const song::Manifest& of) {
            for (const auto& cover : of.covers) {
                const auto path = song::cover_path(hex(cover.sha256));
                if (!hash_is(store, song::song_path(id, path), cover.sha256, why))
                    damaged(path, why);
            }
        };
        check_covers(manifest);
        for (const auto& key : store.tag_sets(id)) {
            const auto other = manifest_at(store, id, song::tags_path(key));
            other ? check_covers(*other) : damaged(song::tags_path(key), "is no manifest of it");
        }
        for (const auto& r : manifest.renditions) {
            const auto index = song::index_path(r.kbps);
            if (!hash_is(store, song::song_path(id, index), r.index_sha256, why))
                damaged(index, why);
            for (std::size_t k = 0; k < r.chunks.size(); ++k) {
                const auto path = song::chunk_path(r.kbps, static_cast<std::int64_t>(k));
                if (!hash_is(store, song::song_path(id, path), r.chunks[k].sha256, why))
                    damaged(path, why);
            }
        }
    } catch (const Error& e) {
        damaged(std::string{song::manifest_file}, e.what());
    }
    return found;
}

std::vector<std::string> damage_of_store(
    const store::Store& store, const std::function<void(std::size_t, std::size_t)>& progress) {
    std::vector<std::string> found;
    const auto ids = store.ids();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        for (auto& line : damage_of_song(store, ids[i])) found.push_back(std::move(line));
        progress(i + 1, ids.size());
    }
    for (const auto& name : store.names()) {
        const auto id = store.id_of(name);
        if (!song::is_name(name) || !id || !song::is_id(*id))
            found.push_back(text(song::name_path(name), "\tis no name of a song"));
        else if (!store.has(*id))
            found.push_back(text(song::name_path(name), "\tnames a song that is not there"));
    }
    for (auto& line : store.leftovers()) found.push_back(std::move(line));
    return found;
}

}  // namespace stretto::publish
