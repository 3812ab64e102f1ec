#pragma once
// The stored responses of an edge, by path and selecting fields, in memory and on disk, within
// their limits.
#include <list>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "cache/eviction.hpp"
#include "edge/disk.hpp"
#include "edge/entry.hpp"
#include "edge/troubles.hpp"

namespace stretto::edge {

/// Shared by all workers. With a disk, everything is stored there. Heads and small bodies are also
/// kept in memory while there is room. Larger bodies are sent from their files, which the system's
/// page cache holds. Without a disk, everything is in memory. The index counts as memory and takes
/// at most half of it.
class Cache {
   public:
    struct Options {
        std::filesystem::path folder;  ///< empty: memory only
        std::uint64_t disk_bytes = 0, memory_bytes = 0;
        std::size_t open_files = 1024;
        /// Bytes of the folder's file system to leave free; nullopt: 1 % of it. 1 % of the inodes
        /// is always left free.
        std::optional<std::uint64_t> min_free;
    };
    Cache(Options options, Troubles& troubles);

    /// A point in the order of invalidations and purges. A clock would not do: it can be set back,
    /// and a response may arrive in the second of its purge.
    struct Moment {
        std::uint64_t invalidations = 0;
        std::uint64_t purges = 0;  ///< of the last purge; grows across restarts
    };

    /// The stored response that a request selects, the newest if there are several. This counts as
    /// a request for it.
    std::shared_ptr<Entry> find(const std::string& key, const http::Request& request);
    /// Whether a response is stored that another request would select.
    bool has_other(const std::string& key);

    struct Begun {
        std::shared_ptr<Entry> entry;  ///< nullptr: no room
        bool storing = false;          ///< commit() will store it
    };
    /// A new entry whose content is to be filled. find() does not return it before commit(). Its
    /// bytes count against the disk or, if it is not stored, against the memory.
    /// @param store  false: the response only passes through
    Begun begin(const std::string& key, std::shared_ptr<const Head> head,
                std::optional<std::uint64_t> length, bool store);
    /// The content is complete: the entry replaces its predecessor, and find() returns it.
    /// @param asked  moment() before the upstream request: an entry that was invalidated, or
    /// removed
    ///               by a hard purge, since then is not stored
    void commit(const std::shared_ptr<Entry>& entry, const Moment& asked);
    /// An entry of unknown length has grown to this size. Returns false if there is no room.
    bool grow(const std::shared_ptr<Entry>& entry, std::uint64_t bytes);
    /// The transfer failed: remove all of the entry.
    void abandon(const std::shared_ptr<Entry>& entry);
    /// A validation has renewed its head.
    void freshen(const std::shared_ptr<Entry>& entry, std::shared_ptr<const Head> head);
    /// Forget all that is stored under this path (RFC 9111 4.4).
    void invalidate(const std::string& key);
    /// Purge a group (RFC 9875), or a path that begins with "/". Its responses that are stored or
    /// requested are validated before their next use or, if `hard`, removed.
    void purge(const std::string& what, bool hard, http::Time now);
    /// The groups of the responses that are stored under a path.
    std::vector<std::string> groups_of(const std::string& key);
    /// Save the purges for the next run. Any thread may call it.
    /// @return  false: they could not be saved, and trouble() says so until they are
    bool keep_purges();
    /// Remove the objects of hard purges from disk and memory. This may take long.
    /// @param go_on  called now and then; false: stop
    void sweep(const std::function<bool()>& go_on);
    Moment moment();
    void drop(const std::shared_ptr<Entry>& entry);

    struct Numbers {
        std::uint64_t objects = 0, disk_bytes = 0, memory_bytes = 0, evicted = 0, unstored = 0;
        std::uint64_t filling_bytes = 0;  ///< being filled, or dropped but still read by clients
        std::uint64_t damaged = 0, scrubbed_bytes = 0;
    };
    Numbers numbers();
    /// The reason why nothing can be stored or purges cannot be saved now; empty if both work.
    std::string trouble();

    /// Verify the files in one of the folder's 256 parts, and drop damaged ones.
    /// @param pause  called after this many bytes; false: stop
    void scrub(unsigned part, const std::function<bool(std::uint64_t bytes)>& pause);

