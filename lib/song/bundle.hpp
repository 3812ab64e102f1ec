#pragma once
// A bundle: a song's chunks, indexes and manifest as a tar stream, the manifest last (libarchive
// reads and writes it).
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/own.hpp"

struct archive;
extern "C" int archive_write_free(archive*);
extern "C" int archive_read_free(archive*);

namespace stretto::song {

/// Each entry leaves as soon as it was added. Entries have no time, owner or mode of their own: the
/// same song, the same bytes.
class BundleWriter {
   public:
    explicit BundleWriter(int fd, std::string subject);
    void add(const std::string& path, BytesView bytes);
    void finish();

   private:
    std::unique_ptr<archive, Freed<archive_write_free>> archive_;
    std::string subject_;
};

struct Entry {
    std::string path;
    Bytes bytes;
};

/// Only plain files with a size below the limit are given out; anything else in the tar is
/// Malformed.
class BundleReader {
   public:
    explicit BundleReader(int fd, std::size_t most_entry_bytes);
    /// nullopt at the end of the archive.
    Result<std::optional<Entry>> next();

   private:
    std::unique_ptr<archive, Freed<archive_read_free>> archive_;
    std::size_t most_;
};

}  // namespace stretto::song
