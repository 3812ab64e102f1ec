// Files on a thread of their own: all of them, the first failure, and none after an end.
#include "store/writer.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path = fs::temp_directory_path() / ("stretto-writer-" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_writer)

BOOST_AUTO_TEST_CASE(files_are_complete_after_finish) {
    const Folder folder;
    store::Writer writer;
    for (int i = 0; i < 100; ++i)  // far more than may wait
        writer.write(folder.path / std::to_string(i), Bytes(500'000, static_cast<std::uint8_t>(i)));
    writer.finish();
    for (int i = 0; i < 100; ++i)
        BOOST_TEST((read_file(folder.path / std::to_string(i), 1'000'000) ==
                    Bytes(500'000, static_cast<std::uint8_t>(i))));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_fails_the_end_and_later_writes) {
    const Folder folder;
    store::Writer writer;
    writer.write(folder.path / "no" / "such" / "folder", Bytes(10));
    BOOST_CHECK_THROW(writer.finish(), Error);
    BOOST_CHECK_THROW(writer.write(folder.path / "next", Bytes(10)), Error);
    BOOST_TEST(!fs::exists(folder.path / "next"));
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_not_overwritten) {
    const Folder folder;
    store::Writer writer;
    writer.write(folder.path / "a", Bytes{1});
    writer.write(folder.path / "a", Bytes{2});
    BOOST_CHECK_THROW(writer.finish(), Error);
    BOOST_TEST((read_file(folder.path / "a", 10) == Bytes{1}));
}

BOOST_AUTO_TEST_SUITE_END()
