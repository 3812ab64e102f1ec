// The unit tests' main(); each file beside this one stands for a file of lib/.
#define BOOST_TEST_MODULE stretto
#include <signal.h>
#include <unistd.h>

#include <boost/test/included/unit_test.hpp>
#include <boost/test/tree/observer.hpp>

namespace {

/// A script's background job, nohup and some CI runners ignore these, and children inherit it.
struct OwnSignals {
    OwnSignals() {
        for (const int number : {SIGINT, SIGQUIT, SIGHUP, SIGTERM}) ::signal(number, SIG_DFL);
    }
};

/// No test waits for ever: the program ends and names the one that did.
struct Deadline : boost::unit_test::test_observer {
    static constexpr unsigned seconds = 300;
    static inline const std::string* test = nullptr;
    void test_unit_start(const boost::unit_test::test_unit& unit) override {
        test = &unit.p_name.get();
        ::alarm(seconds);
    }
    void test_unit_finish(const boost::unit_test::test_unit&, unsigned long) override {
        ::alarm(0);
    }
    static void over(int) {
        constexpr char why[] = ": error: this test took more than 300 s\n";
        if (::write(2, test->data(), test->size()) > 0 && ::write(2, why, sizeof why - 1) > 0) {
        }
        ::_exit(1);
    }
};

/// The framework looks at its observers until the very end.
struct Watched {
    static inline Deadline* const deadline = new Deadline;
    Watched() {
        boost::unit_test::framework::register_observer(*deadline);
        ::signal(SIGALRM, Deadline::over);
    }
};

}  // namespace

BOOST_TEST_GLOBAL_CONFIGURATION(OwnSignals);
BOOST_TEST_GLOBAL_CONFIGURATION(Watched);
