#include "http/proxy_protocol.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::http;

namespace {

const std::string signature{"\r\n\r\n\0\r\nQUIT\n", 12};

/// @param rest  what follows the head
std::string binary(unsigned char command, unsigned char kind, const std::string& rest) {
    return signature + static_cast<char>(0x20 | command) + static_cast<char>(kind) +
           static_cast<char>(rest.size() / 256) + static_cast<char>(rest.size() % 256) + rest;
}
const std::string addresses4{"\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x34\x01\xbb", 12};
const std::string addresses6 = std::string{"\x20\x01\x0d\xb8", 4} + std::string(11, '\0') + "\1" +
                               std::string(16, '\2') + "\x12\x34\x01\xbb";

std::string read(const std::string& bytes) {
    const auto preface = read_proxy_preface(as_bytes(bytes));
    switch (preface.step) {
        case ProxyPreface::absent:
            return "absent";
        case ProxyPreface::need_more:
            return "more";
        case ProxyPreface::bad:
            return "bad";
        case ProxyPreface::whole:
            break;
    }
    return (preface.client ? preface.client->print() : "unknown") + ", " +
           bytes.substr(preface.size);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_proxy_protocol)

BOOST_AUTO_TEST_CASE(version_1_is_a_line) {
    BOOST_TEST(read("PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\nGET /") ==
               "192.0.2.1:4660, GET /");
    BOOST_TEST(read("PROXY TCP6 2001:db8::1 ::1 4660 443\r\n") == "[2001:db8::1]:4660, ");
    BOOST_TEST(read("PROXY TCP6 ::ffff:192.0.2.1 ::1 4660 443\r\n") == "192.0.2.1:4660, ");
    BOOST_TEST(read("PROXY UNKNOWN\r\nGET /") == "unknown, GET /");
    BOOST_TEST(read("PROXY UNKNOWN ffff:f 1 2 3\r\n") == "unknown, ");
}

BOOST_AUTO_TEST_CASE(version_2_is_binary) {
    BOOST_TEST(read(binary(1, 0x11, addresses4) + "GET /") == "192.0.2.1:4660, GET /");
    BOOST_TEST(read(binary(1, 0x21, addresses6) + "GET /") == "[2001:db8::1]:4660, GET /");
    const auto with_more = addresses4 + std::string{"\x04\x00\x03xyz", 6};
    BOOST_TEST(read(binary(1, 0x11, with_more) + "G") == "192.0.2.1:4660, G");
    BOOST_TEST(read(binary(0, 0x11, addresses4) + "GET /") == "unknown, GET /");  // a health check
    BOOST_TEST(read(binary(0, 0, "") + "GET /") == "unknown, GET /");
    BOOST_TEST(read(binary(1, 0x31, std::string(216, 'x')) + "G") == "unknown, G");
    BOOST_TEST(read(binary(1, 0x12, addresses4) + "G") == "unknown, G");
}

BOOST_AUTO_TEST_CASE(a_preface_cut_short_waits_for_more) {
    for (const auto& whole : {std::string{"PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n"},
                              std::string{"PROXY UNKNOWN\r\n"}, binary(1, 0x11, addresses4),
                              binary(1, 0x21, addresses6), binary(0, 0, "")})
        for (std::size_t n = 0; n < whole.size(); ++n)
            BOOST_TEST(read(whole.substr(0, n)) == "more", n << " bytes of " << whole);
}

BOOST_AUTO_TEST_CASE(input_without_the_protocol_is_left_to_the_caller) {
    for (const auto* other : {"GET / HTTP/1.1\r\n", "POST /", "PROXYTCP4", "PUT", "\r\nGET", "x"})
        BOOST_TEST(read(other) == "absent", other);
}

BOOST_AUTO_TEST_CASE(an_unreadable_head_is_bad) {
    for (const std::string bad :
         {"PROXY TCP4 192.0.2.1 198.51.100.2 4660\r\n", "PROXY TCP4 nobody 198.51.100.2 1 2\r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.2 -1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
          "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n", "PROXY UDP4 1.1.1.1 1.1.1.1 1 2\r\n",
          "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n", "PROXY \r\n",
          "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n"})
        BOOST_TEST(read(bad) == "bad", bad);
    BOOST_TEST(read("PROXY UNKNOWN " + std::string(107, 'x')) == "bad");
    BOOST_TEST(read(binary(2, 0x11, addresses4)) == "bad");
    BOOST_TEST(read(signature + "\x11\x11" + std::string{"\0\x0c", 2} + addresses4) == "bad");
    BOOST_TEST(read(binary(1, 0x11, addresses4.substr(1))) == "bad");
    BOOST_TEST(read(binary(1, 0x21, addresses4)) == "bad");
    BOOST_TEST(read(signature + "\x21\x11\x7f\xff") == "bad");
}

BOOST_AUTO_TEST_SUITE_END()
