#include "base/error.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_error)

BOOST_AUTO_TEST_CASE(a_failed_call_names_the_action_the_subject_and_the_reason) {
    errno = ENOENT;
    const auto missing = system_error("open", "a.ogg");
    BOOST_TEST(missing.what() == "cannot open 'a.ogg': No such file or directory");
    BOOST_TEST(missing.exit() == EX_NOINPUT);
    errno = ENOSPC;
    const auto full = system_error("write", "b.ogg");
    BOOST_TEST(full.what() == "cannot write 'b.ogg': No space left on device");
    BOOST_TEST(full.exit() == EX_IOERR);
}
BOOST_AUTO_TEST_CASE(a_result_is_a_value_or_a_reason) {
    Result<std::unique_ptr<int>> good = std::make_unique<int>(7);
    BOOST_TEST(bool{good});
    BOOST_TEST(*must(std::move(good), "x") == 7);

    const Result<int> bad = Malformed{"page 7 is missing"};
    BOOST_TEST(!bad);
    BOOST_TEST(bad.error().why == "page 7 is missing");
    const auto told = [](const Error& e) {
        return e.exit() == EX_DATAERR && e.what() == std::string{"'a.ogg': page 7 is missing"};
    };
    BOOST_CHECK_EXCEPTION(must(bad, "a.ogg"), Error, told);
}

BOOST_AUTO_TEST_SUITE_END()
