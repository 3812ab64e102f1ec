#pragma once
// The files of a disk cache: one complete file per stored response.
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

/// A file holds the body, then metadata of the response (CBOR, RFC 8949), then 16 bytes: the length
/// and the CRC-32 of the metadata (u32, little-endian) and "STRETTO2". Its name consists of hashes
/// of the request: `<first 2>/<32 hex of the path>-<16 hex of the selecting fields>`. A file being
/// written has a temporary name until it is complete. So kill -9 leaves only complete files, and
/// temporary ones that the next run removes.
class Disk {
   public:
    /// Creates the folder. Only one program at a time may use it (otherwise Error 75).
    explicit Disk(std::filesystem::path folder);

    /// The key of a response: its path, and the request fields that selected it.
    using PathHash = std::array<std::uint64_t, 2>;
    struct Name {
        PathHash path_hash{};
        std::uint64_t variant_hash = 0;
        std::string file() const;
        std::uint64_t number() const;  ///< 64 bits of both hashes
        bool operator==(const Name&) const = default;
    };
    static Name name_of(const std::string& key, const http::Fields& vary);
    static PathHash path_hash(const std::string& key);

    struct Found {
        Name name;
        std::uint64_t bytes = 0;
        std::int64_t modified = 0;
    };
    /// All complete files, the oldest first, by their names and lengths alone. Temporary files of
    /// an earlier run are removed.
    std::vector<Found> scan();

    struct Draft {
        File file;
        std::filesystem::path path;
    };
    /// A new file for a body; nullopt, with errno set, if the disk refuses it. Missing folders are
    /// created again.
    std::optional<Draft> draft();

    struct Meta {
        std::string key;
        http::Stored stored;
        std::uint64_t length = 0;  ///< of the body
        std::uint64_t asked = 0;   ///< as in Head; 0 in files of earlier versions
        Sums sums;                 ///< of its blocks
    };
    /// Append the metadata to the body. Returns false if the disk is full.
    static bool write_meta(int fd, const Meta& meta);
    /// Read a file's metadata; nullopt if the file is incomplete.
    static std::optional<Meta> read_meta(const std::filesystem::path& path);
    static std::optional<Meta> read_meta(int fd);
    /// Replace the metadata after a validation. A crash meanwhile loses the file.
    static bool rewrite_meta(const std::filesystem::path& path, const Meta& meta);

    /// The complete files in one of the 256 folders; nullopt if it cannot be read.
    std::optional<std::vector<Name>> names_in(unsigned folder) const;

    /// Free space of the file system.
    struct Room {
        std::uint64_t bytes = 0, files = 0;          ///< free
        std::uint64_t all_bytes = 0, all_files = 0;  ///< files: 0 where there is no limit
    };
    std::optional<Room> room() const;

    /// Size of the empty folders in bytes.
    std::uint64_t own_bytes() const;
    static std::uint64_t size_of(int fd);

    std::filesystem::path path_of(const Name& name) const;
    /// Rename a draft to its final name. Returns false on failure.
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
