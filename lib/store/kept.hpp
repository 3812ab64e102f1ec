#pragma once
// A listener's cache: whole, verified chunks of songs, in a store that may be incomplete.
// Several programs may use one folder at the same time.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/digest.hpp"

namespace stretto::store {

/// Whether a cache was made here: it has a cache's mark, or, made by an earlier version, a folder
/// that only caches have; and nobody has published into it.
bool is_cache(const std::filesystem::path& root);
/// Remove what a cache consists of, by name, then the folder if nothing else is in it.
void remove_cache(const std::filesystem::path& root);

class Kept {
   public:
    /// The cached chunks of a song, by rendition.
    using Chunks = std::map<int, std::vector<bool>>;

    /// fill: creates the folder, and marks it as a cache. An Error (64) if it is a store, whose
    /// songs must not be removed to make room. read: any folder with songs, which is not changed.
    enum class Use { fill, read };
    /// The content is read on demand, per song or as a whole: 10 GB are 30,000 files, and the start
    /// of a song should not wait for that. Only folders whose names are ids are read and removed.
    /// @param limit  bytes; 0: a tenth of the free disk, at most 10 GB
    Kept(std::filesystem::path root, std::uint64_t limit, Use use = Use::fill);

    const std::filesystem::path& root() const noexcept { return root_; }
    std::uint64_t bytes() const;

    /// songs/<id>/<path>, if it exists and is not longer than `most`. Not verified.
    std::optional<Bytes> read(const std::string& id, const std::string& path,
                              std::size_t most) const;
    /// The same if its hash is correct; a wrong file is removed.
    std::optional<Bytes> read(const std::string& id, const std::string& path, std::size_t most,
                              const Digest& digest);
    /// Store it as a whole or not at all; make room. @return false: the disk is full, or too small
    bool keep(const std::string& id, const std::string& path, BytesView bytes);

    /// The id of a song's name at the last lookup.
    std::optional<std::string> named(const std::string& name) const;
    void keep_name(const std::string& name, const std::string& id);

    /// Read again the changes of other programs.
    void refresh() { scan(); }
    /// The known cached chunks of a song; grows with keep().
    const Chunks& chunks(const std::string& id) const;
    /// Songs with cached chunks, most recently used first.
    std::vector<std::string> songs() const;
    /// Mark as in use: we do not evict it, and other programs evict it last.
    void use(const std::string& id);
    void release(const std::string& id);
    /// Record that all chunks of a rendition are cached, also for later programs.
    void complete(const std::string& id);
    /// The number of other peers with the song; a song without other peers is kept longer.
    void others(const std::string& id, int peers) { known_[id].others = peers; }

   private:
    struct Song {
        Chunks chunks;
        std::uint64_t bytes = 0;
        std::int64_t used = 0;  // seconds since 1970
        bool complete = false;
        int others = 1, users = 0;
        bool seen = false;  // its folder was looked at
    };
    Song& song(const std::string& id) const;
    void know_all() const;
    void scan() const;
    bool write(const std::filesystem::path& target, BytesView bytes);
    void note(Song& song, const std::string& path, std::uint64_t bytes) const;
    void forget(const std::string& id, const std::string& path);
    void make_room(std::uint64_t bytes);
    double worth(const Song& song, std::int64_t now) const;

    std::filesystem::path root_;
    std::uint64_t limit_;
    // the known content of the folder
    mutable std::uint64_t bytes_ = 0;
    mutable std::map<std::string, Song> known_;
    mutable bool all_known_ = false;
    std::uint64_t unseen_ = 0;  // bytes kept before all was known
    std::uint64_t drafts_ = 0;
};

}  // namespace stretto::store
