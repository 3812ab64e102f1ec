#include "song/removals.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::song;

namespace {
const std::string one = "f708g9y9hkqj952n35qwr9j43hhzt0cx",
                  two = "1gcyaec7dh22va24fyjpv1qwv1rfkps2";
}

BOOST_AUTO_TEST_SUITE(song_removals)

BOOST_AUTO_TEST_CASE(a_printed_value_is_parsed_back) {
    const std::vector<Removal> all{{1, one}, {1795929651230, two}};
    BOOST_TEST((*parse_removals(print_removals(all)) == all));
    BOOST_TEST(parse_removals("")->empty());
}

BOOST_AUTO_TEST_CASE(a_line_without_its_end_is_not_written_yet) {
    const std::string log = print_removals({{12, one}, {13, two}});
    for (std::size_t n = 0; n <= log.size(); ++n) {
        const auto all = parse_removals(log.substr(0, n));
        BOOST_REQUIRE(!!all);
        BOOST_TEST(all->size() == (n == log.size() ? 2u : n > log.size() / 2 - 1 ? 1u : 0u));
    }
}

BOOST_AUTO_TEST_CASE(an_invalid_line_is_refused) {
    for (const auto& line : std::vector<std::string>{"", one, " " + one, "-1 " + one, "01 " + one,
                                                     "1  " + one, "1 " + one + " ", "1 name",
                                                     "1 " + one + "\r", "1000000000000000 " + one,
                                                     "1 ../../../../../../../../../../etc/passwd"})
        BOOST_TEST(!parse_removals(line + "\n"), "accepted " << line);
}

BOOST_AUTO_TEST_SUITE_END()
