// Answers of the tracker's STUN server, byte for byte.
#include "swarm/stun.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::swarm;

namespace {

const Endpoint v4{*parse_ip("192.0.2.1"), 32853},
    v6{*parse_ip("2001:db8:1234:5678:11:2233:4455:6677"), 32853};

Bytes request(bool modern, const Bytes& attributes = {}) {
    Bytes out{0, 1, 0, static_cast<std::uint8_t>(attributes.size())};
    const Bytes cookie = modern ? Bytes{0x21, 0x12, 0xa4, 0x42} : Bytes{1, 2, 3, 4};
    out.insert(out.end(), cookie.begin(), cookie.end());
    // the transaction of RFC 5769 2.2
    for (const std::uint8_t b :
         {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae})
        out.push_back(b);
    out.insert(out.end(), attributes.begin(), attributes.end());
    return out;
}

Bytes attribute(const Bytes& answer) { return {answer.begin() + 20, answer.end()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_stun)

BOOST_AUTO_TEST_CASE(the_address_of_the_rfc_is_masked_as_in_the_rfc) {
    // RFC 5769 2.2 and 2.3: the XOR-MAPPED-ADDRESS of their sample responses
    const auto four = answer_stun(request(true), v4), six = answer_stun(request(true), v6);
    BOOST_REQUIRE(four);
    BOOST_REQUIRE(six);
    BOOST_TEST(
        (attribute(*four) == Bytes{0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43}));
    BOOST_TEST((attribute(*six) == Bytes{0,    0x20, 0,    0x14, 0,    2,    0xa1, 0x47,
                                         0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79,
                                         0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9}));
    BOOST_TEST((Bytes{four->begin(), four->begin() + 4} == Bytes{1, 1, 0, 12}));
    BOOST_TEST((Bytes{six->begin(), six->begin() + 4} == Bytes{1, 1, 0, 24}));
}

BOOST_AUTO_TEST_CASE(a_request_without_the_cookie_gets_the_address_as_it_is) {
    const auto answer = answer_stun(request(false), v4);
    BOOST_REQUIRE(answer);
    BOOST_TEST((attribute(*answer) == Bytes{0, 1, 0, 8, 0, 1, 0x80, 0x55, 192, 0, 2, 1}));
    BOOST_TEST((Bytes{answer->begin() + 4, answer->begin() + 8} == Bytes{1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(attributes_are_passed_over) {
    BOOST_TEST(answer_stun(request(true, Bytes(60, 7)), v4).has_value());
}

BOOST_AUTO_TEST_CASE(anything_else_gets_no_answer) {
    const auto good = request(true);
    for (std::size_t n = 0; n < good.size(); ++n)
        BOOST_TEST(!answer_stun(BytesView{good}.first(n), v4), n << " bytes");
    auto longer = good;
    longer.push_back(0);
    BOOST_TEST(!answer_stun(longer, v4));
    auto response = good;  // answered, two servers would talk for ever
    response[0] = 1;
    BOOST_TEST(!answer_stun(response, v4));
    auto indication = good;
    indication[1] = 0x11;
    BOOST_TEST(!answer_stun(indication, v4));
    BOOST_TEST(!answer_stun(request(true, Bytes(3, 0)), v4));
}

BOOST_AUTO_TEST_SUITE_END()
