#include "events/appended.hpp"

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fstream>

#include "../folder.hpp"
#include "base/error.hpp"

using namespace stretto;
using namespace stretto::events;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t noon = 1764072000000, day = 86'400'000;  // 2025-11-25T12:00:00Z
const std::string event =
    R"({"event":"end","seq":1,"time_ms":5,"session":"s","listener":"l","place":"","song":"x"})";

struct Fixture {
    Folder folder;
    fs::path path = folder.path / "events.jsonl";

    std::string contents(const fs::path& file) {
        return std::string{as_text(read_file(file, 1 << 20))};
    }
    void put(std::string_view bytes) { std::ofstream{path, std::ios::binary} << bytes; }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator{folder.path})
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events_appended, Fixture)

BOOST_AUTO_TEST_CASE(lines_are_appended_to_the_existing_content) {
    put("a\n");
    Appended file{path, 1000};
    fs::last_write_time(path, fs::file_time_type::clock::now());
    BOOST_TEST(!file.append("b\nc\n", std::time(nullptr) * 1000));
    BOOST_TEST(contents(path) == "a\nb\nc\n");
    BOOST_TEST(file.healed() == 0U);
}
BOOST_AUTO_TEST_CASE(every_torn_tail_is_cut_off_at_the_start) {
    for (std::size_t n = 1; n < event.size(); ++n) {
        put(event + "\n" + event.substr(0, n));
        const Appended file{path, 1000};
        BOOST_TEST(file.healed() == n);
        BOOST_TEST(contents(path) == event + "\n");
    }
}
BOOST_AUTO_TEST_CASE(a_last_line_that_lacks_only_its_line_feed_is_completed) {
    put(event);
    BOOST_TEST((Appended{path, 1000}.healed()) == event.size());
    BOOST_TEST(contents(path) == event + "\n");
}
BOOST_AUTO_TEST_CASE(a_tail_of_any_length_and_any_bytes_is_cut_off) {
    for (const std::size_t n : {1UL, 65535UL, 65536UL, 65537UL, 200000UL}) {
        put(event + "\n" + std::string(n, '\0'));
        BOOST_TEST((Appended{path, 1000}.healed()) == n);
        BOOST_TEST(contents(path) == event + "\n");
        put(std::string(n, 'x'));
        BOOST_TEST((Appended{path, 1000}.healed()) == n);
        BOOST_TEST(contents(path).empty());
    }
}
BOOST_AUTO_TEST_CASE(a_file_is_rotated_before_it_is_too_large_and_named_after_its_last_line) {
    Appended file{path, 8};
    BOOST_TEST(!file.append("one\n", noon));
    BOOST_TEST(!file.append("two\n", noon + 5));
    BOOST_TEST(!file.append("three\n", noon + 10));
    BOOST_TEST(files() == (std::vector<std::string>{"events-2025-11-25T120000.005Z.jsonl",
                                                    "events.jsonl"}),
               boost::test_tools::per_element());
    BOOST_TEST(contents(folder.path / files()[0]) == "one\ntwo\n");
    BOOST_TEST(contents(path) == "three\n");
    BOOST_TEST(file.put_away() == 1U);
}
BOOST_AUTO_TEST_CASE(an_append_larger_than_the_limit_gets_its_own_file) {
    Appended file{path, 4};
    BOOST_TEST(!file.append("one two three\n", noon));
    BOOST_TEST(!file.append("four five six\n", noon));
    BOOST_TEST(files().size() == 2U);
    BOOST_TEST(contents(path) == "four five six\n");
}
BOOST_AUTO_TEST_CASE(each_day_has_its_file) {
    Appended file{path, 1000};
    BOOST_TEST(!file.append("one\n", noon));
    BOOST_TEST(!file.append("two\n", noon + day));
    BOOST_TEST(!file.append("three\n", noon + day + 1));
    BOOST_TEST(files() == (std::vector<std::string>{"events-2025-11-25T120000.000Z.jsonl",
                                                    "events.jsonl"}),
               boost::test_tools::per_element());
    BOOST_TEST(contents(path) == "two\nthree\n");
}
BOOST_AUTO_TEST_CASE(a_file_of_an_earlier_day_is_rotated_after_a_restart_too) {
    put("old\n");
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours{48});
    Appended file{path, 1000};
    BOOST_TEST(!file.append("new\n", std::time(nullptr) * 1000));
    BOOST_TEST(contents(path) == "new\n");
    BOOST_TEST(files().size() == 2U);
}
BOOST_AUTO_TEST_CASE(names_that_are_taken_are_left_alone) {
    Appended file{path, 4};
    for (const auto* line : {"one\n", "two\n", "six\n"}) BOOST_TEST(!file.append(line, noon));
    BOOST_TEST(files().size() == 3U);
    BOOST_TEST(contents(folder.path / files()[0]) == "one\n");
    BOOST_TEST(contents(folder.path / files()[1]) == "two\n");
}
BOOST_AUTO_TEST_CASE(a_renamed_file_is_appended_to_until_it_is_reopened) {
    Appended file{path, 1000};
    BOOST_TEST(!file.append("one\n", noon));
    fs::rename(path, folder.path / "moved");
    BOOST_TEST(!file.append("two\n", noon));
    file.reopen();
    BOOST_TEST(!file.append("three\n", noon));
    BOOST_TEST(contents(folder.path / "moved") == "one\ntwo\n");
    BOOST_TEST(contents(path) == "three\n");
}
BOOST_AUTO_TEST_CASE(another_file_at_its_path_is_never_rotated) {
    Appended file{path, 4};
    BOOST_TEST(!file.append("one\n", noon));
    fs::rename(path, folder.path / "moved");
    BOOST_TEST(!file.append("two\n", noon));
    BOOST_TEST(contents(folder.path / "moved") == "one\n");
    BOOST_TEST(contents(path) == "two\n");
    BOOST_TEST(files().size() == 2U);
}
BOOST_AUTO_TEST_CASE(a_truncated_file_is_continued_at_its_new_end) {
    Appended file{path, 1000};
    BOOST_TEST(!file.append("one\n", noon));
    fs::resize_file(path, 0);
    BOOST_TEST(!file.append("two\n", noon));
    BOOST_TEST(contents(path) == "two\n");
}
BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_rotated_continues_to_grow) {
    Appended file{path, 4};
    BOOST_TEST(!file.append("one\n", noon));
    fs::rename(folder.path, folder.path.string() + ".gone");
    BOOST_TEST(!file.append("two\n", noon));
    fs::rename(folder.path.string() + ".gone", folder.path);
    BOOST_TEST(contents(path) == "one\ntwo\n");
}
BOOST_AUTO_TEST_CASE(an_append_to_a_full_disk_leaves_no_bytes) {
    // a limit of the file's size stands for a disk that takes some of it and no more
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    Appended file{path, 1000};
    BOOST_TEST(!file.append("one\n", noon));
    rlimit small = before;
    small.rlim_cur = 7;
    ::setrlimit(RLIMIT_FSIZE, &small);
    const auto why = file.append("two three four\n", noon);
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    BOOST_TEST((why == std::errc::file_too_large));
    BOOST_TEST(contents(path) == "one\n");
    BOOST_TEST(!file.append("five\n", noon));
    BOOST_TEST(contents(path) == "one\nfive\n");
}
BOOST_AUTO_TEST_CASE(only_one_program_appends_and_only_to_a_file) {
    const Appended file{path, 1000};
    BOOST_CHECK_EXCEPTION((Appended{path, 1000}), Error,
                          [](const Error& e) { return e.exit() == EX_TEMPFAIL; });
    BOOST_CHECK_THROW((Appended{"/dev/null", 1000}), Error);
    BOOST_CHECK_THROW((Appended{folder.path, 1000}), Error);
    BOOST_CHECK_THROW((Appended{folder.path / "none" / "x", 1000}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
