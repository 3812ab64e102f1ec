// The checksum of SCTP packets, by the examples of RFC 3720 B.4.
#include "rtc/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"

using namespace stretto;

BOOST_AUTO_TEST_SUITE(rtc_crc32c)

BOOST_AUTO_TEST_CASE(known_checksums) {
    BOOST_TEST(rtc::crc32c({}) == 0u);
    BOOST_TEST(rtc::crc32c(as_bytes("123456789")) == 0xe3069283u);
    BOOST_TEST(rtc::crc32c(Bytes(32, 0)) == 0x8a9136aau);
    BOOST_TEST(rtc::crc32c(Bytes(32, 0xff)) == 0x62a8ab43u);
    Bytes rising;
    for (std::uint8_t i = 0; i < 32; ++i) rising.push_back(i);
    BOOST_TEST(rtc::crc32c(rising) == 0x46dd794eu);
}

BOOST_AUTO_TEST_SUITE_END()
