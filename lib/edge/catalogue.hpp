#pragma once
// Makes the list of a store's songs: reads each manifest once, and again when its file has
// changed. Used by one thread; its listings are used by all.
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

    /// Look at the whole store.
    void refresh();

    // The same in steps, to follow a store as it changes

    /// Compare the names of songs and names with the store's folders. What is missing there is
    /// forgotten; what is new is queued.
    void compare();
    /// Look at the songs and names of these changes.
    void look(const std::vector<store::Change>& changes);
    /// Queue everything.
    void doubt();
    /// Look at what is queued until `until` is true. @return whether the queue has more
    bool look(const std::function<bool()>& until);
    /// Whether a folder has changed since the last compare().
    bool folders_changed() const;

    /// The list as of now; the same again while nothing has changed.
    std::shared_ptr<const Listing> listing();
    /// Ids that have gone since the last call.
    std::vector<std::string> take_gone();

    /// To and from a file, so that a start need not read all manifests. What read() takes is listed
    /// until it is looked at.
    Bytes print() const;
    /// @return false: this is no catalogue of this version; nothing was changed
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
    std::string folders_;                                       // as compare() found them
    std::deque<store::Change> queue_;
    std::shared_ptr<const Listing> listing_;
    std::set<std::string> out_;  // of listing_, ids that were replaced or have gone
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
