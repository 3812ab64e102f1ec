// Lines that several threads parse ahead: those of one thread, in the same order.
#include "report/ahead.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <stdexcept>

#include "../folder.hpp"
#include "base/draft.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "report/input.hpp"

using namespace stretto;
using namespace stretto::report;

namespace {

std::string event(int seq, const std::string& title) {
    return text(R"({"event":"start","seq":)", seq,
                R"(,"time_ms":5,"session":"s","listener":"l","song":"x","title":")", title, "\"}");
}

void write(const std::filesystem::path& path, const std::string& bytes) {
    Draft file{path};
    file.write(as_bytes(bytes));
    file.commit();
}

std::string print(std::string_view line, bool whole) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return text(whole ? "whole " : "begun ", line, "\n");
}

/// What one thread reads, with the events of its lines.
std::string alone(const std::string& name) {
    std::string said;
    events::Reader reader;
    events::Event event;
    each_line(name, [&](std::string_view line, bool whole) {
        // how much of a line too long to be read is shown depends on where a block ends
        said += whole ? print(line, whole) : print(line.substr(0, 10), whole);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!whole || !line.starts_with('{')) return;
        const auto kind = reader.read(line, event);
        said += text(static_cast<int>(kind), ' ', event.seq, ' ', event.title, '\n');
    });
    return said;
}

std::string ahead(const std::string& name, unsigned threads) {
    std::string said;
    each_parsed(
        name,
        [&](const ParsedLine& line) {
            said += print(line.whole ? line.text : line.text.substr(0, 10), line.whole);
            if (!line.kind) return;
            said += text(static_cast<int>(*line.kind), ' ', line.event.seq, ' ', line.event.title,
                         '\n');
        },
        threads);
    return said;
}

void check(const std::string& bytes) {
    const Folder folder;
    const auto name = (folder.path / "events.jsonl").string();
    write(name, bytes);
    const auto expected = alone(name);
    for (const unsigned threads : {0U, 1U, 3U})
        BOOST_TEST((ahead(name, threads) == expected), threads << " threads, " << bytes.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_ahead)

BOOST_AUTO_TEST_CASE(lines_of_many_blocks_come_in_order_with_their_texts) {
    std::string bytes;
    for (int seq = 0; seq < 20'000; ++seq) {
        bytes += event(seq, text(R"(a \"song\" \u00e9 )", seq));
        bytes += seq % 7 == 0 ? "\r\n" : "\n";
        if (seq % 100 == 0) bytes += "192.0.2.7 - - [no event]\n\n";
        if (seq % 1000 == 0)
            bytes += R"({"event":"start","se)"
                     "\n";
    }
    check(bytes);
    check(bytes + "no line feed at the end");
}

BOOST_AUTO_TEST_CASE(empty_files_and_a_last_line_without_a_line_feed_are_read) {
    check("");
    check("\n");
    check("\r\n");
    check(event(1, "one"));
    check(event(1, "one") + "\n\n");
}

BOOST_AUTO_TEST_CASE(too_long_lines_are_recognized_across_blocks) {
    std::mt19937 random{7};
    for (int round = 0; round < 60; ++round) {
        std::string bytes;
        for (int line = 0; line < 12; ++line) {
            const auto length = random() % 5 == 0 ? random() % 1'500'000 : random() % 70'000;
            bytes += random() % 2 ? std::string(length, 'x')
                                  : event(line, std::string(length % 2000, 'y'));
            bytes += '\n';
        }
        if (round % 2) bytes.resize(bytes.size() - random() % 1000 - 1);
        check(bytes);
    }
}

BOOST_AUTO_TEST_CASE(a_taker_that_fails_ends_all_threads) {
    const Folder folder;
    const auto name = (folder.path / "events.jsonl").string();
    std::string bytes;
    for (int seq = 0; seq < 20'000; ++seq) bytes += event(seq, "song") + "\n";
    write(name, bytes);
    int taken = 0;
    const auto fail = [&](const ParsedLine&) {
        if (++taken == 9'000) throw std::runtime_error{"enough"};
    };
    BOOST_CHECK_THROW(each_parsed(name, fail, 3), std::runtime_error);
    BOOST_TEST(taken == 9'000);
}

BOOST_AUTO_TEST_CASE(reading_a_folder_is_an_error_that_says_so) {
    const Folder folder;
    BOOST_CHECK_THROW(each_parsed(
                          folder.path.string(), [](const ParsedLine&) {}, 3),
                      Error);
}

BOOST_AUTO_TEST_SUITE_END()
