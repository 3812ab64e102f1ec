#pragma once
// The bytes of a body, which may still be growing, shared by many readers.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <vector>

#include "edge/sums.hpp"
#include "http/body.hpp"
#include "http/range.hpp"
#include "net/loop.hpp"

namespace stretto::edge {

/// One thread appends; any number of threads read the released bytes. The bytes are in a file on
/// disk or in memory (memfd_create). A complete, small body is also kept as plain bytes.
class Content : public std::enable_shared_from_this<Content> {
   public:
    static constexpr std::uint64_t small = 64u << 10;

    struct Growing {};
    /// A growing content, in a file that the caller has opened for reading and writing, or in
    /// memory.
    /// @param length  of the whole body, if known
    Content(Growing, File file, std::optional<std::uint64_t> length);
    /// A complete content in memory.
    explicit Content(Bytes bytes);
    /// A complete content: the first `length` bytes of an open file.
    Content(File file, std::uint64_t length);
    /// A complete content: the first `length` bytes of a file that is opened on the first read.
    /// Each block is verified against its checksum before any byte of it is sent.
    Content(std::filesystem::path path, std::uint64_t length, Sums sums);

    /// Keeps this object, which counts the memory, as long as the content exists.
    void hold(std::shared_ptr<void> lease) { lease_ = std::move(lease); }
    /// Called by a reader that finds a damaged block.
    void on_damage(std::function<void()> call);
    /// Called when the disk is full: frees this many bytes, or returns false.
    void on_full(std::function<bool(std::uint64_t bytes)> call);

    /// Append bytes; readers see them after release(). If the disk is full, all bytes move to
    /// memory and on_disk() becomes false. @return false: neither disk nor memory has room
    bool append(BytesView bytes);
    /// The checksums of all appended bytes of a file on disk. The appending thread calls it once.
    Sums take_sums() { return summer_.finish(); }
    /// Release the first n bytes to readers.
    void release(std::uint64_t n);
    /// The body may prove to be wrong. Until it is complete, a reader of a range does not get the
    /// last byte, and so sees an incomplete range.
    void hold_ends();
    /// Discard all bytes. @return false: some were already released
    bool restart();
    /// All bytes have been appended and released.
    void complete();
    /// The rest will never arrive: readers that need it fail.
    void fail();

    std::uint64_t size() const;
    std::optional<std::uint64_t> length() const;
    bool is_complete() const;
    bool failed() const;
    bool on_disk() const noexcept { return on_disk_; }
    /// The open file, or nullptr.
    std::shared_ptr<const File> file() const;
    /// Bytes of main memory in use.
    std::uint64_t memory() const;
    bool has_bytes() const;

    /// Set the file's name once it has one.
    void set_path(std::filesystem::path path);
    /// Release the descriptor of a complete content on disk and, on request, its bytes in memory.
    void close_file();
    void forget_bytes();
    enum class Opened {
        before,
        now,
        failed,
        busy,  ///< this process has no descriptor left, or no memory; later it may work
        damaged
    };
    /// Check that it can be read: `failed` if the file is missing, `damaged` if its first block
    /// does not match its checksum.
    Opened open();
    bool is_open() const;
    /// All bytes of a complete content; nullopt if it is longer than `most` or cannot be read.
    std::optional<Bytes> read_all(std::uint64_t most);
    /// Call `done` on `loop` once it is complete or has failed.
    void when_settled(net::Loop& loop, std::function<void()> done);

    /// The body for a client: the bytes of a range, while they arrive.
    class Reader;
    /// @param range  nullopt: all of it
    std::unique_ptr<http::Body> read(net::Loop& loop, std::optional<http::ByteRange> range);

   private:
    struct Waiter {
        net::Loop* loop;
        std::uint64_t needs;  // called when more than this is released, or when the content is
                              // complete or has failed
        std::function<void()> call;
    };
    void wake(std::unique_lock<std::mutex> lock);
    Opened open_locked();
    bool is_right_locked(int fd, std::size_t block);
    bool write_at_end(BytesView bytes);
    bool move_to_memory();

    mutable std::mutex mutex_;
    std::filesystem::path path_;
    std::shared_ptr<const File> file_;    // shared with readers that are sending from it
    std::shared_ptr<const Bytes> bytes_;  // when complete and small
    std::optional<std::uint64_t> length_;
    std::uint64_t size_ = 0, released_ = 0;
    bool complete_ = false, failed_ = false, hold_ends_ = false;
    std::atomic<bool> on_disk_ = false;
    Summer summer_;            // of what is appended to a file on disk
    Sums sums_;                // of a file that is not verified yet; empty: nothing to verify
    std::vector<bool> right_;  // its verified blocks
    std::size_t unproven_ = 0;
    std::shared_ptr<void> lease_;
    std::function<void()> on_damage_;
    std::function<bool(std::uint64_t)> on_full_;
    std::vector<Waiter> waiters_;
};

}  // namespace stretto::edge
