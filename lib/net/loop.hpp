#pragma once
// An event loop (libuv) and the handles that live on it: timers, descriptors to wait for, signals,
// calls from other threads. One loop is used by one thread; only post() may be called from others.
#include <uv.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <source_location>
#include <string>
#include <vector>

namespace stretto::net {

/// libuv uses a handle until its close callback, one turn of the loop later. Only there it may be
/// freed.
struct Closed {
    void operator()(auto* handle) const noexcept {
        using Handle = std::remove_pointer_t<decltype(handle)>;
        handle->data = nullptr;  // late callbacks find nobody home
        uv_close(reinterpret_cast<uv_handle_t*>(handle),
                 [](uv_handle_t* dead) { delete reinterpret_cast<Handle*>(dead); });
    }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Closed>;

/// A handle with the source line that created it, for the report of a loop that it outlives.
template <class Handle>
struct Placed : Handle {
    explicit Placed(const std::source_location& place) : where(place) {}
    std::source_location where;
};
using Where = std::source_location;

/// Throws an Error (70) in libuv's own words.
int check(int code, const char* what);

/// Declare it before all objects that use it, so that it is destroyed last.
class Loop {
   public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until stop(). Rethrows the exception of a callback.
    void run();
    void stop() noexcept { uv_stop(&loop_); }
    /// Call `task` on the loop's thread, soon. From any thread. Tasks that are posted after the end
    /// of the loop are dropped.
    void post(std::function<void()> task);
    /// Destroy an object on the next turn, when no callback is on the stack; at the latest with
    /// the loop. So an object may end itself, or its owner, within its own callbacks. On the loop's
    /// thread only.
    void drop(std::shared_ptr<void> object);
    template <class T>
    void drop(std::unique_ptr<T> object) {
        if (object) drop(std::shared_ptr<void>{std::shared_ptr<T>{std::move(object)}});
    }
    /// What the loop waits for, "timer (lib/http/server.cpp:20)": each is a handle that somebody
    /// still owns. A loop that is destroyed before them closes them, for it would wait for ever,
    /// and says so on standard error unless built with NDEBUG: an owner is leaked, or outlives it.
    std::vector<std::string> waits_for();

    /// Milliseconds of the steady clock, as of this turn of the loop.
    std::uint64_t now_ms() const noexcept { return uv_now(&loop_); }
    uv_loop_t* raw() noexcept { return &loop_; }

    /// Wraps the body of every C callback: no exception may cross libuv's frames.
    template <class Body>
    void guard(Body&& body) noexcept {
        try {
            body();
        } catch (...) {
            if (!failure_) failure_ = std::current_exception();
            stop();
        }
    }
    static Loop& of(const uv_handle_t* handle) noexcept {
        return *static_cast<Loop*>(handle->loop->data);
    }

   private:
    void run_posted();
    bool clear_posted();

    uv_loop_t loop_;
    Owned<uv_async_t> wake_;
    std::mutex mutex_;
    std::vector<std::function<void()>> posted_;  // guarded by mutex_
    std::vector<std::shared_ptr<void>> dropped_;
    std::exception_ptr failure_;
};

/// Calls back after a delay, once or again and again.
class Timer {
   public:
    Timer(Loop& loop, std::function<void()> call, const Where& where = Where::current());
    void once(std::chrono::milliseconds delay);
    void every(std::chrono::milliseconds period);
    void stop() noexcept { uv_timer_stop(handle_.get()); }
    bool active() const noexcept {
        return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get()));
    }

   private:
    void start(std::chrono::milliseconds delay, std::chrono::milliseconds period);

    std::function<void()> call_;
    Owned<Placed<uv_timer_t>> handle_;
};

/// Waits until a descriptor can be read or written. Does not own it: the descriptor is closed after
/// this. Only one Poll may watch a descriptor.
class Poll {
   public:
    /// gone: the other end of a stream sends no more.
    enum Events : int {
        none = 0,
        readable = UV_READABLE,
        writable = UV_WRITABLE,
        gone = UV_DISCONNECT
    };
    /// Called with what the descriptor is ready for; on an error with all that was waited for, so
    /// that the next read or write tells. May destroy the Poll.
    using Call = std::function<void(int events)>;

    Poll(Loop& loop, int fd, Call call, const Where& where = Where::current());
    /// Wait for these from now on.
    void want(int events);

   private:
    int wanted_ = none;
    Call call_;
    Owned<Placed<uv_poll_t>> handle_;
};

/// Calls back when the process gets the signal.
class Signal {
   public:
    Signal(Loop& loop, int number, std::function<void()> call,
           const Where& where = Where::current());

   private:
    std::function<void()> call_;
    Owned<Placed<uv_signal_t>> handle_;
};

}  // namespace stretto::net
