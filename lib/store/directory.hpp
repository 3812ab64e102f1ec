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

/// A song that is being published: a hidden folder beside the songs. No other program touches it
/// while we live. If we are killed, the next publisher removes it.
class Incoming {
   public:
    Incoming(Incoming&&) noexcept = default;
    ~Incoming();

    /// @param path  relative; the caller has checked its components
    void add(const std::string& path, Bytes bytes);
    /// Flush all files to the disk with fsync, folders last.
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
    /// Opens an existing store (otherwise Error 66), or creates one.
    enum class Open { existing, create };
    Directory(std::filesystem::path root, Open how);

    const std::filesystem::path& root() const noexcept { return root_; }
    std::filesystem::path song(const std::string& id) const { return root_ / "songs" / id; }

    Incoming incoming();

    /// Move a complete song to its place, in one step. @return false: the song existed already,
    /// and is unchanged
    bool admit(Incoming& song, const std::string& id);
    /// The same, but replace an existing song, in one step.
    void replace(Incoming& song, const std::string& id);

    /// Assign an id to a name.
    void set_name(const std::string& name, const std::string& id);
    /// The id of a name; nullopt if there is none.
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
