#pragma once
// Opens files of a store for strangers: only below its root, and never through a link.
#include <sys/stat.h>

#include <filesystem>
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

   private:
    std::filesystem::path root_;
    File directory_;
};

}  // namespace stretto::store
