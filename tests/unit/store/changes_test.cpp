#include "store/changes.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "../folder.hpp"
#include "store/directory.hpp"

using namespace stretto;
using namespace stretto::store;

namespace {

const std::string id(32, 'a'), other(32, 'b');
using All = std::vector<Change>;

struct Fixture : Folder {
    Fixture() : directory(path, Directory::Open::create) {}
    void publish(const std::string& song) {
        const auto incoming = directory.incoming();
        const auto turn = incoming->begin(song);
        incoming->admit();
    }
    Directory directory;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(store_changes)

BOOST_AUTO_TEST_CASE(each_change_of_a_publisher_is_reported_once) {
    Fixture store;
    Changes changes{store.path};
    BOOST_TEST(changes.poll()->empty());
    store.publish(id);
    store.directory.set_name("song", id);
    BOOST_TEST((changes.poll() == All{{Change::song, id}, {Change::name, "song"}}));
    BOOST_TEST(changes.poll()->empty());
    Changes late{store.path};
    BOOST_TEST(store.directory.remove(id));
    const All gone{{Change::name, "song"}, {Change::song, id}};
    BOOST_TEST((changes.poll() == gone));
    BOOST_TEST((late.poll() == gone));
}

BOOST_AUTO_TEST_CASE(an_incomplete_line_is_read_when_it_is_complete) {
    Fixture store;
    std::ofstream log{store.path / "changes"};
    Changes changes{store.path};
    log << "1 song " << id << "\n2 so" << std::flush;
    BOOST_TEST((changes.poll() == All{{Change::song, id}}));
    BOOST_TEST(changes.poll()->empty());
    log << "ng " << other << "\n" << std::flush;
    BOOST_TEST((changes.poll() == All{{Change::song, other}}));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_followed_is_reported_once) {
    Fixture store;
    const auto write = [&](std::string_view text) {
        std::ofstream{store.path / "changes.new"} << text;
        std::filesystem::rename(store.path / "changes.new", store.path / "changes");
    };
    write("1 song " + id + "\n");
    Changes changes{store.path};
    write("2 song " + id + "\n");  // another file
    BOOST_TEST(!changes.poll());
    BOOST_TEST(changes.poll()->empty());
    std::ofstream{store.path / "changes", std::ios::app} << "noise\n";
    BOOST_TEST(!changes.poll());
    BOOST_TEST(changes.poll()->empty());
    std::filesystem::resize_file(store.path / "changes", 0);
    BOOST_TEST(!changes.poll());
    std::filesystem::remove(store.path / "changes");
    BOOST_TEST(!changes.poll());
    note_change(store.path, {Change::song, id});
    BOOST_TEST((changes.poll() == All{{Change::song, id}}));
}

BOOST_AUTO_TEST_CASE(a_long_log_is_replaced_by_a_new_one) {
    Fixture store;
    std::ofstream{store.path / "changes"} << std::string(5u << 20, '\n');
    Changes changes{store.path};
    note_change(store.path, {Change::name, "song"});
    BOOST_TEST(std::filesystem::file_size(store.path / "changes") < 100u);
    BOOST_TEST(!changes.poll());
}

BOOST_AUTO_TEST_CASE(an_invalid_line_is_refused) {
    for (const auto* bad : {"", "song", "1 song x", "1 songs ", "x song ", "1  song "})
        BOOST_TEST(!parse_change(bad + id + "x"), bad);
    BOOST_TEST((parse_change("5 song " + id) == Change{Change::song, id}));
    BOOST_TEST((parse_change("5 name a") == Change{Change::name, "a"}));
    BOOST_TEST(!parse_change("5 name ../a"));
}

BOOST_AUTO_TEST_SUITE_END()
