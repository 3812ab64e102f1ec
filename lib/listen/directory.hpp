#pragma once
// A store's directory on this machine, used like an edge: the same objects by the same paths.
#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "store/tree.hpp"

namespace stretto::listen {

class Directory {
   public:
    /// An Error when there is no such store (66), or it cannot be read (74).
    explicit Directory(const std::filesystem::path& root);

    const std::filesystem::path& root() const noexcept { return tree_.root(); }
    const store::Tree& tree() const noexcept { return tree_; }
    /// The object at `path` of a song given by id or name; nullopt: there is none, or it is longer
    /// than `most` bytes. An Error when it cannot be read.
    std::optional<Bytes> read(const std::string& song, const std::string& path,
                              std::size_t most) const;

   private:
    std::optional<std::string> id_of(const std::string& song) const;

    store::Tree tree_;
};

}  // namespace stretto::listen
