#pragma once
// Writes lines from many threads to one file, durably. Lines that arrive during an fsync share the
// next one.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "events/appended.hpp"

namespace stretto::events {

class Journal {
   public:
    struct Options {
        std::filesystem::path path;
        std::uint64_t most_file_bytes = 256'000'000;
        std::size_t most_waiting_bytes = 16'000'000;
        std::function<std::int64_t()> now_ms;         ///< UTC, since 1970; called on its thread
        std::function<void(const std::string&)> say;  ///< a message for the operator
    };
    struct Numbers {
        std::uint64_t events = 0, bytes = 0;  ///< stored
        std::uint64_t commits = 0;  ///< appends that were synced, each of one batch or more
        std::uint64_t failed = 0;   ///< those that the disk did not take
        std::uint64_t files = 0;    ///< put away
        std::uint64_t waiting_bytes = 0;
    };
    enum class Stored { yes, no_room, no };
    /// Called on the journal's thread.
    using Done = std::function<void(Stored)>;

    /// Errors of Appended.
    explicit Journal(Options options);
    ~Journal();

    /// Never blocks. @param lines  whole lines with `events` events
    /// @return false: too many bytes wait, and `done` is not called
    bool append(std::string lines, std::size_t events, Done done);
    /// Whether it would refuse any lines.
    bool full() const;
    /// Soon, between two appends. From any thread.
    void reopen();
    /// Stores waiting lines first. Calls no `done` after this.
    void close();
    Numbers numbers() const;

   private:
    struct Lines {
        std::string text;
        std::size_t events = 0;
        Done done;
    };
    void run();
    void reopen_now();
    std::deque<Lines> take();
    void store(std::deque<Lines> group);
    Stored write(const std::string& text);
    void tell(std::error_code why);

    Options options_;
    Appended file_;  // of the thread alone
    bool failing_ = false;
    mutable std::mutex mutex_;  // guards all below
    std::condition_variable work_;
    std::deque<Lines> waiting_;
    Numbers numbers_;  // waiting_bytes: with those being written
    bool reopen_ = false, closing_ = false;
    std::thread thread_;
};

}  // namespace stretto::events
