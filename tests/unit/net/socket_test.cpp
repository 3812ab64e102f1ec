#include "net/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/test/unit_test.hpp>
#include <set>

using namespace stretto;
using namespace stretto::net;

namespace {

Address address(const char* host, std::uint16_t port = 80) {
    sockaddr_storage raw{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(raw);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(raw);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
    } else {
        BOOST_REQUIRE(inet_pton(AF_INET6, host, &v6.sin6_addr) == 1);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
    }
    return Address{raw};
}

std::string one(std::string_view text) {
    const auto found = parse_listen(text);
    return found ? (*found)[0].print() : "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(net_socket)

BOOST_AUTO_TEST_CASE(addresses_are_printed_as_people_write_them) {
    BOOST_TEST(address("192.0.2.1").print() == "192.0.2.1:80");
    BOOST_TEST(address("2001:db8::1", 8480).print() == "[2001:db8::1]:8480");
    BOOST_TEST(address("::ffff:192.0.2.1").print() == "192.0.2.1:80");
    BOOST_TEST(address("2001:db8::1", 8480).port() == 8480);
}
BOOST_AUTO_TEST_CASE(a_network_omits_the_host_part_and_a_source_identifies_one_client) {
    BOOST_TEST(address("192.0.2.77").network() == "192.0.2.0");
    BOOST_TEST(address("192.0.2.77").source() == "192.0.2.77");
    BOOST_TEST(address("2001:db8:1:2:3:4:5:6").network() == "2001:db8:1::");
    BOOST_TEST(address("2001:db8:1:2:3:4:5:6").source() == "2001:db8:1:2::");
    BOOST_TEST(address("::ffff:192.0.2.77").network() == "192.0.2.0");
    BOOST_TEST(address("::ffff:192.0.2.77").source() == "192.0.2.77");
}
BOOST_AUTO_TEST_CASE(all_forms_of_listen_addresses_are_parsed) {
    BOOST_TEST(one("127.0.0.1:8480") == "127.0.0.1:8480");
    BOOST_TEST(one("[::1]:0") == "[::1]:0");
    BOOST_TEST(one("8480") == "127.0.0.1:8480");
    BOOST_TEST(one("0.0.0.0:65535") == "0.0.0.0:65535");
    std::set<std::string> every;
    const auto all = parse_listen(":80");
    BOOST_REQUIRE(bool{all});
    for (const auto& each : *all) every.insert(each.print());
    BOOST_TEST(every.contains("0.0.0.0:80"));
}
BOOST_AUTO_TEST_CASE(an_invalid_one_is_malformed) {
    for (const auto* text :
         {"", ":", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o", "::1:80",
          "[::1]", "[::1:80", "::1]:80", "a b:80", "127.0.0.1:80 ", "256.256.256.256.256:80"})
        BOOST_TEST(!parse_listen(text), "accepted '" << text << "'");
}
BOOST_AUTO_TEST_CASE(port_0_is_one_free_port_for_all_sockets) {
    const auto sockets = listen(address("127.0.0.1", 0), 3);
    BOOST_REQUIRE(sockets.size() == 3U);
    const int port = local_address(sockets[0].fd()).port();
    BOOST_TEST(port > 0);
    for (const auto& socket : sockets) BOOST_TEST(local_address(socket.fd()).port() == port);
}
BOOST_AUTO_TEST_CASE(a_port_in_use_is_an_error_that_names_it) {
    const auto first = listen(address("127.0.0.1", 0), 1);
    const auto taken = local_address(first[0].fd());
    BOOST_CHECK_EXCEPTION(listen(taken, 2), Error, [&](const Error& error) {
        return error.exit() == EX_UNAVAILABLE &&
               std::string{error.what()}.find(taken.print()) != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
