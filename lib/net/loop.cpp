#include "net/loop.hpp"

#include <cstdio>

#include "base/error.hpp"

namespace stretto::net {

int check(int code, const char* what) {
    if (code < 0) throw Error{EX_SOFTWARE, text(what, ": ", uv_strerror(code))};
    return code;
}

namespace {

/// Every handle on a loop is one of these, made here.
const Where& where(const uv_handle_t* handle) {
    switch (handle->type) {
        case UV_TIMER:
            return reinterpret_cast<const Placed<uv_timer_t>*>(handle)->where;
        case UV_POLL:
            return reinterpret_cast<const Placed<uv_poll_t>*>(handle)->where;
        case UV_PREPARE:
            return reinterpret_cast<const Placed<uv_prepare_t>*>(handle)->where;
        case UV_CHECK:
            return reinterpret_cast<const Placed<uv_check_t>*>(handle)->where;
        default:
            return reinterpret_cast<const Placed<uv_signal_t>*>(handle)->where;
    }
}

}  // namespace

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
    while (clear_posted()) {
    }
    wake_.reset();
#ifndef NDEBUG
    for (const auto& one : waits_for())
        std::fprintf(stderr, "a loop ends before its %s\n", one.c_str());
#endif
    // these handles were forgotten, and would make us wait for ever
    const auto forget = [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle)) return;
        handle->data = nullptr;
        uv_close(handle, nullptr);
    };
    uv_walk(&loop_, forget, nullptr);
    // the close callbacks; a stop() that came after run() would end this early
    while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
    }
    uv_loop_close(&loop_);
}

/// What they hold may own handles of this loop, and post or drop more as it goes.
bool Loop::clear_posted() {
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(posted_);
    }
    const auto dropped = std::exchange(dropped_, {});
    return !tasks.empty() || !dropped.empty();
}

std::vector<std::string> Loop::waits_for() {
    std::vector<std::string> names;
    uv_walk(
        &loop_,
        [](uv_handle_t* handle, void* to) {
            if (handle->type == UV_ASYNC || !uv_is_active(handle) || uv_is_closing(handle))
                return;  // our own wake_, or not waited for
            const auto& place = where(handle);
            static_cast<std::vector<std::string>*>(to)->push_back(
                text(uv_handle_type_name(handle->type), " (", place.file_name(), ":", place.line(),
                     ")"));
        },
        &names);
    return names;
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

void Loop::drop(std::shared_ptr<void> object) {
    if (!object) return;
    dropped_.push_back(std::move(object));
    uv_async_send(wake_.get());
}

void Loop::run_posted() {
    // destroyed after the tasks, some of which they may have posted
    const auto dropped = std::exchange(dropped_, {});
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock{mutex_};
        tasks.swap(posted_);
    }
    for (auto& task : tasks) task();
}

Timer::Timer(Loop& loop, std::function<void()> call, const Where& where)
    : call_(std::move(call)), handle_(new Placed<uv_timer_t>{where}) {
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

Poll::Poll(Loop& loop, int fd, Call call, const Where& where) : call_(std::move(call)) {
    auto handle = std::make_unique<Placed<uv_poll_t>>(where);
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

Signal::Signal(Loop& loop, int number, std::function<void()> call, const Where& where)
    : call_(std::move(call)), handle_(new Placed<uv_signal_t>{where}) {
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
