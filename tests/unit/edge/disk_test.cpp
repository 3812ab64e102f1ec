// Files of a cache in a folder made for the test; what goes wrong is done to them by hand.
#include "edge/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "../folder.hpp"
#include "base/error.hpp"

using namespace stretto;
using namespace stretto::edge;
namespace fs = std::filesystem;

namespace {

const std::string body(5000, 'm');

std::string print(const http::Fields& fields) {
    std::string out;
    for (const auto& field : fields) out += field.name + ": " + field.value + "\r\n";
    return out;
}

Disk::Meta meta_of(const std::string& key) {
    Disk::Meta meta;
    meta.key = key;
    meta.length = body.size();
    meta.asked = UINT64_MAX;
    meta.sums = {sum_of(as_bytes(body))};
    meta.stored.status = 203;
    meta.stored.fields.add("ETag", "\"\xff\xfe\"");  // no UTF-8
    meta.stored.fields.add("X", "1");
    meta.stored.fields.add("X", "2");
    meta.stored.vary.add("Accept-Encoding", "gzip");
    meta.stored.requested = http::Time{http::Seconds{1700000000}};
    meta.stored.received = http::Time{http::Seconds{1700000003}};
    return meta;
}

struct Fixture {
    Folder folder;
    Disk disk{folder.path};

