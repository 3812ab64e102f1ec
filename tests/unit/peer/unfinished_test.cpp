// Pieces of unfinished chunks: what is told and given of them.
#include "peer/unfinished.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using peer::Unfinished;

namespace {

const Unfinished::Key chunk{"song", 96, 3};

Bytes bytes(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

/// Pieces 0, 1 and 3 of "abcdefghij", at 0, 3, 5 and 8.
Unfinished some() {
    Unfinished all;
    all.add(chunk, 0, 0, as_bytes("abc"), 10);
    all.add(chunk, 3, 8, as_bytes("ij"), 10);
    all.add(chunk, 1, 3, as_bytes("de"), 10);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_unfinished)

BOOST_AUTO_TEST_CASE(what_is_here_is_told_by_song_and_bitrate) {
    auto all = some();
    all.add({"song", 96, 12}, 2, 5, as_bytes("x"), 9);
    all.add({"song", 160, 4}, 0, 0, as_bytes("x"), 9);
    all.add({"other", 96, 5}, 0, 0, as_bytes("x"), 9);
    BOOST_TEST((all.parts("song", 96) == peer::Parts{{3, 0b1011}, {12, 0b100}}));
    BOOST_TEST(all.parts("son", 96).empty());
    BOOST_TEST(all.parts("song", 95).empty());
    BOOST_TEST((all.whole(chunk) == 10u));
    BOOST_TEST(!all.whole({"song", 96, 4}));
}

BOOST_AUTO_TEST_CASE(a_range_is_given_only_if_all_of_it_is_here) {
    const std::string all_bytes = "abcdefghij";
    const auto all = some();
    for (std::size_t begin = 0; begin <= 10; ++begin)
        for (std::size_t length = 0; begin + length <= 11; ++length) {
            const auto end = begin + length;
            const bool here = length > 0 && (end <= 5 || (begin >= 8 && end <= 10));
            const auto given = all.read(chunk, begin, length);
            BOOST_TEST(given.has_value() == here, begin << "+" << length);
            if (given && here) BOOST_TEST((*given == bytes(all_bytes.substr(begin, length))));
        }
    BOOST_TEST(!all.read(chunk, 0, ~0ull));
    BOOST_TEST(!all.read({"song", 96, 4}, 0, 1));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_is_gone) {
    auto all = some();
    all.add({"song", 160, 4}, 0, 0, as_bytes("x"), 9);
    all.drop(chunk);
    BOOST_TEST(all.parts("song", 96).empty());
    BOOST_TEST(!all.read(chunk, 0, 3));
    BOOST_TEST((all.parts("song", 160) == peer::Parts{{4, 1}}));
    all.drop_song("song");
    BOOST_TEST(all.parts("song", 160).empty());
}

BOOST_AUTO_TEST_CASE(the_oldest_chunk_makes_room) {
    Unfinished all;
    const int most = Unfinished::most_chunks;
    for (int k = 0; k <= most; ++k) all.add({"song", 96, k}, 0, 0, as_bytes("x"), 9);
    const auto parts = all.parts("song", 96);
    BOOST_TEST(parts.size() == Unfinished::most_chunks);
    BOOST_TEST(!parts.contains(0));
    BOOST_TEST(parts.contains(most));
}

BOOST_AUTO_TEST_CASE(a_dropped_song_takes_no_room) {
    Unfinished all;
    const int most = Unfinished::most_chunks;
    for (int k = 0; k < most; ++k) all.add({"old", 96, k}, 0, 0, as_bytes("x"), 9);
    all.drop_song("old");
    for (int k = 0; k < most; ++k) all.add({"song", 96, k}, 0, 0, as_bytes("x"), 9);
    BOOST_TEST(all.parts("song", 96).size() == Unfinished::most_chunks);
}

BOOST_AUTO_TEST_CASE(pieces_that_cannot_be_told_are_not_kept) {
    Unfinished all;
    all.add(chunk, 64, 0, as_bytes("x"), 9);
    all.add(chunk, -1, 0, as_bytes("x"), 9);
    BOOST_TEST(all.parts("song", 96).empty());
}

BOOST_AUTO_TEST_SUITE_END()
