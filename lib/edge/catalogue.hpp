#pragma once
// The songs of a store as people look for them: listed by artist, album, disc and track, searched,
// page by page.
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "store/directory.hpp"
#include "store/tree.hpp"

namespace stretto::edge {

/// Shared by all workers. Reads a manifest once; looks at the store's folders again when asked, at
/// most once a second.
class Catalogue {
   public:
    explicit Catalogue(const store::Tree& tree)
        : tree_(tree), store_(tree.root(), store::Directory::Open::existing) {}

    struct Query {
        std::string
            text;  ///< words that title, artists, album or name have all of; empty: every song
        std::string after;  ///< the `next` of the page before
        std::size_t limit = 100;
    };
    /// {"songs": [...], "next": ID or null}, see stretto-protocol(7). Malformed when `after` is no
    /// song here.
    Result<std::string> list(const Query& query, std::uint64_t now_ms);

   private:
    struct Song {
        std::string cursor, json, sort, haystack;
    };
    using Songs = std::vector<std::shared_ptr<const Song>>;
    std::optional<std::string> id_of(const std::string& name) const;
    std::shared_ptr<const Songs> current(std::uint64_t now_ms);
    /// @param tags  the key of a set of tags (song/path.hpp); empty: the song's own
    std::shared_ptr<const Song> load(const std::string& id, const std::string& tags,
                                     const std::vector<std::string>& names);

    const store::Tree& tree_;
    store::Directory store_;
    std::mutex mutex_;
    std::uint64_t checked_ms_ = 0;
    std::string state_;  // of the folders that songs_ was made from
    std::unordered_map<std::string, std::pair<store::FileState, std::shared_ptr<const Song>>>
        known_;
    std::shared_ptr<const Songs> songs_;
};

}  // namespace stretto::edge
