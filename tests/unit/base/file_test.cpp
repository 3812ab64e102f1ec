#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "base/error.hpp"

using namespace stretto;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        out = File{ends[0]};
        in = File{ends[1]};
    }
    File out, in;
};

auto exits(int status) {
    return [status](const Error& e) { return e.exit() == status; };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_file)

BOOST_AUTO_TEST_CASE(a_descriptor_is_closed_once_by_its_last_owner) {
    Pipe pipe;
    const int fd = pipe.in.fd();
    {
        File taken = std::move(pipe.in);
        BOOST_TEST(!pipe.in);
        BOOST_TEST(is_open(fd));
        File& same = taken;
        taken = std::move(same);
        BOOST_TEST(is_open(fd));
    }
    BOOST_TEST(!is_open(fd));
    const int other = pipe.out.fd();
    pipe.out = File{};
    BOOST_TEST(!is_open(other));
}
BOOST_AUTO_TEST_CASE(a_spool_has_no_name_and_can_be_read_anywhere) {
    const File spool = open_spool();
    struct stat info {};
    BOOST_REQUIRE(::fstat(spool.fd(), &info) == 0);
    BOOST_TEST(info.st_nlink == 0U);
    write_all(spool.fd(), as_bytes("0123456789"), "spool");
    Bytes part(4);
    BOOST_TEST(read_at(spool.fd(), part, 3, "spool") == 4U);
    BOOST_TEST(as_text(part) == "3456");
    BOOST_TEST(read_at(spool.fd(), part, 8, "spool") == 2U);
    BOOST_TEST(read_at(spool.fd(), part, 10, "spool") == 0U);
}
BOOST_AUTO_TEST_CASE(fragments_from_a_pipe_are_read_as_a_whole) {
    Pipe pipe;
    std::thread writer{[&] {
        for (int i = 0; i < 100; ++i) {
            write_all(pipe.in.fd(), Bytes(1000, static_cast<std::uint8_t>(i)), "pipe");
            std::this_thread::yield();
        }
        pipe.in = File{};
    }};
    Bytes most(70000);
    const auto first = read_some(pipe.out.fd(), most, "pipe");
    const auto rest = read_rest(pipe.out.fd(), 30000, "pipe");
    writer.join();
    BOOST_TEST(first == 70000U);
    BOOST_TEST(most.back() == 69);
    BOOST_REQUIRE(bool{rest});
    BOOST_TEST(rest->size() == 30000U);
    BOOST_TEST(rest->back() == 99);
}
BOOST_AUTO_TEST_CASE(a_byte_more_than_the_limit_is_too_much) {
    for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 200000U}) {
        const File spool = open_spool();
        write_all(spool.fd(), Bytes(size), "spool");
        ::lseek(spool.fd(), 0, SEEK_SET);
        const auto all = read_rest(spool.fd(), size, "spool");
        BOOST_TEST((all && all->size() == size), size);
        ::lseek(spool.fd(), 0, SEEK_SET);
        BOOST_TEST((size == 0 || !read_rest(spool.fd(), size - 1, "spool")), size);
    }
    BOOST_CHECK_EXCEPTION(read_file("/dev/zero", 100000), Error, exits(EX_DATAERR));
}
BOOST_AUTO_TEST_CASE(failures_have_their_status) {
    BOOST_CHECK_EXCEPTION(open_input("/nowhere/a"), Error, exits(EX_NOINPUT));
    BOOST_CHECK_EXCEPTION(open_input("/"), Error, exits(EX_IOERR));
    const File full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    BOOST_CHECK_EXCEPTION(write_all(full.fd(), as_bytes("x"), "full"), Error, exits(EX_IOERR));
    BOOST_CHECK_EXCEPTION(sync(-1, "nothing"), Error, exits(EX_IOERR));
    BOOST_CHECK_THROW(sync_directory("/nowhere"), Error);
    sync_directory("/tmp");
}

BOOST_AUTO_TEST_SUITE_END()