    /// A whole file, written at a second that the test makes up.
    Disk::Name put(const std::string& key, int second = 0) {
        auto draft = disk.draft();
        BOOST_REQUIRE(draft);
        write_all(draft->file.fd(), as_bytes(body), "a body");
        const auto meta = meta_of(key);
        BOOST_REQUIRE(Disk::write_meta(draft->file.fd(), meta));
        const auto name = Disk::name_of(key, meta.stored.vary);
        BOOST_REQUIRE(disk.keep(*draft, name));
        const timespec times[] = {{second, 0}, {second, 0}};
        BOOST_REQUIRE(::utimensat(AT_FDCWD, disk.path_of(name).c_str(), times, 0) == 0);
        return name;
    }
    Bytes bytes_of(const Disk::Name& name) { return read_file(disk.path_of(name), 1 << 20); }
    void rewrite(const Disk::Name& name, BytesView bytes) {
        const File file{::open(disk.path_of(name).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
        write_all(file.fd(), bytes, "a file");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_disk, Fixture)

BOOST_AUTO_TEST_CASE(a_file_contains_all_properties_of_its_response) {
    const auto name = put("/a?b");
    const auto meta = Disk::read_meta(disk.path_of(name));
    BOOST_REQUIRE(meta);
    const auto wanted = meta_of("/a?b");
    BOOST_TEST(meta->key == "/a?b");
    BOOST_TEST(meta->length == body.size());
    BOOST_TEST(meta->sums == wanted.sums);
    BOOST_TEST(meta->stored.status == 203);
    BOOST_TEST(print(meta->stored.fields) == print(wanted.stored.fields));
    BOOST_TEST(print(meta->stored.vary) == print(wanted.stored.vary));
    BOOST_TEST((meta->stored.requested == wanted.stored.requested));
    BOOST_TEST((meta->stored.received == wanted.stored.received));
    BOOST_TEST(as_text(bytes_of(name)).substr(0, body.size()) == body);
}
BOOST_AUTO_TEST_CASE(a_truncated_file_is_incomplete) {
    const auto name = put("/a");
    const auto all = bytes_of(name);
    for (std::size_t n = 0; n < all.size(); n += n < body.size() ? 499 : 1) {
        rewrite(name, BytesView{all}.first(n));
        BOOST_TEST(!Disk::read_meta(disk.path_of(name)), "whole with " << n << " bytes");
    }
}
BOOST_AUTO_TEST_CASE(a_file_with_a_wrong_bit_in_its_metadata_is_invalid) {
    const auto name = put("/a");
    const auto all = bytes_of(name);
    for (std::size_t i = body.size(); i < all.size(); ++i) {
        auto wrong = all;
        wrong[i] ^= 4;
        rewrite(name, wrong);
        BOOST_TEST(!Disk::read_meta(disk.path_of(name)), "whole with byte " << i << " changed");
    }
}
BOOST_AUTO_TEST_CASE(a_file_whose_body_has_another_length_is_incomplete) {
    const auto name = put("/a");
    auto all = bytes_of(name);
    all.insert(all.begin(), 'm');
    rewrite(name, all);
    BOOST_TEST(!Disk::read_meta(disk.path_of(name)));
}
BOOST_AUTO_TEST_CASE(freshening_changes_the_fields_and_no_byte_of_the_body) {
    const auto name = put("/a");
    auto meta = meta_of("/a");
    meta.stored.fields = {};  // shorter than before
    meta.stored.fields.add("X", "3");
    BOOST_TEST(Disk::rewrite_meta(disk.path_of(name), meta));
    const auto now = Disk::read_meta(disk.path_of(name));
    BOOST_REQUIRE(now);
    BOOST_TEST(print(now->stored.fields) == "X: 3\r\n");
    BOOST_TEST(as_text(bytes_of(name)).substr(0, body.size()) == body);
}
BOOST_AUTO_TEST_CASE(too_much_to_know_is_not_written) {
    auto draft = disk.draft();
    BOOST_REQUIRE(draft);
    auto meta = meta_of("/a");
    meta.stored.fields.add("X", std::string(300u << 10, 'x'));
    BOOST_TEST(!Disk::write_meta(draft->file.fd(), meta));
}
BOOST_AUTO_TEST_CASE(a_scan_lists_complete_files_oldest_first_and_removes_others) {
    put("/new", 300);
    put("/old", 100);
    put("/middle", 200);
    const auto rest = disk.draft();
    BOOST_REQUIRE(rest);
    // what is none of ours stays and is not listed
    const auto beside = disk.path_of(Disk::name_of("/x", {})).parent_path() / "notes";
    std::ofstream{beside} << "mine";
    const auto link = disk.path_of(Disk::name_of("/link", {}));
    fs::create_symlink("/etc/passwd", link);

    const auto found = disk.scan();
    BOOST_REQUIRE(found.size() == 3u);
    const char* keys[] = {"/old", "/middle", "/new"};
    for (std::size_t i = 0; i < 3; ++i) {
        BOOST_TEST((found[i].name.path_hash == Disk::path_hash(keys[i])));
        BOOST_TEST(found[i].bytes == fs::file_size(disk.path_of(found[i].name)));
    }
    BOOST_TEST(!fs::exists(rest->path));
    BOOST_TEST(fs::exists(beside));
    BOOST_TEST(fs::is_symlink(link));
}
BOOST_AUTO_TEST_CASE(each_file_is_in_one_of_256_parts) {
    std::set<std::string> put_in, found;
    for (int i = 0; i < 40; ++i) put_in.insert(put(text("/", i)).file());
    disk.draft();
    for (unsigned part = 0; part < 256; ++part) {
        const auto names = disk.names_in(part);
        BOOST_REQUIRE(names.has_value());
        for (const auto& name : *names) BOOST_TEST(found.insert(name.file()).second);
    }
    BOOST_TEST((found == put_in));
}
BOOST_AUTO_TEST_CASE(names_differ_by_path_and_by_selecting_fields) {
    http::Fields gzip, plain;
    gzip.add("Accept-Encoding", "gzip");
    plain.add("Accept-Encoding", "");
    const Disk::Name names[] = {Disk::name_of("/a", {}), Disk::name_of("/a", gzip),
                                Disk::name_of("/a", plain), Disk::name_of("/b", gzip)};
    std::set<std::string> files;
    std::set<std::uint64_t> numbers;
    for (const auto& name : names) {
        files.insert(name.file());
        numbers.insert(name.number());
        BOOST_TEST(name.file().size() == 49u);
    }
    BOOST_TEST(files.size() == 4u);
    BOOST_TEST(numbers.size() == 4u);
    BOOST_TEST((names[1].path_hash == names[2].path_hash));
}
BOOST_AUTO_TEST_CASE(two_programs_do_not_use_one_folder) {
    const auto again = [&] { Disk{folder.path}; };
    BOOST_CHECK_EXCEPTION(again(), Error, [](const Error& e) { return e.exit() == EX_TEMPFAIL; });
    const Folder other;
    { Disk one{other.path}; }
    BOOST_CHECK_NO_THROW(Disk{other.path});  // its user has ended
}
BOOST_AUTO_TEST_CASE(removed_folders_are_created_again) {
    for (const auto& entry : fs::directory_iterator{folder.path}) fs::remove_all(entry.path());
    fs::remove(folder.path);
    const auto name = put("/a");
    BOOST_TEST(bool{Disk::read_meta(disk.path_of(name))});
    // one of them alone, while a draft is under way
    auto draft = disk.draft();
    BOOST_REQUIRE(draft);
    fs::remove_all(disk.path_of(name).parent_path());
    BOOST_TEST(disk.keep(*draft, name));
    BOOST_TEST(fs::exists(disk.path_of(name)));
}

BOOST_AUTO_TEST_SUITE_END()
