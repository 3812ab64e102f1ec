#pragma once
// A store in a directory: songs/<id>/..., names/<name>. Readers, any web server among them, see
// whole songs only.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "store/writer.hpp"

namespace stretto::store {

/// A song on its way into a store: a hidden folder beside the songs, which nobody else touches
/// while we live, and which the next publisher clears away when we were killed.
class Incoming {
   public:
    Incoming(Incoming&&) noexcept = default;
    ~Incoming();

    /// @param path  relative, of parts that the caller has checked
    void add(const std::string& path, Bytes bytes);
    /// All of it to the disk, fsync by fsync, folders last.
    void sync();
    /// A small file, to the disk at once, in place of one of that name. After all others; then
    /// sync_folders().
    void put(const std::string& path, BytesView bytes);
    void sync_folders();
    const std::filesystem::path& folder() const noexcept { return song_; }

   private:
    friend class Directory;
    Incoming(std::filesystem::path folder, File lock);

    std::filesystem::path folder_;  // holds the song, and what it may replace
    std::filesystem::path song_;
    File lock_;
    std::vector<std::filesystem::path> files_, folders_;
    std::unique_ptr<Writer> writer_ = std::make_unique<Writer>();
};

class Directory {
   public:
    /// A store that is there (else Error 66), or is made.
    enum class Open { existing, create };
    Directory(std::filesystem::path root, Open how);

    const std::filesystem::path& root() const noexcept { return root_; }
    std::filesystem::path song(const std::string& id) const { return root_ / "songs" / id; }

    Incoming incoming();

    /// Give a song that is all on disk its place, in one step. @return false: it was there already,
    /// and stays
    bool admit(Incoming& song, const std::string& id);
    /// The same in place of the song that is there, in one step.
    void replace(Incoming& song, const std::string& id);

    /// Let a name mean an id from now on.
    void set_name(const std::string& name, const std::string& id);
    /// What a name means; nullopt when nothing.
    std::optional<std::string> id_of(const std::string& name) const;

    /// The keys of a song's other tags (song/path.hpp), sorted.
    std::vector<std::string> tag_sets(const std::string& id) const;
    /// Held by who changes a song that is there, so that no change undoes another.
    File lock() const;

    /// Ids of all songs and names of all names, sorted.
    std::vector<std::string> ids() const;
    std::vector<std::string> names() const;

    /// Tells the removal log, then takes its names away, so that none is left pointing at nothing,
    /// and then the song. @return false: there is no such song
    bool remove(const std::string& id);

   private:
    std::filesystem::path staging() const { return root_ / ".staging"; }
    void clear_staging() const;
    void note_removed(const std::string& id, bool removed);

    std::filesystem::path root_;
};

}  // namespace stretto::store
