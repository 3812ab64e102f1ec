#pragma once
// What a listener keeps: songs in whole, verified chunks, as a store that may be incomplete.
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

class Kept {
   public:
    /// Chunks of a song that are here, by rendition.
    using Chunks = std::map<int, std::vector<bool>>;

    /// Makes the folder. What it holds is looked at when it is asked for, a song or all of it: 10
    /// GB are 30,000 files, and no song should wait for them that begins.
    /// @param limit  bytes; 0: a tenth of what the disk has free, at most 10 GB
    Kept(std::filesystem::path root, std::uint64_t limit);

    const std::filesystem::path& root() const noexcept { return root_; }
    std::uint64_t bytes() const;

    /// songs/<id>/<path>, if it is there and not longer than `most`. Not checked.
    std::optional<Bytes> read(const std::string& id, const std::string& path,
                              std::size_t most) const;
    /// The same if its hash is right; what is wrong is removed.
    std::optional<Bytes> read(const std::string& id, const std::string& path, std::size_t most,
                              const Digest& digest);
    /// Whole or not at all, and room is made for it. @return false: the disk is full, or too small
    bool keep(const std::string& id, const std::string& path, BytesView bytes);

    /// The id that a song's name stood for when it was last looked up.
    std::optional<std::string> named(const std::string& name) const;
    void keep_name(const std::string& name, const std::string& id);

    /// Look again at what other programs have added and removed.
    void refresh() { scan(); }
    /// What is known to be here of a song; grows with keep().
    const Chunks& chunks(const std::string& id) const;
    /// Songs of which chunks are here, the one used last first.
    std::vector<std::string> songs() const;
    /// In use: not to be evicted by us, and the last to be by others.
    void use(const std::string& id);
    void release(const std::string& id);
    /// All chunks of a rendition are here; known to later programs too.
    void complete(const std::string& id);
    /// How many others have the song; what nobody else has is kept longer.
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
    // what was seen of the folder
    mutable std::uint64_t bytes_ = 0;
    mutable std::map<std::string, Song> known_;
    mutable bool all_known_ = false;
    std::uint64_t unseen_ = 0;  // bytes kept before all was known
    std::uint64_t drafts_ = 0;
};

}  // namespace stretto::store