   private:
    using Number = cache::Key;
    struct Slot {
        std::shared_ptr<Entry> entry;  // nullptr: only the file's name is known
        Disk::Name name;
        std::uint64_t stored_at = 0;  // grows with each
    };
    using Entries = std::vector<std::shared_ptr<Entry>>;
    /// Counts memory while it exists.
    struct Lease {
        explicit Lease(std::atomic<std::uint64_t>& total) : all(total) {}
        ~Lease() { all -= bytes; }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        void set(std::uint64_t now) {
            all += now - bytes;  // modulo 2^64
            bytes = now;
        }
        std::atomic<std::uint64_t>& all;
        std::uint64_t bytes = 0;
    };
    /// A response that is being filled.
    struct Filling {
        std::optional<Disk::Draft> draft;
        std::shared_ptr<Lease> lease;  // where it lies in memory
        cache::Eviction* budget = nullptr;
        std::uint64_t reserved = 0;
        bool store = false;
    };
    bool reserve(cache::Eviction& budget, std::uint64_t bytes, std::uint64_t most);
    void drop_all(const std::vector<Number>& dropped);
    std::optional<Disk::Draft> new_draft(std::uint64_t needs);
    bool is_purged(Entry& entry) const;
    struct Purged {
        bool soft = false, hard = false;
    };
    Purged purged_by(const std::string& key, const Head& head) const;
    void read_purges();
    bool read_purge(const std::string& line);
    std::string print_purges() const;
    void purge_softly(const std::string& what);
    void purge_hard(const std::string& what);
    void forget_hard_purges(std::uint64_t until);
    bool sweep_file(const Disk::Name& name);
    bool remove_file(const Disk::Name& name, int fd);
    bool is_stored(const std::shared_ptr<Entry>& entry) const;
    std::shared_ptr<Entry> selected(const std::string& key, const http::Request& request);
    void unload(const std::vector<Number>& dropped);
    void unload(Number number);
    void keep_index_small();
    std::uint64_t index_bytes() const;
    bool rewrite(const Disk::Name& name, const Head& head) const;
    bool scrub_file(const Disk::Name& name, const std::function<bool(std::uint64_t)>& pause);
    bool make_room(std::uint64_t bytes, std::size_t objects);
    bool keep_floor(std::uint64_t needs);
    void unstored_locked(const std::string& key, std::string_view why);
    void damaged_locked(const std::string& key);
    std::optional<Filling> take_filling(const Entry& entry);
    bool invalidated_since(const std::string& key, std::uint64_t asked) const;
    bool still_valid(const Entry& entry, const Moment& asked) const;
    Entries load(const std::string& key);
    Entries entries_of(const std::string& key);
    std::shared_ptr<Entry> load(const std::string& key, Number number, Slot& slot);
    void add(Number number, Slot slot);
    std::optional<Slot> take(Number number);
    void erase_unloaded(const Disk::Name& name, Number number);
    void put(const std::shared_ptr<Entry>& entry, const Disk::Name& name, std::uint64_t bytes);
    void remember(const std::shared_ptr<Entry>& entry);
    void take_out(const Entry& entry);
    void remove(Number number);
    void note_use(const std::shared_ptr<Entry>& entry, bool opened);
    void keep_open(const std::shared_ptr<Entry>& entry);

    Options options_;
    Troubles& troubles_;
    std::unique_ptr<Disk> disk_;
    std::atomic<std::uint64_t> alive_{0};  // bytes of contents that are in memory only
    std::mutex mutex_;                     // guards all below
    cache::Eviction stored_, memory_;
    std::unordered_map<std::string, Entries>
        by_key_;  // for each path, all of its entries or none; newest first
    std::unordered_map<Number, Slot> by_number_;
    std::unordered_multimap<std::uint64_t, Number> unloaded_;  // by hash of the path
    std::uint64_t stored_count_ = 0;
    std::unordered_map<const Entry*, Filling> fillings_;
    Moment moment_;
    std::uint64_t forgotten_ = 0;
    std::unordered_map<std::size_t, std::uint64_t> invalidated_;  // moment, by hash of the path
    /// What was purged, and its moment: a purge applies to what was requested before it.
    using Purges = std::unordered_map<std::string, std::uint64_t>;
    // hard ones are apart, so that no number of others displaces a takedown, and remembered until
    // all of the cache has been swept
    Purges soft_purges_, hard_purges_;
    // moments: all that was requested before them; used when there were too many to remember
    std::uint64_t all_soft_ = 0, all_hard_ = 0;
    std::uint64_t swept_ = 0;  // hard purges up to this moment have been forgotten
    std::uint64_t purge_count_ = 0, purges_kept_ = 0;  // kept: saved on the disk
    bool sweep_wanted_ = false;
    std::string purges_trouble_;
    std::mutex purges_file_mutex_;              // taken before mutex_
    std::unordered_set<std::size_t> oversize_;  // objects that grew too large, by hash of the path
    std::list<std::weak_ptr<Entry>> open_;      // open files, the oldest first
    std::uint64_t evicted_ = 0, unstored_ = 0, damaged_ = 0;
    std::atomic<std::uint64_t> scrubbed_{0};
    std::string trouble_;
};

/// The properties of one of our paths that eviction uses.
cache::Hint hint_of(const std::string& key);

}  // namespace stretto::edge
