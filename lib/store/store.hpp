#pragma once
// What a store can do, wherever it is: in a directory (store/directory.hpp) or in a bucket
// (s3/store.hpp). Objects lie at the same relative paths in both, see stretto-store(5).
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "store/summary.hpp"

namespace stretto::store {

/// A song that is being published. Nobody sees anything of it before admit(). What was not admitted
/// goes away with its owner, or is removed later if this program is killed.
class Incoming {
   public:
    Incoming() = default;
    Incoming(const Incoming&) = delete;
    virtual ~Incoming() = default;

    /// @param path  relative to the song; the caller has checked its components
    virtual void add(const std::string& path, Bytes bytes) = 0;
    /// All that was added is where a power cut does not reach it.
    virtual void sync() = 0;

    /// A turn at changing the song `id`: no change of others comes between this and admit(), or
    /// admit() is told of it. Ends with its owner. Forgets what was put() before.
    virtual std::shared_ptr<void> begin(const std::string& id) = 0;
    /// A small file, after all that is added, in place of one of that name.
    virtual void put(const std::string& path, BytesView bytes) = 0;
    /// The song takes its place as a whole, or replaces the one that is there.
    /// @return false: somebody else has changed the song since begin(), so begin again
    virtual bool admit() = 0;
    /// The song is there as it should be: what lists it may still lack it, where a publisher died
    /// just then.
    virtual void confirm() {}
};

class Store {
   public:
    Store() = default;
    Store(const Store&) = delete;
    virtual ~Store() = default;

    /// For messages: "music/songs/ID/manifest.json", "s3://bucket/songs/ID/manifest.json".
    virtual std::string where(const std::string& path) const = 0;
    /// An object; nullopt if there is none. An Error when it cannot be read, or is longer.
    virtual std::optional<Bytes> read(const std::string& path, std::size_t most) const = 0;
    /// Whether there is anything of a song that readers may see.
    virtual bool has(const std::string& id) const = 0;

    virtual std::unique_ptr<Incoming> incoming() = 0;

    /// Assign an id to a name. An Error (75) when somebody has removed the song meanwhile.
    virtual void set_name(const std::string& name, const std::string& id) = 0;
    /// The id of a name; nullopt if there is none.
    virtual std::optional<std::string> id_of(const std::string& name) const = 0;
    /// Names of a song, sorted.
    virtual std::vector<std::string> names_of(const std::string& id) const = 0;
    /// The keys of a song's other tags (song/path.hpp), sorted.
    virtual std::vector<std::string> tag_sets(const std::string& id) const = 0;

    /// Ids of all songs and names of all names, sorted.
    virtual std::vector<std::string> ids() const = 0;
    virtual std::vector<std::string> names() const = 0;

    /// Tells the removal log, then takes its names away, so that none is left pointing at nothing,
    /// and then the song. @return false: there is no such song
    virtual bool remove(const std::string& id) = 0;

    /// What is known of all songs without reading their manifests; nullopt: nothing is.
    virtual std::optional<std::vector<Summary>> catalogue() const { return {}; }
    /// Faults that no song and no name has: "PATH\tWHY".
    virtual std::vector<std::string> leftovers() const { return {}; }
    using Told = std::function<void(const std::string& path)>;
    /// Remove what publishers left who died at least `age_s` ago, and mend what lists the songs.
    /// @param told  of the paths that were removed or mended
    virtual void clean(std::int64_t age_s, const Told& told) = 0;

    /// A small file of the publisher's own, which is no object of the store.
    virtual std::optional<Bytes> read_note(const std::string& name, std::size_t most) const = 0;
    virtual void append_note(const std::string& name, const std::string& line) = 0;
};

}  // namespace stretto::store
