#include "net/loop.hpp"

#include "base/error.hpp"

namespace stretto::net {

int check(int code, const char* what) {
    if (code < 0) throw Error{EX_SOFTWARE, text(what, ": ", uv_strerror(code))};
    return code;
}

Loop::Loop() {
    check(uv_loop_init(&loop_), "uv_loop_init");
    loop_.data = this;
    wake_.reset(new uv_async_t);
    check(uv_async_init(&loop_, wake_.get(),
                        [](uv_async_t* handle) {
                            auto& loop = *static_cast<Loop*>(handle->loop->data);
                            loop.guard([&] { loop.run_posted(); });
                        }),
          "uv_async_init");
}

Loop::~Loop() {
    posted_.clear();  // what they hold may own handles of this loop
    wake_.reset();
    // the close callbacks; a stop() that came after run() would end this early
    while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
    }
    uv_loop_close(&loop_);
}

void Loop::run() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Loop::post(std::function<void()> task) {
    {
        const std::lock_guard lock{mutex_};
        posted_.push_back(std::move(task));
    }
    uv_async_send(wake_.get());
}

void Loop::run_posted() {
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(posted_);
    }
    for (auto& task : tasks) task();
}

Timer::Timer(Loop& loop, std::function<void()> call)
    : call_(std::move(call)), handle_(new uv_timer_t) {
    check(uv_timer_init(loop.raw(), handle_.get()), "uv_timer_init");
    handle_->data = this;
}

void Timer::once(std::chrono::milliseconds delay) { start(delay, {}); }
void Timer::every(std::chrono::milliseconds period) { start(period, period); }

void Timer::start(std::chrono::milliseconds delay, std::chrono::milliseconds period) {
    check(
        uv_timer_start(
            handle_.get(),
            [](uv_timer_t* handle) {
                auto* timer = static_cast<Timer*>(handle->data);
                if (!timer) return;
                Loop::of(reinterpret_cast<uv_handle_t*>(handle)).guard([&] {
                    const auto call = timer->call_;  // the call may destroy the timer
                    call();
                });
            },
            static_cast<std::uint64_t>(delay.count()), static_cast<std::uint64_t>(period.count())),
        "uv_timer_start");
}

Poll::Poll(Loop& loop, int fd, Call call) : call_(std::move(call)) {
    auto handle = std::make_unique<uv_poll_t>();
    check(uv_poll_init(loop.raw(), handle.get(), fd), "uv_poll_init");
    handle_.reset(handle.release());
    handle_->data = this;
}

void Poll::want(int events) {
    if (events == wanted_) return;
    wanted_ = events;
    if (events == none) {
        check(uv_poll_stop(handle_.get()), "uv_poll_stop");
        return;
    }
    check(uv_poll_start(handle_.get(), events,
                        [](uv_poll_t* handle, int status, int ready) {
                            auto* poll = static_cast<Poll*>(handle->data);
                            if (!poll) return;
                            Loop::of(reinterpret_cast<uv_handle_t*>(handle)).guard([&] {
                                // libuv stops a poll that has an error
                                if (status < 0) ready = std::exchange(poll->wanted_, none);
                                const auto call = poll->call_;  // may destroy the poll
                                call(ready);
                            });
                        }),
          "uv_poll_start");
}

Signal::Signal(Loop& loop, int number, std::function<void()> call)
    : call_(std::move(call)), handle_(new uv_signal_t) {
    check(uv_signal_init(loop.raw(), handle_.get()), "uv_signal_init");
    handle_->data = this;
    check(uv_signal_start(
              handle_.get(),
              [](uv_signal_t* handle, int) {
                  auto* signal = static_cast<Signal*>(handle->data);
                  if (!signal) return;
                  Loop::of(reinterpret_cast<uv_handle_t*>(handle)).guard([&] { signal->call_(); });
              },
              number),
          "uv_signal_start");
}

}  // namespace stretto::net
