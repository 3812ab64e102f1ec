#pragma once
// The index of the files that the browser stores (IndexedDB). Selects files to remove when space is
// needed: whole songs, the least valuable first. File names are those of a store.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "swarm/announce.hpp"

namespace stretto::web {

class Shelf {
   public:
    /// @param limit  bytes of all files
    explicit Shelf(std::uint64_t limit) : limit_(limit) {}

    /// A file of a song is stored. @param used_ms  time of the song's last use, ms since 1970
    void found(const std::string& id, const std::string& path, std::uint64_t bytes,
               std::int64_t used_ms);
    /// A song is being played.
    void use(const std::string& id, std::int64_t now_ms) { songs_[id].used_ms = now_ms; }
    bool has(const std::string& id, const std::string& path) const;
    /// A file is missing or damaged.
    void lost(const std::string& id, const std::string& path);
    /// Reserve space for a file of a song, and count it as stored. @return "songs/<id>/<path>" of
    /// the files to remove; nullopt: there is not enough space, and no file is to be removed
    std::optional<std::vector<std::string>> keep(const std::string& id, const std::string& path,
                                                 std::uint64_t bytes, std::int64_t now_ms);

    std::uint64_t bytes() const noexcept { return bytes_; }
    std::optional<std::uint64_t> bytes_of(const std::string& id, const std::string& path) const;
    /// The chunks of a rendition.
    std::vector<std::int64_t> chunks(const std::string& id, int kbps) const;
    /// What may be announced: the chunks of the songs that were used last.
    swarm::Songs inventory() const;
    /// Counts changes of what is there.
    std::uint64_t changes() const noexcept { return changes_; }

   private:
    struct Song {
        std::map<std::string, std::uint64_t> files;  // path -> bytes
        std::uint64_t bytes = 0;
        std::int64_t used_ms = 0;
    };
    std::uint64_t limit_, bytes_ = 0, changes_ = 0;
    std::map<std::string, Song> songs_;
};

}  // namespace stretto::web
