#pragma once
// New files written on a thread of their own, so that who makes their bytes need not wait for the
// kernel to take them.
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
    /// What was not written yet never will be.
    ~Writer();

    /// Waits while 16 MB are on their way. Throws what writing an earlier file threw (74).
    void write(std::filesystem::path path, Bytes bytes);
    /// All files are written. Throws the same.
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
