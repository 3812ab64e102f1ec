#include "edge/scrubber.hpp"

#include <csignal>

namespace stretto::edge {
namespace {

constexpr unsigned parts = 256;
constexpr std::chrono::milliseconds between_parts{20};  // an empty folder is not looked at all day

}  // namespace

Scrubber::Scrubber(Cache& cache, std::uint64_t rate) : cache_(cache), rate_(rate) {
    sigset_t all, before;  // signals are the main loop's
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread{[this] { run(); }};
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Scrubber::~Scrubber() {
    {
        const std::lock_guard lock{mutex_};
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Scrubber::run() {
    const auto after = [this](std::uint64_t bytes) {
        return pause(std::chrono::nanoseconds{static_cast<std::int64_t>(
            1e9 * static_cast<double>(bytes) / static_cast<double>(rate_))});
    };
    for (unsigned part = 0; pause(between_parts); part = (part + 1) % parts)
        cache_.scrub(part, after);
}

/// @return false: it is over
bool Scrubber::pause(std::chrono::nanoseconds time) {
    std::unique_lock lock{mutex_};
    return !wake_.wait_for(lock, time, [this] { return stop_; });
}

}  // namespace stretto::edge
