#include "rtc/engine.hpp"

#include <glib.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <span>

#include "base/error.hpp"
#include "rtc/association.hpp"

namespace stretto::rtc {
namespace {

constexpr std::chrono::milliseconds tick_period{10};  // usrsctp's timers are as fine as this

File make_epoll() {
    File file{::epoll_create1(EPOLL_CLOEXEC)};
    if (!file) throw system_error("create", "an epoll descriptor");
    return file;
}

}  // namespace

struct Engine::Descriptors {
    std::vector<GPollFD> now, watched;
    std::size_t count = 0;
};

Engine::Engine(net::Loop& loop)
    : loop_(loop),
      context_(g_main_context_default()),
      epoll_(make_epoll()),
      descriptors_(std::make_unique<Descriptors>()),
      associations_{[this] { return loop_.now_ms(); }, {}},
      ticked_ms_(loop.now_ms()),
      poll_(loop, epoll_.fd(), [](int) {}),
      timeout_(loop, [] {}),
      ticks_(loop, [this] { tick(); }),
      turn_(
          loop, [this] { prepare(); }, [this] { dispatch(); }) {
    if (!g_main_context_acquire(context_))
        throw Error{EX_SOFTWARE, "another thread runs GLib's main context"};
    descriptors_->now.resize(16);
    poll_.want(net::Poll::readable);
    start_sctp();
    ticks_.every(tick_period);
}

Engine::~Engine() {
    end_sctp();
    g_main_context_release(context_);
}

void Engine::prepare() {
    g_main_context_prepare(context_, &priority_);
    auto& now = descriptors_->now;
    int wait_ms = -1, count = 0;
    while ((count = g_main_context_query(context_, priority_, &wait_ms, now.data(),
                                         static_cast<int>(now.size()))) >
           static_cast<int>(now.size()))
        now.resize(static_cast<std::size_t>(count));
    descriptors_->count = static_cast<std::size_t>(count);
    watch();
    if (wait_ms >= 0)
        timeout_.once(std::chrono::milliseconds{wait_ms});
    else
        timeout_.stop();
}

/// Have the epoll descriptor watch what GLib wants to. A descriptor that was closed has left it by
/// itself, so that one with its number can be added; a Poll for each could not know.
void Engine::watch() {
    const auto same = [](const GPollFD& a, const GPollFD& b) {
        return a.fd == b.fd && a.events == b.events;
    };
    auto& watched = descriptors_->watched;
    const std::span now{descriptors_->now.data(), descriptors_->count};
    if (!std::exchange(changed_, false) && std::ranges::equal(now, watched, same)) return;
    for (const auto& one : watched)
        if (std::ranges::none_of(now, [&](const GPollFD& other) { return other.fd == one.fd; }))
            ::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, one.fd, nullptr);
    for (const auto& one : now) {
        epoll_event event{};
        event.data.fd = one.fd;
        if (one.events & G_IO_IN) event.events |= EPOLLIN;
        if (one.events & G_IO_OUT) event.events |= EPOLLOUT;
        if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, one.fd, &event) < 0)
            ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, one.fd, &event);
    }
    watched.assign(now.begin(), now.end());
}

void Engine::dispatch() {
    auto& now = descriptors_->now;
    const auto count = static_cast<int>(descriptors_->count);
    static_assert(sizeof(GPollFD) == sizeof(pollfd));  // of the same layout, as g_poll() relies on
    if (count > 0) ::poll(reinterpret_cast<pollfd*>(now.data()), descriptors_->count, 0);
    if (g_main_context_check(context_, priority_, now.data(), count))
        g_main_context_dispatch(context_);
}

void Engine::tick() {
    const auto now = loop_.now_ms();
    run_sctp_timers(now - std::exchange(ticked_ms_, now));
    // one that ends in its tick may leave the set, together with others
    const std::vector<Association*> all(associations_.all.begin(), associations_.all.end());
    for (auto* one : all)
        if (associations_.all.contains(one)) one->tick();
}

}  // namespace stretto::rtc
