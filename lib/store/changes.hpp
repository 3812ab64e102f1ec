#pragma once
// The change log of a store: publishers write it, servers follow it. See stretto-store(5).
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace stretto::store {

/// A song that was published, replaced or removed, or a name that was given or taken.
struct Change {
    enum Kind { song, name } kind = song;
    std::string key;
    bool operator==(const Change&) const = default;
};

/// Append "1764000000000 song ID" to the store's `changes`. It is a hint, so it is not synced and
/// never fails: readers look at the song itself.
void note_change(const std::filesystem::path& store, const Change& change);
std::optional<Change> parse_change(std::string_view line);

/// Reads the change log as it grows.
class Changes {
   public:
    /// From its end on.
    explicit Changes(const std::filesystem::path& store);

    /// What was added since the last call. nullopt: unknown, because the log was replaced or holds
    /// an invalid line; the next call tells what is added from now on.
    std::optional<std::vector<Change>> poll();

   private:
    struct Place {
        std::uint64_t device = 0, inode = 0, size = 0;
    };
    Place place() const;

    std::filesystem::path path_;
    Place at_;
};

}  // namespace stretto::store
