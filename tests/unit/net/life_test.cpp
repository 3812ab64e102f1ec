// What callbacks do when the object they know has gone, and how objects end within callbacks.
#include "net/life.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <optional>

#include "base/file.hpp"
#include "net/loop.hpp"

using namespace stretto;
using namespace stretto::net;

namespace {

struct Counter {
    int calls = 0;
    Life life;
    auto counting() {
        return life.guard([this](int n) { calls += n; });
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(net_life)

BOOST_AUTO_TEST_CASE(a_guarded_call_does_nothing_after_its_object_is_destroyed) {
    auto counter = std::make_unique<Counter>();
    const std::function<void(int)> call = counter->counting();
    const auto watch = counter->life.watch();
    call(2);
    BOOST_TEST(counter->calls == 2);
    BOOST_TEST(bool{watch});
    counter.reset();
    call(2);  // ASan would tell
    BOOST_TEST(!bool{watch});
}
BOOST_AUTO_TEST_CASE(it_forwards_arguments_and_results_and_returns_an_empty_result_afterwards) {
    std::optional<Life> life{std::in_place};
    const std::function<bool(std::unique_ptr<int>&&, int&)> call =
        life->guard([](std::unique_ptr<int>&& moved, int& changed) {
            changed = *std::exchange(moved, nullptr);
            return true;
        });
    int changed = 0;
    BOOST_TEST(call(std::make_unique<int>(7), changed));
    BOOST_TEST(changed == 7);
    life.reset();
    BOOST_TEST(!call(std::make_unique<int>(8), changed));
    BOOST_TEST(changed == 7);
}
BOOST_AUTO_TEST_CASE(an_object_that_starts_again_hears_only_of_new_calls) {
    Counter counter;
    const std::function<void(int)> old = counter.counting();
    counter.life.end();
    const std::function<void(int)> anew = counter.counting();
    old(1);
    anew(10);
    BOOST_TEST(counter.calls == 10);
}
BOOST_AUTO_TEST_CASE(a_guarded_call_may_destroy_its_own_object) {
    auto counter = std::make_unique<Counter>();
    std::function<void()> call = counter->life.guard([&] { counter.reset(); });
    call();
    call();
    BOOST_TEST(!counter);
}
BOOST_AUTO_TEST_CASE(a_dropped_object_ends_on_the_next_turn_after_its_posted_tasks) {
    Loop loop;
    struct Object {
        std::vector<std::string>& told;
        Timer timer;
        ~Object() { told.push_back("gone"); }
    };
    std::vector<std::string> told;
    std::unique_ptr<Object> object;
    object.reset(new Object{told, Timer{loop, [&] {
                                            loop.post([&] { told.push_back("posted"); });
                                            loop.drop(std::move(object));
                                            BOOST_TEST(!object);
                                            told.push_back("timer");
                                        }}});
    object->timer.once(std::chrono::milliseconds{0});
    Timer end{loop, [&] {
                  if (told.size() == 3) loop.stop();
              }};
    end.every(std::chrono::milliseconds{1});
    loop.run();
    BOOST_TEST(told == (std::vector<std::string>{"timer", "posted", "gone"}),
               boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(dropped_objects_end_with_the_loop_and_so_do_those_that_they_drop) {
    const auto token = std::make_shared<int>(0);
    struct Chain {
        Loop& loop;
        std::shared_ptr<int> token;
        int more;
        Timer timer{loop, [] {}};
        Chain(Loop& on, std::shared_ptr<int> held, int n)
            : loop(on), token(std::move(held)), more(n) {
            timer.every(std::chrono::seconds{1});
        }
        ~Chain() {
            if (more > 0) loop.drop(std::make_unique<Chain>(loop, token, more - 1));
        }
    };
    {
        Loop loop;
        loop.drop(std::make_unique<Chain>(loop, token, 3));
        loop.drop(std::unique_ptr<Chain>{});
        BOOST_TEST(token.use_count() == 2);
    }
    BOOST_TEST(token.use_count() == 1);
}
BOOST_AUTO_TEST_CASE(a_loop_names_the_handles_it_waits_for) {
    Loop loop;
    BOOST_TEST(loop.waits_for().empty());
    Timer idle{loop, [] {}}, timer{loop, [] {}};
    timer.every(std::chrono::seconds{1});
    const Signal signal{loop, SIGUSR2, [] {}};
    const auto names = loop.waits_for();
    BOOST_REQUIRE(names.size() == 2u);
    for (const auto& name : names)
        BOOST_TEST(name.find("life_test.cpp:") != std::string::npos, name);
    BOOST_TEST((names[0] + names[1]).find("timer (") != std::string::npos);
    BOOST_TEST((names[0] + names[1]).find("signal (") != std::string::npos);
}
#ifndef NDEBUG
BOOST_AUTO_TEST_CASE(a_loop_with_open_handles_names_them_and_ends) {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    File mine{ends[0]}, theirs{ends[1]};
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        auto loop = std::make_unique<Loop>();
        auto* leaked = new Timer{*loop, [] {}};
        leaked->every(std::chrono::seconds{1});
        loop.reset();
        ::_exit(0);
    }
    theirs = File{};
    std::string said(4096, '\0');
    const auto n = ::read(mine.fd(), said.data(), said.size());
    said.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    BOOST_TEST(said.find("a loop ends before its timer (") != std::string::npos, said);
    BOOST_TEST(said.find("life_test.cpp:") != std::string::npos, said);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
