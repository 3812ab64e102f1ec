#include "base/appendable.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "../folder.hpp"
#include "base/error.hpp"

using namespace stretto;

namespace {

struct Fixture {
    Folder folder;
    std::filesystem::path path = folder.path / "lines";
    bool may_replace() const {
        const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        return ::flock(file.fd(), LOCK_EX | LOCK_NB) == 0;
    }
    int refused(int lock) const {
        try {
            (void)open_appendable(path, O_WRONLY, lock);
            return 0;
        } catch (const Error& why) {
            return why.exit();
        }
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(base_appendable, Fixture)

BOOST_AUTO_TEST_CASE(several_may_append_and_nobody_may_replace_the_file_meanwhile) {
    {
        const auto one = open_appendable(path, O_WRONLY, LOCK_SH);
        const auto two = open_appendable(path, O_WRONLY, LOCK_SH);
        BOOST_TEST(!may_replace());
        BOOST_TEST(refused(LOCK_EX) == EX_TEMPFAIL);
    }
    BOOST_TEST(may_replace());
    const auto alone = open_appendable(path, O_RDWR, LOCK_EX);
    BOOST_TEST(refused(LOCK_SH) == EX_TEMPFAIL);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_replaced_while_it_was_opened_is_not_kept) {
    std::jthread replacer{[&](const std::stop_token& stop) {
        const auto fresh = folder.path / "fresh";
        while (!stop.stop_requested()) {
            const File old{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
            if (::flock(old.fd(), LOCK_EX | LOCK_NB) != 0) continue;
            const File next{::open(fresh.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
            std::filesystem::rename(fresh, path);
        }
    }};
    int opened = 0;
    for (int i = 0; i < 3000; ++i) try {
            const auto file = open_appendable(path, O_WRONLY, LOCK_SH);
            struct stat ours, named;
            BOOST_REQUIRE(::fstat(file.fd(), &ours) == 0);
            BOOST_REQUIRE(::stat(path.c_str(), &named) == 0);
            BOOST_REQUIRE(ours.st_ino == named.st_ino);
            ++opened;
        } catch (const Error& why) {
            BOOST_REQUIRE(why.exit() == EX_TEMPFAIL);
        }
    BOOST_TEST(opened > 0);
}

BOOST_AUTO_TEST_CASE(a_device_is_opened_without_a_lock) {
    const auto one = open_appendable("/dev/null", O_WRONLY, LOCK_EX);
    const auto two = open_appendable("/dev/null", O_WRONLY, LOCK_EX);
    BOOST_TEST(two.fd() >= 0);
}

BOOST_AUTO_TEST_SUITE_END()
