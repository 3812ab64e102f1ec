#include "publish/cue.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::publish;

namespace {

CueSheet parsed(std::string_view text) {
    const auto sheet = parse_cue(text);
    BOOST_REQUIRE(sheet);
    return *sheet;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(publish_cue)

BOOST_AUTO_TEST_CASE(a_track_ends_where_the_next_one_of_its_file_begins) {
    const auto sheet = parsed(
        "FILE a WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:09:00\n"
        "INDEX 01 00:10:01\n");
    BOOST_TEST(*sheet.end_of(sheet.tracks[0]) == 10 * 75 + 1);
    BOOST_TEST(!sheet.end_of(sheet.tracks[1]));
}

BOOST_AUTO_TEST_CASE(a_sheet_may_return_to_a_file_that_it_has_left) {
    const auto sheet = parsed(
        "FILE a WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n"
        "FILE b WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00\n"
        "FILE a WAVE\nTRACK 03 AUDIO\nINDEX 01 00:10:00\n");
    BOOST_TEST(*sheet.end_of(sheet.tracks[0]) == 750);
    BOOST_TEST(!sheet.end_of(sheet.tracks[1]));
    BOOST_TEST(!sheet.end_of(sheet.tracks[2]));
}

BOOST_AUTO_TEST_CASE(positions_rise_within_a_file_also_after_another_file) {
    BOOST_TEST(
        !parse_cue("FILE a WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n"
                   "FILE b WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00\n"
                   "FILE a WAVE\nTRACK 03 AUDIO\nINDEX 01 00:00:00\n"));
    BOOST_TEST(!parse_cue("FILE a WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nINDEX 01 00:10:00\n"));
    BOOST_TEST(!parse_cue("FILE a WAVE\nTRACK 01 AUDIO\n"));
}

BOOST_AUTO_TEST_SUITE_END()
