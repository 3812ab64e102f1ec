#pragma once
// The bytes of a body that many readers share while it may still be growing.
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

/// One thread appends, any number of threads read what was released, as it comes. Bytes lie in a
/// file: on disk or, without one, in memory (memfd_create); a body that is complete and small is
/// held as plain bytes beside it.
class Content : public std::enable_shared_from_this<Content> {
   public:
    static constexpr std::uint64_t small = 64u << 10;

    struct Growing {};
    /// Growing, in a file that the caller has opened for reading and writing, or in memory when it
    /// has none.
    /// @param length  of the whole, when it is known
    Content(Growing, File file, std::optional<std::uint64_t> length);
    /// Complete, in memory.
    explicit Content(Bytes bytes);
    /// Complete, the first `length` bytes of an open file.
    Content(File file, std::uint64_t length);
    /// Complete, the first `length` bytes of a file that is opened when it is read. Each block is
    /// held against its sum before a byte of it leaves: the disk may have changed it.
    Content(std::filesystem::path path, std::uint64_t length, Sums sums);

    /// Kept as long as the content: what counts its memory.
    void hold(std::shared_ptr<void> lease) { lease_ = std::move(lease); }
    /// Called when a block is not what it was, by whoever reads it.
    void on_damage(std::function<void()> call);
    /// Asked when the disk is full: makes room for so many bytes, or says no.
    void on_full(std::function<bool(std::uint64_t bytes)> call);

    /// Add bytes at the end; readers see them after release(). A full disk is no failure: the bytes
    /// move to memory, and on_disk() is false from then on. @return false: neither disk nor memory
    /// has room
    bool append(BytesView bytes);
    /// Of all that was appended to a file on disk; once, by whoever appends.
    Sums take_sums() { return summer_.finish(); }
    /// Let readers have the first n bytes.
    void release(std::uint64_t n);
    /// The whole may turn out to be wrong: until it is complete, who reads a range gets all of it
    /// but the last byte, and so sees that it is not all.
    void hold_ends();
    /// Forget all bytes. @return false: some were released already
    bool restart();
    /// All bytes are there, and released.
    void complete();
    /// The rest will never come: readers that need it are told so.
    void fail();

    std::uint64_t size() const;
    std::optional<std::uint64_t> length() const;
    bool is_complete() const;
    bool failed() const;
    bool on_disk() const noexcept { return on_disk_; }
    /// The file as it is now; nullptr when there is none open.
    std::shared_ptr<const File> file() const;
    /// Bytes of main memory that it takes.
    std::uint64_t memory() const;
    bool has_bytes() const;

    /// The file's name from now on, once it has one.
    void set_path(std::filesystem::path path);
    /// Give back what a complete content on disk holds: its descriptor, and its bytes when asked.
    void close_file();
    void forget_bytes();
    enum class Opened { before, now, failed, damaged };
    /// Make sure that it can be read; `failed` when its file is gone, `damaged` when its first
    /// block is not what it was.
    Opened open();
    bool is_open() const;
    /// All bytes of a complete content; nullopt when it is longer than `most` or cannot be read.
    std::optional<Bytes> read_all(std::uint64_t most);
    /// Call `done` on `loop` once it is complete or has failed.
    void when_settled(net::Loop& loop, std::function<void()> done);

    /// What a client is sent: bytes of a range, as they come.
    class Reader;
    /// @param range  nullopt: all of it
    std::unique_ptr<http::Body> read(net::Loop& loop, std::optional<http::ByteRange> range);

   private:
    struct Waiter {
        net::Loop* loop;
        std::uint64_t needs;  // called when released is above this, or all is settled
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
    Sums sums_;                // of a file that is not proven yet; empty: nothing is to be proven
    std::vector<bool> right_;  // its blocks that are
    std::size_t unproven_ = 0;
    std::shared_ptr<void> lease_;
    std::function<void()> on_damage_;
    std::function<bool(std::uint64_t)> on_full_;
    std::vector<Waiter> waiters_;
};

}  // namespace stretto::edge
