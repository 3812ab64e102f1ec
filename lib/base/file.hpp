#pragma once
// Owned file descriptors, and reads and writes that finish or throw.
#include <filesystem>
#include <optional>

#include "base/bytes.hpp"

namespace stretto {

/// A file descriptor that is closed when its owner goes.
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

/// An unlinked file under TMPDIR (else /tmp): gone with its owner, whatever ends the program.
File open_spool();

/// Up to `into.size()` bytes; fewer only at the end of the file. `subject` names the file in an
/// Error.
std::size_t read_some(int fd, std::span<std::uint8_t> into, std::string_view subject);
/// The same at an offset, without moving the file's position.
std::size_t read_at(int fd, std::span<std::uint8_t> into, std::int64_t offset,
                    std::string_view subject);

/// All of the bytes, or an Error (74).
void write_all(int fd, BytesView bytes, std::string_view subject);

/// All of the bytes at an offset, for callers that can do without them: false, with errno set, when
/// the file is shorter (reading) or the disk is full.
bool try_read_at(int fd, std::span<std::uint8_t> into, std::uint64_t offset) noexcept;
bool try_write_at(int fd, BytesView bytes, std::uint64_t offset) noexcept;

/// Let a pipe hold a chunk of each rendition, so that the programs at its ends need not take turns;
/// on anything but a pipe, and where the system allows no more, nothing happens.
void widen_pipe(int fd) noexcept;

/// A whole file. More than `limit` bytes is an Error (65): no stranger chooses how much memory we
/// take.
Bytes read_file(const std::filesystem::path& path, std::size_t limit);
/// The same of an open file; nullopt when it is longer than `limit`.
std::optional<Bytes> read_rest(int fd, std::size_t limit, std::string_view subject);

/// A folder and those above it, where they are not there. Throws an Error (73).
void make_folders(const std::filesystem::path& folder);

/// fsync(2) or an Error. For a directory: what was renamed or made in it stays after a power cut.
void sync(int fd, std::string_view subject);
void sync_directory(const std::filesystem::path& directory);

}  // namespace stretto
