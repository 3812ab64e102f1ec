// Purges as text, and in parts that another edge accepts.
#include "edge/purge.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::edge;

BOOST_AUTO_TEST_SUITE(edge_purge)

BOOST_AUTO_TEST_CASE(what_is_printed_is_parsed) {
    const Purge purge{{"/a?b", std::string(32, 'a'), "name"}, true, {"edge"}};
    const auto parsed = parse_purge(print_purge(purge));
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->what == purge.what, boost::test_tools::per_element());
    BOOST_TEST(parsed->hard);
    BOOST_TEST(parsed->via == purge.via, boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(nothing_and_nonsense_and_too_much_are_refused) {
    for (const auto* json :
         {"", "[]", "{}", R"({"purge": []})", R"({"purge": ["a b"]})", R"({"purge": ["/a\nb"]})",
          R"({"purge": [1]})", R"({"purge": ["/a"], "hard": 1})"})
        BOOST_TEST_CONTEXT(json) BOOST_TEST(!parse_purge(json));
    const auto accepted = [](std::size_t number, std::size_t via) {
        return bool{parse_purge(print_purge({std::vector<std::string>(number, "/a"), false,
                                             std::vector<std::string>(via, "edge")}))};
    };
    BOOST_TEST(accepted(most_purged, 16));
    BOOST_TEST(!accepted(most_purged + 1, 0));
    BOOST_TEST(!accepted(1, 17));
}
BOOST_AUTO_TEST_CASE(the_parts_of_a_large_purge_are_each_accepted_and_hold_all_in_order) {
    const auto check = [](std::size_t number, std::size_t length, std::size_t parts) {
        Purge all{{}, true, {"edge"}};
        for (std::size_t i = 0; i < number; ++i) {
            auto path = "/" + std::to_string(i);
            path.resize(std::max(path.size(), length), 'x');
            all.what.push_back(std::move(path));
        }
        std::vector<std::string> joined;
        const auto split = in_parts(all);
        BOOST_TEST(split.size() == parts);
        for (const auto& part : split) {
            const auto body = print_purge(part);
            BOOST_TEST(body.size() <= std::size_t{1} << 20);
            const auto parsed = parse_purge(body);
            BOOST_REQUIRE(parsed);
            BOOST_TEST(parsed->hard);
            BOOST_TEST(parsed->via.size() == 1u);
            joined.insert(joined.end(), parsed->what.begin(), parsed->what.end());
        }
        BOOST_TEST(joined == all.what, boost::test_tools::per_element());
    };
    check(1, 1, 1);
    check(most_purged, 8, 1);
    check(most_purged + 1, 8, 2);
    check(4 * most_purged, 8, 4);
    check(200, 8192, 4);
    BOOST_TEST(in_parts({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
