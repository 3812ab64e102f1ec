#include "events/journal.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <future>

#include "../folder.hpp"

using namespace stretto;
using namespace stretto::events;
namespace fs = std::filesystem;

namespace {

struct Fixture {
    Folder folder;
    fs::path path = folder.path / "events.jsonl";
    std::vector<std::string> said;

    /// @param hold  the journal's thread asks for the time within an append: there it can be held
    Journal::Options options(
        std::size_t most_waiting = 1000, std::function<void()> hold = [] {}) {
        return {path, 1000, most_waiting,
                [hold] {
                    hold();
                    return std::int64_t{1764072000000};
                },
                [this](const std::string& what) { said.push_back(what); }};
    }
    std::string contents() { return std::string{as_text(read_file(path, 1 << 20))}; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events_journal, Fixture)

BOOST_AUTO_TEST_CASE(accepted_lines_are_in_the_file) {
    Journal journal{options()};
    std::promise<std::string> told;
    BOOST_TEST(journal.append("a\nb\n", 2, [&](Journal::Stored stored) {
        told.set_value(stored == Journal::Stored::yes ? contents() : "no");
    }));
    BOOST_TEST(told.get_future().get() == "a\nb\n");
    BOOST_TEST(journal.numbers().events == 2U);
    BOOST_TEST(journal.numbers().bytes == 4U);
    BOOST_TEST(journal.numbers().waiting_bytes == 0U);
}
BOOST_AUTO_TEST_CASE(lines_that_arrive_during_a_commit_share_the_next_one) {
    std::promise<void> entered, go;
    bool first = true;
    Journal journal{options(1000, [&] {
        if (!std::exchange(first, false)) return;
        entered.set_value();
        go.get_future().wait();
    })};
    std::atomic<int> stored{0};
    const auto count = [&](Journal::Stored) { ++stored; };
    BOOST_TEST(journal.append("0\n", 1, count));
    entered.get_future().wait();
    for (int i = 1; i <= 9; ++i) BOOST_TEST(journal.append(std::to_string(i) + "\n", 1, count));
    go.set_value();
    journal.close();
    BOOST_TEST(stored == 10);
    BOOST_TEST(journal.numbers().commits == 2U);
    BOOST_TEST(contents() == "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}
BOOST_AUTO_TEST_CASE(waiting_and_written_lines_have_one_limit) {
    std::promise<void> entered, go;
    bool first = true;
    Journal journal{options(10, [&] {
        if (!std::exchange(first, false)) return;
        entered.set_value();
        go.get_future().wait();
    })};
    const auto ignore = [](Journal::Stored) {};
    BOOST_TEST(!journal.append("01234567890\n", 1, ignore));
    BOOST_TEST(journal.append("01234\n", 1, ignore));
    entered.get_future().wait();
    BOOST_TEST(!journal.append("56789\n", 1, ignore));
    BOOST_TEST(!journal.full());
    BOOST_TEST(journal.append("567\n", 1, ignore));
    BOOST_TEST(journal.full());
    go.set_value();
    journal.close();
    BOOST_TEST(contents() == "01234\n567\n");
    BOOST_TEST(!journal.append("late\n", 1, ignore));
}
BOOST_AUTO_TEST_CASE(closing_stores_waiting_lines) {
    Journal journal{options()};
    int stored = 0;
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(journal.append("x\n", 1, [&](Journal::Stored) { ++stored; }));
    journal.close();
    BOOST_TEST(stored == 100);
    BOOST_TEST(contents().size() == 200U);
}
BOOST_AUTO_TEST_CASE(after_reopening_it_writes_to_its_path_again) {
    Journal journal{options()};
    const auto append = [&](const char* line) {
        std::promise<void> done;
        journal.append(line, 1, [&](Journal::Stored) { done.set_value(); });
        done.get_future().wait();
    };
    append("one\n");
    fs::rename(path, folder.path / "moved");
    append("two\n");
    journal.reopen();
    append("three\n");
    BOOST_TEST(contents() == "three\n");
}
BOOST_AUTO_TEST_CASE(an_incomplete_line_of_the_last_run_is_reported) {
    File file{::open(path.c_str(), O_WRONLY | O_CREAT, 0600)};
    write_all(file.fd(), as_bytes("{\"event\":\"pro"), "");
    const Journal journal{options()};
    BOOST_TEST(said.size() == 1U);
    BOOST_TEST(contents().empty());
}

BOOST_AUTO_TEST_SUITE_END()
