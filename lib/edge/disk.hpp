#pragma once
// The files of a disk cache: one for each stored response, whole or not there at all.
#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "edge/sums.hpp"
#include "http/freshness.hpp"

namespace stretto::edge {

/// A file holds the body, then what is known of the response (CBOR, RFC 8949), then 16 bytes: the
/// length of that and its CRC-32 (u32, little-endian) and "STRETTO2". Its name is made of hashes of
/// what it answers:
/// `<first 2>/<32 hex of the path>-<16 hex of the selecting fields>`. A file that is being written
/// has a name of its own and gets this one when all of it is there, so kill -9 leaves whole objects
/// and rests, which are cleared away.
class Disk {
   public:
    /// Makes the folder; one program at a time may use it (Error 75 otherwise).
    explicit Disk(std::filesystem::path folder);

    /// What names a response: its path, and the request fields that selected it.
    using PathHash = std::array<std::uint64_t, 2>;
    struct Name {
        PathHash path_hash{};
        std::uint64_t variant_hash = 0;
        std::string file() const;
        std::uint64_t number() const;  ///< 64 bits of both
        bool operator==(const Name&) const = default;
    };
    static Name name_of(const std::string& key, const http::Fields& vary);
    static PathHash path_hash(const std::string& key);

    struct Found {
        Name name;
        std::uint64_t bytes = 0;
        std::int64_t modified = 0;
    };
    /// Every whole file, the one written longest ago first; rests of an earlier run are removed.
    /// Looks at names and lengths only.
    std::vector<Found> scan();

    struct Draft {
        File file;
        std::filesystem::path path;
    };
    /// A new file to write a body to; nothing, with errno set, when the disk will not have it.
    /// Folders that somebody has taken away are made again.
    std::optional<Draft> draft();

    struct Meta {
        std::string key;
        http::Stored stored;
        std::uint64_t length = 0;  ///< of the body
        Sums sums;                 ///< of its blocks
    };
    /// Put what is known behind the body. False when the disk is full.
    static bool write_meta(int fd, const Meta& meta);
    /// What a file says of itself; nullopt when it is not whole.
    static std::optional<Meta> read_meta(const std::filesystem::path& path);
    static std::optional<Meta> read_meta(int fd);
    /// The same in place, for a response that was freshened. A crash in the middle costs the file.
    static bool rewrite_meta(const std::filesystem::path& path, const Meta& meta);

    /// The whole files in one of 256 folders.
    std::vector<Name> names_in(unsigned folder) const;

    /// Room that the file system has left for us.
    struct Room {
        std::uint64_t bytes = 0, files = 0;          ///< free
        std::uint64_t all_bytes = 0, all_files = 0;  ///< files: 0 where there is no limit
    };
    std::optional<Room> room() const;

    /// Bytes that the empty folders take.
    std::uint64_t own_bytes() const;
    static std::uint64_t size_of(int fd);

    std::filesystem::path path_of(const Name& name) const;
    /// Give a draft its name. False when that fails.
    bool keep(const Draft& draft, const Name& name);

   private:
    void make_folders();
    void lock();

    std::filesystem::path folder_;
    std::mutex mutex_;  // guards making the folders again
    File lock_;
    std::atomic<std::uint64_t> drafts_{0};
};

}  // namespace stretto::edge
