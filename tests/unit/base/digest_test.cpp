#include "base/digest.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "base/sha256_plain.hpp"

using namespace stretto;

BOOST_AUTO_TEST_SUITE(base_digest)

BOOST_AUTO_TEST_CASE(sha256_of_abc_is_that_of_fips_180) {
    BOOST_TEST(hex(sha256(as_bytes("abc"))) ==
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
BOOST_AUTO_TEST_CASE(without_a_library_the_hash_is_the_same) {
    Bytes bytes(300'000);  // as long as a chunk
    std::minstd_rand random{1};
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 8);
    const auto same = [&](std::size_t size, std::size_t step) {
        PlainSha256 sum;
        for (std::size_t at = 0; at < size; at += step)
            sum.add(BytesView{bytes}.subspan(at, std::min(step, size - at)));
        return sum.finish() == sha256(BytesView{bytes}.first(size));
    };
    for (std::size_t size = 0; size <= 300; ++size)
        for (std::size_t step : {1, 7, 63, 64, 65, 300}) BOOST_TEST(same(size, step), size);
    BOOST_TEST(same(bytes.size(), bytes.size()));
    BOOST_TEST(same(bytes.size(), 4099));
}
BOOST_AUTO_TEST_CASE(hexadecimal_is_decoded_back_and_other_text_is_refused) {
    Digest back;
    const auto digest = sha256(as_bytes("x"));
    const auto text = hex(digest);
    BOOST_TEST(parse_hex(text, back));
    BOOST_TEST((back == digest));
    for (std::size_t n = 0; n < text.size(); ++n) BOOST_TEST(!parse_hex(text.substr(0, n), back));
    BOOST_TEST(!parse_hex(std::string(64, 'G'), back));
    BOOST_TEST(!parse_hex(std::string(64, 'A'), back));
}
BOOST_AUTO_TEST_CASE(base32_is_crockfords_first_bit_first) {
    BOOST_TEST(base32(Bytes{0xff, 0xff, 0xff, 0xff, 0xff}) == "zzzzzzzz");
    BOOST_TEST(base32(Bytes{0x00, 0x44, 0x32, 0x14, 0xc7}) == "01234567");
    BOOST_TEST(base32(Bytes{0x80}) == "g0");
}
BOOST_AUTO_TEST_CASE(base32_is_decoded_back_and_other_text_is_refused) {
    for (std::size_t size = 0; size < 33; ++size) {
        const auto digest = sha256(as_bytes(std::to_string(size)));
        const Bytes bytes(digest.begin(),
                          digest.begin() + static_cast<long>(std::min<std::size_t>(size, 32)));
        Bytes back(bytes.size());
        const auto text = base32(bytes);
        BOOST_TEST(parse_base32(text, back));
        BOOST_TEST((back == bytes));
        for (std::size_t n = 0; n < text.size(); ++n)
            BOOST_TEST(!parse_base32(text.substr(0, n), back));
        BOOST_TEST(!parse_base32(text + "0", back));
    }
    Bytes one(1);
    for (const auto* bad : {"g1", "G0", "u0", "i0", "l0", "o0", "g ", "-0"})
        BOOST_TEST(!parse_base32(bad, one), bad);
}

BOOST_AUTO_TEST_SUITE_END()
