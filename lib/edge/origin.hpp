#pragma once
// The objects of a store's directory. Files stay open and are checked for changes every second.
#include <mutex>
#include <unordered_map>

#include "edge/objects.hpp"
#include "edge/route.hpp"
#include "store/tree.hpp"

namespace stretto::edge {

/// What every origin says of an object, beside its length.
/// @param etag  of what may change; what its path fixes has a tag of its own
http::Fields object_fields(const Route& route, std::string_view etag);

/// Shared by all workers.
class Origin {
   public:
    /// @param open_files  chunks and indexes to keep open
    /// @param memory      bytes of manifests to keep
    Origin(const store::Tree& tree, std::size_t open_files, std::uint64_t memory);

    /// The object of a route; nullptr if there is none.
    /// @param gzip  compress a manifest
    std::shared_ptr<Entry> find(const Route& route, bool gzip, std::uint64_t now_ms);

    /// Close the files of these songs, or of all songs, because they are no longer in the store.
    void forget(const std::vector<std::string>& ids);
    void forget_all();

   private:
    struct Slot {
        std::shared_ptr<Entry> entry;
        std::string file;
        store::FileState state;
        std::uint64_t checked_ms = 0, memory = 0;
    };
    using Slots = std::unordered_map<std::string, Slot>;

    std::optional<std::string> id_of(const std::string& song, std::uint64_t now_ms);
    std::shared_ptr<Entry> known(const std::string& key, std::uint64_t now_ms);
    std::shared_ptr<Entry> load(const std::string& key, const std::string& file, const Route& route,
                                bool gzip, std::uint64_t now_ms);
    std::optional<File> open(const std::string& path);
    void keep(const std::string& key, Slot slot);

    const store::Tree& tree_;
    std::size_t most_files_;
    std::uint64_t most_memory_;
    std::mutex mutex_;
    // two generations: objects not requested while the new one fills up are dropped with the old
    // one
    Slots young_, old_;
    std::uint64_t young_memory_ = 0;
};

}  // namespace stretto::edge
