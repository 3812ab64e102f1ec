#include "net/service.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::net;

namespace {
using Names = std::vector<std::string>;
}

BOOST_AUTO_TEST_SUITE(net_service)

BOOST_AUTO_TEST_CASE(sockets_have_the_names_of_their_units) {
    BOOST_TEST((*parse_passed({"7", "2", "http:admin"}, 7) == Names{"http", "admin"}));
    BOOST_TEST((*parse_passed({"7", "2", ":"}, 7) == Names{"", ""}));
    BOOST_TEST((*parse_passed({"7", "2", nullptr}, 7) == Names{"unknown", "unknown"}));
    BOOST_TEST(parse_passed({"7", "0", ""}, 7)->empty());
}

BOOST_AUTO_TEST_CASE(sockets_of_another_process_are_not_ours) {
    BOOST_TEST(parse_passed({}, 7)->empty());
    BOOST_TEST(parse_passed({"7", nullptr, nullptr}, 7)->empty());
    BOOST_TEST(parse_passed({"8", "1", "http"}, 7)->empty());
    BOOST_TEST(parse_passed({"7x", "1", "http"}, 7)->empty());
}

BOOST_AUTO_TEST_CASE(variables_that_contradict_each_other_are_refused) {
    for (const auto* count : {"", "-1", "x", "1x", " 1", "1025", "99999999999999999999"})
        BOOST_TEST(!parse_passed({"7", count, nullptr}, 7), "accepted " << count);
    BOOST_TEST(!parse_passed({"7", "2", "http"}, 7));
    BOOST_TEST(!parse_passed({"7", "1", "http:admin"}, 7));
}

BOOST_AUTO_TEST_SUITE_END()
