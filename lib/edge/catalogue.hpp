#pragma once
// Makes the list of a store's songs. Reads each manifest once, and again when its file has changed.
// One thread uses the Catalogue; all threads use its listings.
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "edge/listing.hpp"
#include "store/changes.hpp"
#include "store/directory.hpp"
#include "store/summary.hpp"
#include "store/tree.hpp"

namespace stretto::edge {

/// What a list says of a song.
Listed describe(const store::Summary& song);

class Catalogue {
   public:
    explicit Catalogue(const store::Tree& tree);

    /// Read the whole store.
    void refresh();

    // The same in steps, to follow changes of a store

    /// Compare known songs and names with the store's folders. Missing ones are removed from the
    /// list; new ones are queued.
    void compare();
    /// Queue the songs and names of these changes.
    void look(const std::vector<store::Change>& changes);
    /// Queue everything.
    void doubt();
    /// Read queued songs and names until `until` returns true. @return whether the queue has more
    bool look(const std::function<bool()>& until);
    /// Whether a folder has changed since the last compare().
    bool folders_changed() const;

    /// The current list; the same object while nothing has changed.
    std::shared_ptr<const Listing> listing();
    /// Ids that were removed since the last call.
    std::vector<std::string> take_gone();

    /// Save to and load from a file, so that a start need not read all manifests. Loaded songs are
    /// listed until their manifests are read again.
    Bytes print() const;
    /// @return false: the file is not a catalogue of this version; nothing was loaded
    bool read(BytesView bytes);

   private:
    /// A manifest of a song: its own, or one with other tags.
    struct Row {
        std::string tags;  ///< the key of a set of tags (song/path.hpp); empty: the song's own
        store::FileState state;
        ListedSong listed;  ///< nullptr: the manifest is damaged
    };
    using Rows = std::vector<Row>;  ///< at least one
    struct Name {
        store::FileState state;
        std::string id;
    };
    void look_at_song(const std::string& id, bool renamed);
    void look_at_name(const std::string& name);
    Rows files_of(const std::string& id) const;
    void load(const std::string& id, Rows& rows) const;
    ListedSong load(const std::string& id, const std::string& tags,
                    const std::vector<std::string>& names) const;
    void put(const std::string& id, Rows rows);
    void forget_song(const std::string& id);
    void forget_name(const std::string& name);
    void unname(const std::string& name, const std::string& id);
    std::string folder_state() const;

    const store::Tree& tree_;
    store::Directory store_;
    std::unordered_map<std::string, Rows> songs_;
    std::map<std::string, Name> names_;
    std::map<std::string, std::vector<std::string>> names_of_;  // id -> names, sorted
    std::string folders_;                                       // their state at the last compare()
    std::deque<store::Change> queue_;
    std::shared_ptr<const Listing> listing_;
    std::set<std::string> out_;  // ids in listing_ that were replaced or removed
    std::map<std::string, std::vector<ListedSong>> in_;
    std::vector<std::string> gone_;
};

/// The file that Catalogue::print() writes, in parts; nullopt if it is malformed.
struct CatalogueFile {
    struct Row {
        std::string id, tags;
        store::FileState state;
        std::optional<Listed> listed;
    };
    struct Name {
        std::string name;
        store::FileState state;
        std::string id;
    };
    std::vector<Row> rows;  ///< of a song one after the other
    std::vector<Name> names;
};
std::optional<CatalogueFile> parse_catalogue_file(BytesView bytes);

}  // namespace stretto::edge
