#include "net/loop.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace stretto;
using namespace stretto::net;

namespace {

using std::chrono::milliseconds;

std::pair<File, File> socket_pair() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    return {File{ends[0]}, File{ends[1]}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(net_loop)

BOOST_AUTO_TEST_CASE(posted_tasks_run_in_order_on_the_loops_thread) {
    Loop loop;
    constexpr int most = 1000;
    std::vector<int> ran;
    const auto home = std::this_thread::get_id();
    std::thread other{[&] {
        for (int i = 0; i < most; ++i)
            loop.post([&, i] {
                BOOST_TEST((std::this_thread::get_id() == home));
                ran.push_back(i);
                if (i == most - 1) loop.stop();
            });
    }};
    loop.run();
    other.join();
    BOOST_REQUIRE(ran.size() == std::size_t{most});
    for (int i = 0; i < most; ++i) BOOST_TEST(ran[static_cast<std::size_t>(i)] == i);
}
BOOST_AUTO_TEST_CASE(a_task_that_a_task_posts_runs_one_turn_later) {
    Loop loop;
    bool within = true, ran = false;
    loop.post([&] {
        loop.post([&] {
            ran = true;
            BOOST_TEST(!within);
            loop.stop();
        });
        within = false;
    });
    loop.run();
    BOOST_TEST(ran);
}
BOOST_AUTO_TEST_CASE(run_rethrows_an_exception_of_a_callback_and_the_loop_can_continue) {
    Loop loop;
    loop.post([] { throw std::runtime_error{"first"}; });
    BOOST_CHECK_THROW(loop.run(), std::runtime_error);
    loop.post([&] { loop.stop(); });
    loop.run();
}
BOOST_AUTO_TEST_CASE(tasks_that_never_run_are_destroyed_before_the_loop_with_handles_they_hold) {
    const auto alive = std::make_shared<int>(1);
    {
        Loop loop;
        loop.post([alive, timer = std::make_shared<Timer>(loop, [] {})] {});
        BOOST_TEST(alive.use_count() == 2);
    }
    BOOST_TEST(alive.use_count() == 1);
}
BOOST_AUTO_TEST_CASE(a_timer_calls_once_or_again_and_again) {
    Loop loop;
    int once = 0, often = 0;
    Timer first{loop, [&] { ++once; }};
    Timer second{loop, [&] {
                     if (++often == 5) loop.stop();
                 }};
    first.once(milliseconds{0});
    second.every(milliseconds{1});
    BOOST_TEST(first.active());
    loop.run();
    BOOST_TEST(once == 1);
    BOOST_TEST(often == 5);
    BOOST_TEST(!first.active());
    BOOST_TEST(second.active());
}
BOOST_AUTO_TEST_CASE(a_stopped_or_destroyed_timer_does_not_call) {
    Loop loop;
    Timer stopped{loop, [] { BOOST_ERROR("stopped"); }};
    auto gone = std::make_unique<Timer>(loop, [] { BOOST_ERROR("destroyed"); });
    Timer last{loop, [&] { loop.stop(); }};
    stopped.once(milliseconds{0});
    gone->once(milliseconds{0});
    stopped.stop();
    gone.reset();
    last.once(milliseconds{2});
    loop.run();
}
BOOST_AUTO_TEST_CASE(a_timer_may_destroy_itself) {
    Loop loop;
    std::unique_ptr<Timer> timer;
    const auto token = std::make_shared<int>(0);
    timer = std::make_unique<Timer>(loop, [&, token] {
        timer.reset();
        BOOST_TEST(token.use_count() >= 2);  // what the call holds outlives it
        loop.stop();
    });
    timer->once(milliseconds{0});
    loop.run();
    BOOST_TEST(!timer);
}
BOOST_AUTO_TEST_CASE(a_poll_reports_only_the_wanted_events) {
    Loop loop;
    const auto [mine, theirs] = socket_pair();
    std::vector<int> told;
    Poll* self = nullptr;
    Poll poll{loop, mine.fd(), [&](int events) {
                  told.push_back(events);
                  if (told.size() == 1) return self->want(Poll::readable);
                  self->want(Poll::none);
                  loop.stop();
              }};
    self = &poll;
    poll.want(Poll::writable);
    write_all(theirs.fd(), as_bytes("x"), "a socket");
    loop.run();
    BOOST_TEST(told == (std::vector<int>{Poll::writable, Poll::readable}),
               boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(a_poll_reports_that_the_other_end_is_closed) {
    Loop loop;
    auto [mine, theirs] = socket_pair();
    Poll poll{loop, mine.fd(), [&](int events) {
                  BOOST_TEST((events & Poll::readable));
                  loop.stop();
              }};
    poll.want(Poll::readable);
    theirs = File{};
    loop.run();
}
BOOST_AUTO_TEST_CASE(a_poll_may_destroy_itself_and_its_descriptor_can_be_watched_again) {
    Loop loop;
    const auto [mine, theirs] = socket_pair();
    std::unique_ptr<Poll> poll;
    int calls = 0;
    const std::function<void()> watch = [&, fd = mine.fd()] {
        poll = std::make_unique<Poll>(loop, fd, [&](int) {
            poll.reset();
            if (++calls == 3) return loop.stop();
            loop.post(watch);
        });
        poll->want(Poll::readable);
    };
    watch();
    write_all(theirs.fd(), as_bytes("x"), "a socket");
    loop.run();
    BOOST_TEST(calls == 3);
}
BOOST_AUTO_TEST_CASE(a_descriptor_that_cannot_be_watched_is_an_error) {
    Loop loop;
    BOOST_CHECK_THROW((Poll{loop, -1, [](int) {}}), Error);
}
BOOST_AUTO_TEST_CASE(a_signal_calls_on_the_loop_each_time) {
    Loop loop;
    int calls = 0;
    Signal signal{loop, SIGUSR1, [&] {
                      if (++calls == 2) return loop.stop();
                      ::raise(SIGUSR1);
                  }};
    ::raise(SIGUSR1);
    loop.run();
    BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_SUITE_END()
