#include "net/networks.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::net;

namespace {

bool contains(const char* network, const char* address) {
    return parse_networks({network}).contain(*parse_address(address));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(net_networks)

BOOST_AUTO_TEST_CASE(a_prefix_contains_addresses_with_the_same_start) {
    BOOST_TEST(contains("192.0.2.0/24", "192.0.2.255"));
    BOOST_TEST(!contains("192.0.2.0/24", "192.0.3.0"));
    BOOST_TEST(contains("192.0.2.128/25", "192.0.2.128"));
    BOOST_TEST(!contains("192.0.2.128/25", "192.0.2.127"));
    BOOST_TEST(contains("2001:db8::/33", "2001:db8:7fff::1"));
    BOOST_TEST(!contains("2001:db8::/33", "2001:db8:8000::1"));
    BOOST_TEST(contains("0.0.0.0/0", "8.8.8.8"));
    BOOST_TEST(!contains("0.0.0.0/0", "2001:db8::1"));
    BOOST_TEST(contains("::/0", "2001:db8::1"));
}

BOOST_AUTO_TEST_CASE(one_address_is_itself_alone) {
    BOOST_TEST(contains("127.0.0.1", "127.0.0.1"));
    BOOST_TEST(!contains("127.0.0.1", "127.0.0.2"));
    BOOST_TEST(contains("::1", "::1"));
    BOOST_TEST(contains("127.0.0.1", "::ffff:127.0.0.1"));
    BOOST_TEST(!Networks{}.contain(*parse_address("127.0.0.1")));
}

BOOST_AUTO_TEST_CASE(an_invalid_block_is_refused) {
    for (const auto* bad :
         {"", "localhost", "127.0.0", "127.0.0.1/", "127.0.0.1/33", "::1/129", "127.0.0.1/-1",
          "127.0.0.1/8", "2001:db8::1/32", "127.0.0.1/8x", "/8", "127.0.0.1:80", "[::1]"})
        BOOST_TEST(!Networks::parse({bad}), bad);
}

BOOST_AUTO_TEST_SUITE_END()
