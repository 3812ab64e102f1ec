#include "base/suggest.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace stretto;

namespace {

const std::vector<std::string> options{"version", "verbose", "verify", "listen", "list", "output"};

}  // namespace

BOOST_AUTO_TEST_SUITE(suggest)

BOOST_AUTO_TEST_CASE(edits_are_counted) {
    BOOST_TEST(edits_between("", "") == 0u);
    BOOST_TEST(edits_between("", "abc") == 3u);
    BOOST_TEST(edits_between("abc", "abc") == 0u);
    BOOST_TEST(edits_between("fecth", "fetch") == 1u);
    BOOST_TEST(edits_between("vesion", "version") == 1u);
    BOOST_TEST(edits_between("kitten", "sitting") == 3u);
    BOOST_TEST(edits_between("sitting", "kitten") == 3u);
}

BOOST_AUTO_TEST_CASE(a_misspelt_word_is_found) {
    BOOST_TEST(nearest_word("vesion", options) == "version");
    BOOST_TEST(nearest_word("ouptut", options) == "output");
    BOOST_TEST(nearest_word("listne", options) == "listen");
}

BOOST_AUTO_TEST_CASE(an_unambiguous_abbreviation_is_found) {
    BOOST_TEST(nearest_word("vers", options) == "version");
    BOOST_TEST(nearest_word("ver", options) == "");
    BOOST_TEST(nearest_word("lis", options) == "");
}

BOOST_AUTO_TEST_CASE(a_word_unlike_all_others_is_not_guessed) {
    BOOST_TEST(nearest_word("colour", options) == "");
    BOOST_TEST(nearest_word("x", options) == "");
    BOOST_TEST(nearest_word("", options) == "");
    BOOST_TEST(nearest_word(std::string(1 << 20, 'v'), options) == "");
}

BOOST_AUTO_TEST_SUITE_END()
