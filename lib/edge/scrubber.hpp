#pragma once
// Reads a cache's folder repeatedly at a low rate, to find damaged files.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "edge/cache.hpp"

namespace stretto::edge {

class Scrubber {
   public:
    /// @param rate  bytes per second, > 0
    Scrubber(Cache& cache, std::uint64_t rate);
    ~Scrubber();

   private:
    void run();
    bool pause(std::chrono::nanoseconds time);

    Cache& cache_;
    std::uint64_t rate_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;  // guarded by mutex_
    std::thread thread_;
};

}  // namespace stretto::edge
