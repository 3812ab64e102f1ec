#include "report/table.hpp"

#include <boost/test/unit_test.hpp>

#include "report/plot.hpp"

using namespace stretto::report;

namespace {

Table table() {
    return {"t",
            "Title",
            {{"name", "name"}, {"n", "count", Kind::count}, {"at", "at", Kind::time}},
            {{std::string{"a long name, \"quoted\""}, std::int64_t{1234567}, std::int64_t{0}},
             {std::string{"=1+1"}, Cell{}, std::int64_t{86'400'000}}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_table)

BOOST_AUTO_TEST_CASE(numbers_are_shown_as_people_read_them) {
    BOOST_TEST(show(std::int64_t{1234567}, Kind::count) == "1,234,567");
    BOOST_TEST(show(std::int64_t{-123}, Kind::count) == "-123");
    BOOST_TEST(show(std::int64_t{999}, Kind::bytes) == "999 B");
    BOOST_TEST(show(std::int64_t{1'250'000}, Kind::bytes) == "1.2 MB");
    BOOST_TEST(show(std::int64_t{123456}, Kind::cents) == "1,234.56");
    BOOST_TEST(show(std::int64_t{5}, Kind::cents) == "0.05");
    BOOST_TEST(show(0.0876, Kind::share) == "8.8 %");
    BOOST_TEST(show(std::int64_t{59'900}, Kind::span) == "59.9 s");
    BOOST_TEST(show(std::int64_t{61'000}, Kind::span) == "1:01 min");
    BOOST_TEST(show(std::int64_t{3'660'000}, Kind::span) == "1:01 h");
    BOOST_TEST(show(Cell{}, Kind::ms) == "-");
}

BOOST_AUTO_TEST_CASE(csv_quotes_and_defuses) {
    BOOST_TEST(print_csv(table()) ==
               "name,n,at\r\n\"a long name, \"\"quoted\"\"\",1234567,\"1970-01-01T00:00:00Z\"\r\n"
               "\"'=1+1\",,\"1970-01-02T00:00:00Z\"\r\n");
}

BOOST_AUTO_TEST_CASE(text_fits_the_terminal) {
    const auto wide = print_text({table()}, {});
    BOOST_TEST(wide.find("a long name, \"quoted\"") != wide.npos);
    const auto narrow = print_text({table()}, {.columns = 48});
    BOOST_TEST(narrow.find("\u2026") != narrow.npos);
    BOOST_TEST(narrow.find("1,234,567") != narrow.npos);
    BOOST_TEST(print_text({table()}, {.rows = 1}).find("and 1 more") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(html_is_escaped) {
    BOOST_TEST(escape("<b a='1'>&\"\x1b") == "&lt;b a=&#39;1&#39;&gt;&amp;&quot;\\x1b");
}

BOOST_AUTO_TEST_SUITE_END()
