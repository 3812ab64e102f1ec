#include "edge/groups.hpp"

#include <boost/test/unit_test.hpp>

using stretto::edge::parse_groups;
using Groups = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(edge_groups)

BOOST_AUTO_TEST_CASE(strings_of_a_list) {
    BOOST_TEST((parse_groups("\"a\"") == Groups{"a"}));
    BOOST_TEST((parse_groups(" \"a\" ,\t\"b c\", \"\"") == Groups{"a", "b c", ""}));
    BOOST_TEST((parse_groups(R"("a\"\\,b";x;y="1,2";z=3, "c")") == Groups{"a\"\\,b", "c"}));
    BOOST_TEST(parse_groups("").empty());
}

BOOST_AUTO_TEST_CASE(a_field_that_is_not_a_list_of_strings_is_empty) {
    for (const auto* field : {"a", "\"a", "\"a\",", "\"a\" \"b\"", "\"a\",,\"b\"", "1", "(\"a\")",
                              "\"a\\b\"", "\"a\"; =1", "\"a\";x=", "\"\x7f\"", "\"a\", b"})
        BOOST_TEST(parse_groups(field).empty(), field);
    std::string many = "\"0\"";
    for (int i = 1; i < 1000; ++i) many += ", \"" + std::to_string(i) + '"';
    BOOST_TEST(parse_groups(many).size() == stretto::edge::most_groups);
}

BOOST_AUTO_TEST_SUITE_END()
