#pragma once
// Runs the WebRTC libraries on a loop: GLib's main context, which libnice uses, and the timers of
// usrsctp. All code runs on the loop's thread; no library starts another thread.
#include <memory>
#include <vector>

#include "base/file.hpp"
#include "net/turn.hpp"
#include "rtc/association.hpp"

struct _GMainContext;
struct _GPollFD;

namespace stretto::rtc {

/// Only one may exist per process, because usrsctp has global state. It must outlive its users.
class Engine {
   public:
    explicit Engine(net::Loop& loop);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    net::Loop& loop() noexcept { return loop_; }
    _GMainContext* context() noexcept { return context_; }
    /// The context may have opened or closed descriptors; a new one may have the number of an old
    /// one.
    void descriptors_changed() noexcept { changed_ = true; }

    Associations& associations() noexcept { return associations_; }

   private:
    struct Descriptors;
    void prepare();
    void dispatch();
    void watch();
    void tick();

    net::Loop& loop_;
    _GMainContext* context_;
    File epoll_;
    std::unique_ptr<Descriptors> descriptors_;
    bool changed_ = true;
    int priority_ = 0;
    Associations associations_;
    std::uint64_t ticked_ms_;
    net::Poll poll_;
    net::Timer timeout_, ticks_;
    net::Turn turn_;
};

}  // namespace stretto::rtc
