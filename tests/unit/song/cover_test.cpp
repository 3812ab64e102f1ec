#include "song/cover.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"
#include "song/path.hpp"

using namespace stretto;
using namespace stretto::song;

namespace {

Bytes segment(std::uint8_t marker, Bytes body) {
    Bytes out{0xff, marker, static_cast<std::uint8_t>((body.size() + 2) >> 8),
              static_cast<std::uint8_t>(body.size() + 2)};
    append(out, body);
    return out;
}

Bytes frame(int width, int height) {
    return segment(0xc0, {8, static_cast<std::uint8_t>(height >> 8),
                          static_cast<std::uint8_t>(height), static_cast<std::uint8_t>(width >> 8),
                          static_cast<std::uint8_t>(width), 1, 1, 0x11, 0});
}

/// Not a picture that decodes, but one whose parts are all there.
Bytes jpeg(const Bytes& more = {}, const Bytes& behind = {}) {
    Bytes out{0xff, 0xd8};
    append(out, segment(0xe0, {'J', 'F', 'I', 'F', 0}));
    append(out, more);
    append(out, segment(0xdb, Bytes(65)));
    append(out, frame(300, 200));
    append(out, segment(0xc4, Bytes(20)));
    append(out, segment(0xda, {1, 1, 0, 0, 63, 0}));
    append(out, Bytes{1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9});
    append(out, behind);
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cover)

BOOST_AUTO_TEST_CASE(a_plain_jpeg_tells_its_size) {
    const auto size = parse_plain_jpeg(jpeg());
    BOOST_REQUIRE(size);
    BOOST_TEST(size->width == 300);
    BOOST_TEST(size->height == 200);
}

BOOST_AUTO_TEST_CASE(every_jpeg_cut_short_is_malformed) {
    const auto whole = jpeg();
    for (std::size_t n = 0; n < whole.size(); ++n)
        BOOST_TEST(!parse_plain_jpeg(BytesView{whole}.first(n)), "accepted " << n);
}

BOOST_AUTO_TEST_CASE(data_after_a_picture_is_malformed) {
    BOOST_TEST(!parse_plain_jpeg(jpeg(segment(0xe1, {'E', 'x', 'i', 'f'}))));
    BOOST_TEST(!parse_plain_jpeg(jpeg(segment(0xfe, {'h', 'i'}))));
    BOOST_TEST(!parse_plain_jpeg(jpeg(segment(0xe2, {'I', 'C', 'C'}))));
    BOOST_TEST(!parse_plain_jpeg(jpeg({}, {0})));
    BOOST_TEST(!parse_plain_jpeg(jpeg(frame(1, 1))));  // two frames
    BOOST_TEST(!parse_plain_jpeg(jpeg(segment(0xc2, Bytes(9)))));
}

BOOST_AUTO_TEST_CASE(a_cover_fits_into_its_square) {
    BOOST_TEST(!cover_of(96, jpeg()));
    BOOST_TEST(!cover_of(299, jpeg()));
    const auto cover = cover_of(300, jpeg());
    BOOST_REQUIRE(cover);
    BOOST_TEST(cover->bytes == static_cast<std::int64_t>(jpeg().size()));
    BOOST_TEST((cover->sha256 == sha256(jpeg())));
}

BOOST_AUTO_TEST_CASE(the_path_of_a_cover_is_read_only_as_it_is_printed) {
    const auto hash = hex(sha256(jpeg()));
    BOOST_TEST(parse_cover_path(cover_path(hash)).value() == hash);
    for (const std::string& path :
         {cover_path(hash.substr(1)), cover_path(hash + "0"), cover_path("A" + hash.substr(1)),
          "x" + cover_path(hash), cover_path(hash) + "x", std::string{}, std::string{"cover/.jpg"}})
        BOOST_TEST(!parse_cover_path(path), path);
}

BOOST_AUTO_TEST_SUITE_END()
