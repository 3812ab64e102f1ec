#pragma once
// Writes new files on a separate thread, so that the producer of the bytes does not wait for the
// kernel.
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/bytes.hpp"

namespace stretto::store {

class Writer {
   public:
    Writer();
    /// Drops files that are not written yet.
    ~Writer();

    /// Waits while 16 MB are queued. Throws the Error (74) of an earlier file.
    void write(std::filesystem::path path, Bytes bytes);
    /// Waits until all files are written. Throws the same.
    void finish();

   private:
    static constexpr std::size_t most_waiting = 16u << 20;
    struct Job {
        std::filesystem::path path;
        Bytes bytes;
    };
    void run();
    void rethrow() const;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;  // the first one is being written
    std::size_t waiting_ = 0;
    bool ended_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace stretto::store
