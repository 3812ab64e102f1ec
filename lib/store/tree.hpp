#pragma once
// Opens files of a store for strangers: only below its root, and never through a link.
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "base/file.hpp"

namespace stretto::store {

/// Distinguishes one state of a file from another.
struct FileState {
    std::uint64_t inode = 0, size = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const FileState&) const = default;
};

/// Throws an Error: 66 when there is no store in `root`, 74 when there is one that cannot be read.
void check_store(const std::filesystem::path& root);

/// May be used by several threads.
class Tree {
   public:
    /// Error 66 if there is no such directory.
    explicit Tree(std::filesystem::path root);

    const std::filesystem::path& root() const noexcept { return root_; }
    /// A regular file at a relative path, for reading; none if it does not exist, is not a file, or
    /// is behind a link or "..". Any other failure is an Error (74).
    std::optional<File> open(const std::string& path) const;
    static FileState state(int fd);
    /// The same by path; nullopt if it does not exist.
    std::optional<FileState> state(const std::string& path) const;
    /// If another directory is at the store's path now, use that one from here on. @return whether
    /// it is another
    bool follow();

   private:
    std::shared_ptr<const File> directory() const;

    std::filesystem::path root_;
    mutable std::mutex mutex_;
    std::shared_ptr<const File> directory_;  // guarded by mutex_; each call holds its own
};

}  // namespace stretto::store
