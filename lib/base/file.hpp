#pragma once
// Owned file descriptors, and reads and writes that finish or throw.
#include <filesystem>
#include <optional>

#include "base/bytes.hpp"

namespace stretto {

/// A file descriptor that its owner closes.
class File {
   public:
    File() = default;
    explicit File(int fd) noexcept : fd_(fd) {}
    File(File&& other) noexcept : fd_(other.release()) {}
    File& operator=(File&& other) noexcept;
    ~File();

    int fd() const noexcept { return fd_; }
    int release() noexcept;
    explicit operator bool() const noexcept { return fd_ >= 0; }

   private:
    int fd_ = -1;
};

/// Open for reading, close-on-exec. "-" is standard input. A directory is refused.
File open_input(const std::filesystem::path& path);

/// An unlinked file under TMPDIR (else /tmp): it ends with its owner, however the program ends.
File open_spool();
/// Open some now, for a program that may not do so later: open_spool() gives these out first.
void prepare_spools(std::size_t count);

/// Up to `into.size()` bytes; fewer only at the end of the file. `subject` names the file in an
/// Error.
std::size_t read_some(int fd, std::span<std::uint8_t> into, std::string_view subject);
/// The same at an offset, without moving the file's position.
std::size_t read_at(int fd, std::span<std::uint8_t> into, std::int64_t offset,
                    std::string_view subject);

/// All of the bytes, or an Error (74).
void write_all(int fd, BytesView bytes, std::string_view subject);

/// All bytes at an offset, for callers that can continue without them: false, with errno set, if
/// the file is shorter (reading) or the disk is full.
bool try_read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset) noexcept;
bool try_write_at(int fd, BytesView bytes, std::uint64_t offset) noexcept;

/// Enlarge a pipe to a chunk of each rendition, so that the programs at its ends need not take
/// turns. Does nothing if it is not a pipe, or if the system does not allow it.
void widen_pipe(int fd) noexcept;

/// A whole file. More than `limit` bytes is an Error (65), so that no stranger determines our use
/// of memory.
Bytes read_file(const std::filesystem::path& path, std::size_t limit);
/// The same for an open file; nullopt if it is longer than `limit`.
std::optional<Bytes> read_rest(int fd, std::size_t limit, std::string_view subject);

/// Create a folder and missing folders above it. Throws an Error (73).
void make_folders(const std::filesystem::path& folder);

/// fsync(2) or an Error. For a directory: new and renamed entries survive a power cut.
void sync(int fd, std::string_view subject);
void sync_directory(const std::filesystem::path& directory);

}  // namespace stretto
