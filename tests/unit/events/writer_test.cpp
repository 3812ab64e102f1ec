#include "events/writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"

using namespace stretto;
using namespace stretto::events;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    Fixture() {
        std::string name = (fs::temp_directory_path() / "stretto-events-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        folder = name;
        path = folder / "events.jsonl";
    }
    ~Fixture() { fs::remove_all(folder); }
    std::string content() const {
        const auto bytes = read_file(path, 1 << 20);
        return std::string{as_text(bytes)};
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::istringstream in{content()};
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    }
    fs::path folder, path;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events_writer, Fixture)

BOOST_AUTO_TEST_CASE(a_line_is_json_with_the_listener_and_the_event) {
    Writer writer{path};
    Session session{writer, "s1", "l1", "52.5,13.4", "song"};
    session.tell(1000, "start", {{"title", "\"Quoted\"\n\xff"}, {"network", "4g"}});
    session.tell(1001, "chunk", {{"index", 0}, {"bytes", std::uint64_t{200000}}, {"hit", true}});
    session.tell(1002, "end", {{"heard_ms", 0}, {"why", std::string{"skipped"}}});
    const auto all = lines();
    BOOST_TEST_REQUIRE(all.size() == 3u);
    const auto first = nlohmann::json::parse(all[0]);
    BOOST_TEST(first["event"] == "start");
    BOOST_TEST(first["seq"] == 0);
    BOOST_TEST(first["time_ms"] == 1000);
    BOOST_TEST(first["session"] == "s1");
    BOOST_TEST(first["listener"] == "l1");
    BOOST_TEST(first["place"] == "52.5,13.4");
    BOOST_TEST(first["song"] == "song");
    BOOST_TEST(first["title"] == "\"Quoted\"\n\xef\xbf\xbd");
    const auto second = nlohmann::json::parse(all[1]);
    BOOST_TEST(second["seq"] == 1);
    BOOST_TEST(second["bytes"] == 200000);
    BOOST_TEST(second["hit"] == true);
    BOOST_TEST(nlohmann::json::parse(all[2])["why"] == "skipped");
}

BOOST_AUTO_TEST_CASE(lines_wait_at_most_a_second) {
    Writer writer{path};
    writer.write("a\n", 5000);
    writer.write("b\n", 5999);
    BOOST_TEST(content() == "");
    writer.write("c\n", 6000);
    BOOST_TEST(content() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_clock_set_back_holds_no_line_up) {
    Writer writer{path};
    writer.write("a\n", 5000);
    writer.write("b\n", 10);
    BOOST_TEST(content() == "a\nb\n");
}

BOOST_AUTO_TEST_CASE(many_lines_do_not_wait) {
    Writer writer{path};
    writer.write(std::string(70000, 'a') + '\n', 0);
    BOOST_TEST(content().size() == 70001u);
}

BOOST_AUTO_TEST_CASE(an_end_and_the_destructor_flush) {
    {
        Writer writer{path};
        Session session{writer, "s", "l", "", "song"};
        session.tell(0, "end");
        BOOST_TEST(lines().size() == 1u);
        session.tell(1, "late");
        BOOST_TEST(lines().size() == 1u);
    }
    BOOST_TEST(lines().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_torn_line_damages_no_other) {
    {
        const File file{::open(path.c_str(), O_WRONLY | O_CREAT, 0600)};
        write_all(file.fd(), as_bytes("{\"event\":\"pro"), "torn");
    }
    Writer writer{path};
    writer.write("a\n", 0);
    writer.flush();
    writer.write("b\n", 0);
    writer.flush();
    BOOST_TEST(content() == "{\"event\":\"pro\na\nb\n");
}

BOOST_AUTO_TEST_CASE(two_writers_append_to_one_file) {
    Writer one{path}, two{path};
    one.write("a\n", 0);
    two.write("b\n", 0);
    one.flush();
    two.flush();
    one.write("c\n", 0);
    one.flush();
    BOOST_TEST(content() == "a\nb\nc\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported_and_the_writer_continues) {
    Writer writer{"/dev/full"};
    writer.write("a\n", 0);
    BOOST_CHECK_EXCEPTION(writer.flush(), Error,
                          [](const Error& e) { return e.exit() == EX_IOERR; });
    writer.flush();  // nothing waits
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_reported) {
    BOOST_CHECK_THROW(Writer{folder / "none" / "events"}, Error);
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_renamed_is_followed_by_a_new_one, Fixture) {
    Writer writer{path};
    writer.write("{\"seq\":0}\n", 1000);
    writer.flush();
    fs::rename(path, folder / "events.1");
    writer.write("{\"seq\":1}\n", 2000);
    writer.flush();
    BOOST_TEST(content() == "{\"seq\":1}\n");
    fs::remove(path);
    writer.write("{\"seq\":2}\n", 3000);
    writer.flush();
    BOOST_TEST(content() == "{\"seq\":2}\n");
}

BOOST_AUTO_TEST_SUITE_END()
