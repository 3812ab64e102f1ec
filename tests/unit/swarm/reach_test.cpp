// Which addresses a stranger may send us to.
#include "swarm/reach.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

namespace {

bool reaches(const char* ip) { return is_public(parse_ip(ip).value()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_reach)

BOOST_AUTO_TEST_CASE(hosts_on_the_internet_are_public) {
    for (const auto* ip :
         {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "198.51.100.7", "2600::1",
          "2001:db8::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
        BOOST_TEST(reaches(ip), ip);
}

BOOST_AUTO_TEST_CASE(private_addresses_are_refused_in_every_notation) {
    for (const auto* ip : {"127.0.0.1",
                           "127.255.0.1",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "198.18.0.1",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b::a00:1",
                           "2002:7f00:1::1",
                           "2002:c0a8:101::1",
                           "2001:0:4136:e378:8000:63bf:80ff:fffe",
                           "::ffff:0:127.0.0.1",
                           "100::1",
                           "2001:2::1",
                           "2001:10::1"})
        BOOST_TEST(!reaches(ip), ip);
}

BOOST_AUTO_TEST_CASE(ports_of_services_are_for_edges_alone) {
    const auto ip = parse_ip("8.8.8.8").value();
    BOOST_TEST(may_connect({ip, 8490}, Role::peer, false));
    for (const int port : {0, 22, 25, 80, 443, 1023})
        BOOST_TEST(!may_connect({ip, static_cast<std::uint16_t>(port)}, Role::peer, true));
    BOOST_TEST(may_connect({ip, 80}, Role::edge, false));
    BOOST_TEST(may_connect({ip, 443}, Role::edge, false));
    BOOST_TEST(!may_connect({ip, 22}, Role::edge, true));
}

BOOST_AUTO_TEST_CASE(local_peers_may_be_allowed_but_not_addresses_without_a_host) {
    BOOST_TEST(may_connect({parse_ip("127.0.0.1").value(), 8490}, Role::peer, true));
    BOOST_TEST(may_connect({parse_ip("fe80::1").value(), 8490}, Role::peer, true));
    for (const auto* ip : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"})
        BOOST_TEST(!may_connect({parse_ip(ip).value(), 8490}, Role::peer, true), ip);
}

BOOST_AUTO_TEST_CASE(a_peers_url_is_an_address_and_a_port) {
    BOOST_TEST(
        (parse_peer_url("http://192.0.2.1:8490") == Endpoint{parse_ip("192.0.2.1").value(), 8490}));
    BOOST_TEST((parse_peer_url("http://[2001:db8::1]:1024") ==
                Endpoint{parse_ip("2001:db8::1").value(), 1024}));
    for (const auto* url :
         {"", "http://", "https://192.0.2.1:8490", "http://192.0.2.1", "http://192.0.2.1:",
          "http://192.0.2.1:0", "http://192.0.2.1:65536", "http://192.0.2.1:8490/",
          "http://user@192.0.2.1:8490", "http://name:8490", "http://2001:db8::1:8490",
          "http://[192.0.2.1]:8490", "http://192.0.2.1:84a", "http://0x7f.1:8490"})
        BOOST_TEST(!parse_peer_url(url), url);
}

BOOST_AUTO_TEST_SUITE_END()
