#include "swarm/endpoint.hpp"

#include <arpa/inet.h>

#include <boost/test/unit_test.hpp>
#include <random>

using namespace stretto::swarm;

BOOST_AUTO_TEST_SUITE(swarm_endpoint)

BOOST_AUTO_TEST_CASE(addresses_are_read_and_printed) {
    for (const auto* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "2001:db8:1:2:3:4:5:6"})
        BOOST_TEST(parse_ip(text)->print() == text);
    BOOST_TEST((*parse_ip("::ffff:192.0.2.1") == *parse_ip("192.0.2.1")));
    for (const auto* bad : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4:80", "[::1]", "::1%lo",
                            "localhost", " 1.2.3.4", "1.2.3.4 ", "1::2::3"})
        BOOST_TEST(!parse_ip(bad), "accepted " << bad);
    BOOST_TEST(!parse_ip(std::string_view{"1.2.3.4\0.5", 10}));
}

BOOST_AUTO_TEST_CASE(they_are_printed_as_the_system_prints_them) {
    std::mt19937 random{1};
    for (int i = 0; i < 20000; ++i) {
        Ip ip;
        // not beginning with the zeros of the forms that hold an IPv4 address
        for (auto& byte : ip.bytes)
            byte = random() % 3 ? 0 : static_cast<std::uint8_t>(random() >> (random() % 32));
        ip.bytes[0] = 0x20;
        char out[INET6_ADDRSTRLEN];
        BOOST_REQUIRE(ip.print() == inet_ntop(AF_INET6, ip.bytes.data(), out, sizeof out));
        BOOST_REQUIRE((*parse_ip(ip.print()) == ip));
    }
}

BOOST_AUTO_TEST_CASE(a_peer_has_a_url) {
    BOOST_TEST((Endpoint{*parse_ip("192.0.2.1"), 8490}.url() == "http://192.0.2.1:8490"));
    BOOST_TEST((Endpoint{*parse_ip("2001:db8::1"), 1}.url() == "http://[2001:db8::1]:1"));
}

BOOST_AUTO_TEST_CASE(a_network_is_a_24_or_a_48) {
    const auto same = [](const char* a, const char* b) {
        return network_of(*parse_ip(a)) == network_of(*parse_ip(b));
    };
    BOOST_TEST(same("192.0.2.1", "192.0.2.255"));
    BOOST_TEST(!same("192.0.2.1", "192.0.3.1"));
    BOOST_TEST(!same("192.0.2.1", "193.0.2.1"));
    BOOST_TEST(same("2001:db8:1::1", "2001:db8:1:ffff::2"));
    BOOST_TEST(!same("2001:db8:1::1", "2001:db8:2::1"));
    BOOST_TEST(same("::ffff:192.0.2.9", "192.0.2.1"));
    BOOST_TEST(!same("::", "0.0.0.0"));
}

BOOST_AUTO_TEST_CASE(loopback_is_known) {
    for (const auto* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
        BOOST_TEST(parse_ip(text)->is_loopback(), text);
    for (const auto* text : {"128.0.0.1", "::", "::2", "1::1"})
        BOOST_TEST(!parse_ip(text)->is_loopback(), text);
}

BOOST_AUTO_TEST_SUITE_END()
