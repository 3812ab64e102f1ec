#include "listen/memory.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::listen;

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back) {
    const Remembered one{{"one", std::string(32, '7')}, 1, 61.25, 0.35};
    const auto text = print(one);
    const auto back = parse_remembered(text);
    BOOST_REQUIRE(static_cast<bool>(back));
    BOOST_TEST((*back == one));
    for (std::size_t n = 0; n + 1 < text.size(); ++n)
        BOOST_TEST(!parse_remembered(text.substr(0, n)), "accepted " << text.substr(0, n));
}

BOOST_AUTO_TEST_CASE(what_no_player_writes_is_malformed) {
    for (const auto* text : {R"({"songs":[],"number":0,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":1,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":-1,"seconds":0,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":-1,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":1e9,"volume":1})",
                             R"({"songs":["a"],"number":0,"seconds":0,"volume":1.5})",
                             R"({"songs":["../a"],"number":0,"seconds":0,"volume":1})",
                             R"({"songs":"a","number":0,"seconds":0,"volume":1})", "[]"})
        BOOST_TEST(!parse_remembered(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
