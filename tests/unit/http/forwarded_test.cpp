#include "http/forwarded.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::http;

namespace {

const net::Networks trusted = net::parse_networks({"10.0.0.0/8", "2001:db8:f::/48"});
const net::Address proxy = *net::parse_address("10.0.0.1");

std::string read(Fields fields, const net::Address& peer = proxy) {
    const auto client = client_behind(peer, fields, trusted);
    return !client ? "malformed" : *client ? (*client)->host() : "none";
}
std::string x(std::string_view value) { return read({{"X-Forwarded-For", std::string{value}}}); }
std::string f(std::string_view value) { return read({{"Forwarded", std::string{value}}}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(http_forwarded)

BOOST_AUTO_TEST_CASE(the_last_address_is_the_proxys_own_word) {
    BOOST_TEST(x("192.0.2.1") == "192.0.2.1");
    BOOST_TEST(x("6.6.6.6, 192.0.2.1") == "192.0.2.1");
    BOOST_TEST(x("2001:db8::1") == "2001:db8::1");
    BOOST_TEST(x("[2001:db8::1]:4711") == "2001:db8::1");
    BOOST_TEST(x("192.0.2.1:4711") == "192.0.2.1");
    BOOST_TEST(x("::ffff:192.0.2.1") == "192.0.2.1");
    BOOST_TEST(f("for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(f("for=6.6.6.6, for=192.0.2.1;proto=https;by=192.0.2.9") == "192.0.2.1");
    BOOST_TEST(f("proto=https; For=\"[2001:db8::1]:4711\"") == "2001:db8::1");
    const Fields several{{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.1"}};
    BOOST_TEST(read(several) == "192.0.2.1");
    BOOST_TEST(read({}) == "none");
}

BOOST_AUTO_TEST_CASE(trusted_proxies_are_passed_over_from_the_right) {
    BOOST_TEST(x("6.6.6.6, 192.0.2.1, 10.2.0.1") == "192.0.2.1");
    BOOST_TEST(x("192.0.2.1, 2001:db8:f::1, 10.2.0.1") == "192.0.2.1");
    BOOST_TEST(f("for=6.6.6.6, for=192.0.2.1, for=\"10.2.0.1:80\"") == "192.0.2.1");
    BOOST_TEST(x("10.2.0.1, 10.2.0.2") == "10.2.0.1");  // a machine of our own asks
    BOOST_TEST(x("nobody, 192.0.2.1, 10.2.0.1") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(only_trusted_proxies_are_believed) {
    const auto stranger = *net::parse_address("192.0.2.9");
    BOOST_TEST(read({{"X-Forwarded-For", "192.0.2.1"}}, stranger) == "none");
    BOOST_TEST(read({{"Forwarded", "for=unknown"}}, stranger) == "none");
}

BOOST_AUTO_TEST_CASE(an_invalid_address_is_refused) {
    for (const auto* bad : {"", ",", "unknown", "_hidden", "192.0.2.1, nobody", "192.0.2", "[::1",
                            "a:b:c", "192.0.2.1, nobody, 10.0.0.2"})
        BOOST_TEST(x(bad) == "malformed", bad);
    for (const auto* bad : {"", "for=", "for=unknown", "by=192.0.2.1", "for=192.0.2.1, for=_x",
                            "for=\"192.0.2.1", "for", "for=\"\"", "for=192.0.2.1;for=192.0.2.2"})
        BOOST_TEST(f(bad) == "malformed", bad);
}

BOOST_AUTO_TEST_CASE(a_host_that_looks_like_an_address_is_the_clients_own_text) {
    BOOST_TEST(f("host=\"a;for=6.6.6.6;b\";for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(f("host=\"a\\\";for=6.6.6.6;b\";for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(f("for=192.0.2.1;host=\"a, for=6.6.6.6\"") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(two_conflicting_fields_are_refused) {
    const auto both = [](const char* a, const char* b) {
        return read({{"X-Forwarded-For", a}, {"Forwarded", b}});
    };
    BOOST_TEST(both("192.0.2.1", "for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(both("192.0.2.1:99", "for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(both("192.0.2.1", "for=6.6.6.6") == "malformed");
    BOOST_TEST(both("6.6.6.6", "for=unknown") == "malformed");
}

BOOST_AUTO_TEST_CASE(the_next_server_learns_the_client_alone) {
    Fields fields{{"X-Forwarded-For", "6.6.6.6, 192.0.2.1"},
                  {"Forwarded", "for=6.6.6.6, for=192.0.2.1;proto=https, for=10.0.0.2"}};
    const auto client = client_behind(proxy, fields, trusted);
    BOOST_REQUIRE((client && *client));
    forward_client(fields, **client, true);
    BOOST_TEST(*fields.joined("X-Forwarded-For") == "192.0.2.1");
    BOOST_TEST(*fields.joined("Forwarded") == "for=192.0.2.1;proto=https");
    Fields hearsay{{"X-Forwarded-For", "6.6.6.6"}, {"Forwarded", "for=6.6.6.6"}};
    forward_client(hearsay, *net::parse_address("2001:db8::1"), false);
    BOOST_TEST(*hearsay.joined("X-Forwarded-For") == "2001:db8::1");
    BOOST_TEST(!hearsay.has("Forwarded"));
}

BOOST_AUTO_TEST_SUITE_END()
