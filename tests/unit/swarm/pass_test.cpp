// What a pass says, for who verifies its signature elsewhere.
#include "swarm/pass.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using swarm::parse_pass;

namespace {

const std::string header = R"({"alg":"ES256","kid":"k","typ":"stretto-pass"})";
const std::string claims = R"({"song":"s","rtc":"r","exp":1000,"stretto_kbps":160,"address":"a"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_pass)

BOOST_AUTO_TEST_CASE(it_is_read) {
    const auto pass = parse_pass(header, claims);
    BOOST_REQUIRE(pass);
    BOOST_TEST((*pass == swarm::Pass{"s", "r", 160, 1000}));
    const auto plain = parse_pass(header, R"({"song":"s","exp":1})");
    BOOST_REQUIRE(plain);
    BOOST_TEST((*plain == swarm::Pass{"s", "", 0, 1}));
}
BOOST_AUTO_TEST_CASE(every_part_cut_short_is_malformed) {
    for (std::size_t n = 0; n < header.size(); ++n)
        BOOST_TEST(!parse_pass(header.substr(0, n), claims));
    for (std::size_t n = 0; n < claims.size(); ++n)
        BOOST_TEST(!parse_pass(header, claims.substr(0, n)));
}
BOOST_AUTO_TEST_CASE(what_is_no_pass_is_malformed) {
    for (const std::string other :
         {R"({"alg":"none","typ":"stretto-pass"})", R"({"alg":"ES256","typ":"JWT"})",
          R"({"alg":"ES256"})", R"({"alg":"ES256","typ":"stretto-pass","crit":["x"]})", "[]", "1"})
        BOOST_TEST(!parse_pass(other, claims), other);
    for (const std::string other :
         {R"({"song":"s"})", R"({"exp":1})", R"({"song":1,"exp":1})", R"({"song":"s","exp":"1"})",
          R"({"song":"s","exp":1,"stretto_kbps":0})", R"({"song":"s","exp":1,"stretto_kbps":1e9})",
          R"({"song":"s","exp":1,"rtc":null})", "[]"})
        BOOST_TEST(!parse_pass(header, other), other);
}

BOOST_AUTO_TEST_SUITE_END()
