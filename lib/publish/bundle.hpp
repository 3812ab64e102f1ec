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

namespace stretto::publish {

/// Writes each entry immediately. Entries have no time, owner or individual mode, so that the same
/// song gives the same bytes.
class BundleWriter {
   public:
    BundleWriter(int fd, std::string subject);
    ~BundleWriter();
    void add(const std::string& path, BytesView bytes);
    /// Ends the archive; without this call, readers see a truncated archive.
    void finish();

   private:
    struct Output;
    void check(std::ptrdiff_t code) const;

    std::unique_ptr<Output> output_;  // outlives the archive, which writes into it
    std::unique_ptr<archive, Freed<archive_write_free>> archive_;
};

struct Entry {
    std::string path;
    Bytes bytes;
};

/// Returns only regular files with a size below the limit; any other entry is
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

}  // namespace stretto::publish
