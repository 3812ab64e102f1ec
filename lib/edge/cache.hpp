#pragma once
// What an edge has stored: found by path and selecting fields, in memory and on disk, under their
// limits.
#include <list>
#include <mutex>
#include <unordered_map>

#include "cache/eviction.hpp"
#include "edge/disk.hpp"
#include "edge/entry.hpp"

namespace stretto::edge {

/// Shared by all workers. With a disk everything lies there; small bodies are held in memory too,
/// larger ones are sent from their files, which the system keeps in memory as it sees fit. Without
/// one all is in memory.
class Cache {
   public:
    struct Options {
        std::filesystem::path folder;  ///< empty: memory only
        std::uint64_t disk_bytes = 0, memory_bytes = 0;
        std::size_t open_files = 1024;
    };
    explicit Cache(Options options);

    /// The stored response that a request selects, the newest if there are several; counts as a
    /// request for it.
    std::shared_ptr<Entry> find(const std::string& key, const http::Request& request);
    /// Whether there is one that another request would select.
    bool has_other(const std::string& key);

    /// An entry whose content is to be filled; found by nobody before commit().
    /// @param store  false: it only passes through
    std::shared_ptr<Entry> begin(const std::string& key, std::shared_ptr<const Head> head,
                                 std::optional<std::uint64_t> length, bool store);
    /// All of its content is there: from now on it is found, in place of what it replaces.
    /// @param asked  moment() before upstream was asked: what has been invalidated since is not
    /// kept
    void commit(const std::shared_ptr<Entry>& entry, std::uint64_t asked);
    /// One of unknown length has so many bytes by now. False when there is no room for it.
    bool grow(const std::shared_ptr<Entry>& entry, std::uint64_t bytes);
    /// It failed; nothing of it stays.
    void abandon(const std::shared_ptr<Entry>& entry);
    /// A validation has renewed its head.
    void freshen(const std::shared_ptr<Entry>& entry, std::shared_ptr<const Head> head);
    /// Forget all that is stored under this path (RFC 9111 4.4).
    void invalidate(const std::string& key);
    /// Grows with each invalidate().
    std::uint64_t moment();
    void drop(const std::shared_ptr<Entry>& entry);

    struct Numbers {
        std::uint64_t objects = 0, disk_bytes = 0, memory_bytes = 0, evicted = 0, unstored = 0;
    };
    Numbers numbers();

   private:
    using Number = cache::Key;
    struct Slot {
        std::shared_ptr<Entry> entry;  // nullptr: known by its file's name only
        Disk::Name name;
    };
    /// What is being written to the disk.
    struct Filling {
        Disk::Draft draft;
        std::uint64_t reserved = 0;
    };
    bool reserve(std::uint64_t bytes, std::uint64_t most);
    std::optional<Filling> take_filling(const Entry& entry);
    bool invalidated_since(const std::string& key, std::uint64_t asked) const;
    void load(const std::string& key);
    void put(const std::shared_ptr<Entry>& entry, const Disk::Name& name, std::uint64_t bytes);
    void remember(const std::shared_ptr<Entry>& entry);
    void take_out(const Entry& entry);
    void remove(Number number);
    void forget(const Entry& entry);
    void note_use(const std::shared_ptr<Entry>& entry, bool opened);
    void keep_open(const std::shared_ptr<Entry>& entry);

    Options options_;
    std::unique_ptr<Disk> disk_;
    std::mutex mutex_;  // guards all below
    cache::Eviction stored_, memory_;
    std::unordered_map<std::string, std::vector<std::shared_ptr<Entry>>> by_key_;  // newest first
    std::unordered_map<Number, Slot> by_number_;
    std::unordered_map<std::string, std::vector<Number>> unloaded_;  // by hash of the path
    std::unordered_map<const Entry*, Filling> fillings_;
    std::uint64_t moment_ = 0, forgotten_ = 0;
    std::unordered_map<std::size_t, std::uint64_t> invalidated_;  // moment, by hash of the path
    std::list<std::weak_ptr<Entry>> open_;                        // files, opened longest ago first
    std::uint64_t evicted_ = 0, unstored_ = 0;
};

/// What a path of ours tells the eviction.
cache::Hint hint_of(const std::string& key);

}  // namespace stretto::edge
