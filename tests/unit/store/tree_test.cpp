#include "store/tree.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace stretto;
using namespace stretto::store;

namespace {

namespace fs = std::filesystem;

/// root/a/file and root/b, beside outside/secret.
struct Fixture {
    Fixture() {
        std::string name = (fs::temp_directory_path() / "stretto-tree-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        folder = name;
        root = folder / "root";
        fs::create_directories(root / "a");
        fs::create_directories(folder / "outside");
        write(root / "a/file", "inside");
        write(folder / "outside/secret", "secret");
    }
    ~Fixture() { fs::remove_all(folder); }
    static void write(const fs::path& path, std::string_view text) {
        const File file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600)};
        write_all(file.fd(), as_bytes(text), path.string());
    }
    std::string read(const std::string& path) const {
        const auto file = Tree{root}.open(path);
        if (!file) return "(none)";
        const auto bytes = read_rest(file->fd(), 100, path);
        return bytes ? std::string{as_text(*bytes)} : "(long)";
    }
    fs::path folder, root;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_tree, Fixture)

BOOST_AUTO_TEST_CASE(a_file_is_opened_by_its_path) {
    BOOST_TEST(read("a/file") == "inside");
    BOOST_TEST(read("a//./file") == "inside");
}
BOOST_AUTO_TEST_CASE(no_path_leads_out) {
    for (const auto* path : {"../outside/secret", "a/../../outside/secret", "a/../../root/a/file",
                             "..", "../", "", ".", "/", "a/file/", "a/file/..", "b", "b/c"})
        BOOST_TEST(read(path) == "(none)", path);
    BOOST_TEST(read((folder / "outside/secret").string()) == "(none)");
    BOOST_TEST(read("/etc/passwd") == "(none)");
    BOOST_TEST(read(std::string(5000, 'a')) == "(none)");
}
BOOST_AUTO_TEST_CASE(no_link_is_followed_in_or_out) {
    fs::create_symlink(folder / "outside/secret", root / "absolute");
    fs::create_symlink("../outside/secret", root / "relative");
    fs::create_symlink("a/file", root / "inside");
    fs::create_directory_symlink("../outside", root / "folder");
    fs::create_symlink("/proc/self/fd/0", root / "magic");
    for (const auto* path : {"absolute", "relative", "inside", "folder/secret", "magic"}) {
        BOOST_TEST(read(path) == "(none)", path);
        if (std::string_view{path} != "folder/secret") BOOST_TEST(!Tree{root}.state(path), path);
    }
}
BOOST_AUTO_TEST_CASE(a_path_that_is_not_a_file_is_missing_and_does_not_block) {
    BOOST_REQUIRE(::mkfifo((root / "fifo").c_str(), 0600) == 0);
    const File socket{::socket(AF_UNIX, SOCK_STREAM, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (root / "socket").string();
    BOOST_REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    BOOST_REQUIRE(
        ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    for (const auto* name : {"fifo", "socket", "a"}) {
        BOOST_TEST(read(name) == "(none)", name);
        BOOST_TEST(!Tree{root}.state(name), name);
    }
}
BOOST_AUTO_TEST_CASE(a_renamed_root_remains_the_same_tree) {
    const Tree tree{root};
    fs::rename(root, folder / "moved");
    BOOST_TEST(bool{tree.open("a/file")});
}
BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_or_changed_has_another_state) {
    const Tree tree{root};
    const auto before = tree.state("a/file");
    BOOST_REQUIRE(bool{before});
    BOOST_TEST(before->size == 6U);
    BOOST_TEST((Tree::state(tree.open("a/file")->fd()) == *before));
    write(root / "a/new", "inside");
    fs::rename(root / "a/new", root / "a/file");
    const auto replaced = tree.state("a/file");
    BOOST_REQUIRE(bool{replaced});
    BOOST_TEST((*replaced != *before));
    write(root / "a/file", "longer now");
    BOOST_TEST((tree.state("a/file") != replaced));
    fs::remove(root / "a/file");
    BOOST_TEST(!tree.state("a/file"));
}
BOOST_AUTO_TEST_CASE(no_directory_is_an_error) {
    BOOST_CHECK_EXCEPTION(Tree{folder / "nowhere"}, Error,
                          [](const Error& error) { return error.exit() == EX_NOINPUT; });
    BOOST_CHECK_THROW(Tree{root / "a/file"}, Error);
}

BOOST_AUTO_TEST_CASE(a_tree_that_is_swapped_is_followed) {
    Fixture here;
    Tree tree{here.root};
    BOOST_TEST(!tree.follow());
    fs::create_directories(here.folder / "next/a");
    Fixture::write(here.folder / "next/a/file", "newer");
    fs::rename(here.root, here.folder / "old");
    BOOST_TEST(!tree.follow());  // nothing is there: the old one is better than none
    BOOST_TEST(tree.open("a/file").has_value());
    fs::rename(here.folder / "next", here.root);
    BOOST_TEST(tree.follow());
    BOOST_TEST(!tree.follow());
    const auto file = tree.open("a/file");
    BOOST_REQUIRE(file.has_value());
    BOOST_TEST(as_text(*read_rest(file->fd(), 100, "")) == "newer");
}

BOOST_AUTO_TEST_SUITE_END()
