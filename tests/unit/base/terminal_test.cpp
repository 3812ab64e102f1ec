#include "base/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>

using namespace stretto;

namespace {

bool takes_lines(int fd) {
    termios now{};
    BOOST_REQUIRE(::tcgetattr(fd, &now) == 0);
    return (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

/// A child on a terminal of its own.
struct Child {
    int master = -1;
    pid_t pid = 0;
    explicit Child(const std::function<void()>& body) {
        pid = ::forkpty(&master, nullptr, nullptr, nullptr);
        BOOST_REQUIRE(pid >= 0);
        if (pid > 0) return;
        ::signal(SIGABRT, SIG_DFL);  // Boost.Test handles it
        body();
        ::_exit(0);
    }
    ~Child() { ::close(master); }
    void says(char wanted) const {
        char c = 0;
        pollfd readable{master, POLLIN, 0};
        BOOST_TEST_REQUIRE(::poll(&readable, 1, 60'000) == 1,
                           "waited 60 s for the child to say '" << wanted << "'");
        BOOST_TEST_REQUIRE(::read(master, &c, 1) == 1);
        BOOST_TEST(c == wanted);
    }
    int status(int flags = 0) const {
        const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
        BOOST_TEST_REQUIRE(handle >= 0);
        if (!(flags & WUNTRACED)) {  // a handle tells of the end alone
            pollfd ended{handle, POLLIN, 0};
            const bool soon = ::poll(&ended, 1, 60'000) == 1;
            if (!soon) ::kill(pid, SIGKILL);
            BOOST_TEST(soon, "waited 60 s for the child to end");
        }
        ::close(handle);
        int status = 0;
        BOOST_TEST_REQUIRE(::waitpid(pid, &status, flags) == pid);
        return status;
    }
};

void say(char c) {
    if (::write(1, &c, 1) != 1) ::_exit(9);
}
char hear() {
    char c = 0;
    if (::read(0, &c, 1) != 1) ::_exit(9);
    return c;
}

std::vector<Press> read_keys(std::string_view bytes, std::size_t step) {
    KeyReader reader;
    std::vector<Press> all;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
        for (auto press : reader.add(bytes.substr(0, step))) all.push_back(press);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_terminal)

BOOST_AUTO_TEST_CASE(keys_arrive_without_enter_and_the_terminal_is_restored) {
    const Child child{[] {
        {
            const KeyTerminal terminal{0};
            say(terminal ? 'r' : 'n');
            if (hear() != 'q') ::_exit(8);
        }
        say('d');
        hear();
    }};
    child.says('r');
    BOOST_TEST(!takes_lines(child.master));
    BOOST_TEST(::write(child.master, "q", 1) == 1);
    child.says('d');  // and no echo of the key before it
    BOOST_TEST(takes_lines(child.master));
    BOOST_TEST(::write(child.master, "x\n", 2) == 2);
    BOOST_TEST(child.status() == 0);
}
BOOST_AUTO_TEST_CASE(signals_that_end_the_program_set_it_back_first) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT}) {
        const Child child{[] {
            const KeyTerminal terminal{0};
            say('r');
            for (;;) hear();
        }};
        child.says('r');
        // held open, or the terminal ends with the child
        const int slave = ::open(::ptsname(child.master), O_RDWR | O_NOCTTY);
        BOOST_TEST(!takes_lines(child.master));
        if (number == SIGINT)
            BOOST_TEST(::write(child.master, "\3", 1) == 1);
        else
            ::kill(child.pid, number);
        const int status = child.status();
        BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == number));
        BOOST_TEST(takes_lines(child.master));
        ::close(slave);
    }
}
BOOST_AUTO_TEST_CASE(exit_sets_it_back) {
    const Child child{[] {
        const KeyTerminal terminal{0};
        say('r');
        hear();
        std::exit(0);
    }};
    child.says('r');
    const int slave = ::open(::ptsname(child.master), O_RDWR | O_NOCTTY);
    BOOST_TEST(::write(child.master, "q", 1) == 1);
    child.status();  // LeakSanitizer has its own idea of a fork that exits
    BOOST_TEST(takes_lines(child.master));
    ::close(slave);
}
BOOST_AUTO_TEST_CASE(handlers_of_others_are_left_alone) {
    const Child child{[] {
        ::signal(SIGTERM, [](int) { ::_exit(7); });
        const KeyTerminal terminal{0};
        say('r');
        for (;;) hear();
    }};
    child.says('r');
    ::kill(child.pid, SIGTERM);
    const int status = child.status();
    BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 7));
}
BOOST_AUTO_TEST_CASE(a_descriptor_that_is_not_a_terminal_is_left_alone) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    BOOST_TEST(!KeyTerminal{ends[0]});
    ::close(ends[0]);
    ::close(ends[1]);
}
BOOST_AUTO_TEST_CASE(keys_are_read_however_they_are_split) {
    const std::vector<Press> wanted{
        {Key::space}, {Key::right}, {Key::left},           {Key::character, 'n'},
        {Key::up},    {Key::down},  {Key::character, '+'}, {Key::character, 'q'}};
    // in between: Delete, F5, Alt-x, Ctrl-A, and an arrow with Shift
    const std::string_view bytes = " \x1b[C\x1bOD\x1b[3~n\x1b[15~\x1b[A\x1bx\x01\x1b[1;2C\x1b[B+q";
    for (std::size_t step = 1; step <= bytes.size(); ++step)
        BOOST_TEST((read_keys(bytes, step) == wanted), "steps of " << step);
    BOOST_TEST((read_keys("\x1b\x1b[C", 1) == std::vector<Press>{{Key::right}}));
    BOOST_TEST((read_keys("\x1b[99999999999999999999q", 3).size() < 20));
}
BOOST_AUTO_TEST_CASE(strangers_text_cannot_command_the_terminal) {
    BOOST_TEST(fit_columns("a\x1b[2Jb\r\n\tc\x7f\x9b", 80, true) == "a[2Jbc?");
    BOOST_TEST(fit_columns("x\u202ey\u2066z\u0085", 80, true) == "xyz");
    BOOST_TEST(fit_columns("\xff\xc0\x80\xed\xa0\x80", 80, true) == "??????");
    BOOST_TEST(fit_columns("Bj\u00f6rk", 80, false) == "Bj?rk");
}
BOOST_AUTO_TEST_CASE(text_is_cut_to_columns_wide_characters_counted_twice) {
    const std::string wide = "\u97f3\u697d\u97f3\u697d";
    BOOST_TEST(columns_of(wide) == 8u);
    BOOST_TEST(fit_columns(wide, 8, true) == wide);
    BOOST_TEST(fit_columns(wide, 7, true) == "\u97f3\u697d\u97f3\u2026");
    BOOST_TEST(fit_columns(wide, 6, true) == "\u97f3\u697d\u2026");
    BOOST_TEST(fit_columns("abc", 2, false) == "a~");
    BOOST_TEST(fit_columns("abc", 0, true) == "");
    BOOST_TEST(fit_columns("e\u0301tude", 5, true) == "e\u0301tude");
    for (std::size_t n = 0; n < 20; ++n)
        for (const auto& s : {wide + "abc" + wide, std::string{"a e\u0301 song of some length"}})
            BOOST_TEST(columns_of(fit_columns(s, n, true)) <= n);
}

BOOST_AUTO_TEST_SUITE_END()
