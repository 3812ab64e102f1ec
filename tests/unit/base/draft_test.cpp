#include "base/draft.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "base/error.hpp"

using namespace stretto;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/stretto-draft-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

std::string content(const fs::path& path) { return std::string{as_text(read_file(path, 1000))}; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(base_draft, Folder)

BOOST_AUTO_TEST_CASE(the_target_appears_at_commit_and_no_other_file_remains) {
    Draft draft{path / "a"};
    draft.write(as_bytes("new"));
    BOOST_TEST(!fs::exists(path / "a"));
    draft.commit();
    BOOST_TEST(content(path / "a") == "new");
    BOOST_TEST(std::distance(fs::directory_iterator{path}, {}) == 1);
}
BOOST_AUTO_TEST_CASE(without_commit_the_old_file_remains_and_the_draft_is_removed) {
    {
        Draft old{path / "a"};
        old.write(as_bytes("old"));
        old.commit();
        Draft draft{path / "a"};
        draft.write(as_bytes("new"));
    }
    BOOST_TEST(content(path / "a") == "old");
    BOOST_TEST(std::distance(fs::directory_iterator{path}, {}) == 1);
}
BOOST_AUTO_TEST_CASE(a_file_longer_than_the_limit_is_an_error) {
    Draft draft{path / "a"};
    draft.write(as_bytes("12345"));
    draft.commit();
    BOOST_TEST(read_file(path / "a", 5).size() == 5u);
    BOOST_CHECK_THROW(read_file(path / "a", 4), Error);
}

BOOST_AUTO_TEST_SUITE_END()
