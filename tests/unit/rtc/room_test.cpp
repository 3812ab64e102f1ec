// Which link makes room for one more.
#include "rtc/room.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace stretto::rtc;

namespace {

constexpr bool stranger = true, ours = false;

Seat wanted(double used, bool idle = true) { return {true, true, idle, used}; }
Seat strange(double used, bool idle = true) { return {false, true, idle, used}; }
Seat opening(bool wanted, double used) { return {wanted, false, true, used}; }

/// Index of the one that leaves; -1: none has to; -2: there is no room.
int leaves(const std::vector<Seat>& seats, std::size_t most, bool for_whom) {
    const auto room = room_for(seats, most, for_whom);
    return !room.there ? -2 : room.leaves ? static_cast<int>(*room.leaves) : -1;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rtc_room)

BOOST_AUTO_TEST_CASE(nobody_leaves_while_there_is_room) {
    BOOST_TEST(leaves({}, 1, stranger) == -1);
    BOOST_TEST(leaves({wanted(1), strange(2), wanted(3)}, 4, stranger) == -1);
    BOOST_TEST(leaves({wanted(1), wanted(2), wanted(3)}, 4, ours) == -1);
}
BOOST_AUTO_TEST_CASE(strangers_do_not_hold_more_than_half_of_the_links_with_what_they_do_not_open) {
    BOOST_TEST(leaves({opening(false, 1)}, 4, stranger) == -1);
    BOOST_TEST(leaves({opening(false, 1), opening(false, 2)}, 4, stranger) == -2);
    BOOST_TEST(leaves({strange(1), opening(false, 2)}, 4, stranger) == -1);
    BOOST_TEST(leaves({opening(false, 1), opening(false, 2)}, 4, ours) == -1);
    const std::vector<Seat> full{wanted(1, false), opening(true, 2), opening(false, 4),
                                 opening(false, 3)};
    BOOST_TEST(leaves(full, 4, ours) == 3);
    BOOST_TEST(leaves({wanted(1, false), opening(true, 2)}, 2, ours) == -2);
}
BOOST_AUTO_TEST_CASE(strangers_use_what_we_do_not_want_and_lose_it_when_we_do) {
    std::vector<Seat> all{strange(4, false), strange(2, false), strange(3, false)};
    BOOST_TEST(leaves(all, 4, stranger) == -1);
    all.push_back(strange(5, false));
    BOOST_TEST(leaves(all, 4, stranger) == -2);
    BOOST_TEST(leaves(all, 4, ours) == 1);
    all[3].idle = true;
    BOOST_TEST(leaves(all, 4, ours) == 3);
    // the other half is theirs while they use it
    all = {strange(1, false), wanted(2, false), strange(3, false), wanted(4, false)};
    BOOST_TEST(leaves(all, 4, ours) == -2);
}
BOOST_AUTO_TEST_CASE(an_idle_stranger_goes_before_a_peer_that_we_asked) {
    BOOST_TEST(leaves({wanted(1), strange(9)}, 2, ours) == 1);
    BOOST_TEST(leaves({wanted(2), wanted(1)}, 2, ours) == 1);
    BOOST_TEST(leaves({wanted(2, false), wanted(1, false)}, 2, ours) == -2);
}
BOOST_AUTO_TEST_CASE(strangers_take_no_link_of_ours_when_they_have_half) {
    BOOST_TEST(leaves({wanted(2), wanted(1)}, 2, stranger) == 1);
    BOOST_TEST(leaves({wanted(1), strange(9, false)}, 2, stranger) == -2);
    BOOST_TEST(leaves({wanted(1), strange(9)}, 2, stranger) == 1);
}
BOOST_AUTO_TEST_CASE(the_only_link_is_a_strangers_until_we_want_it) {
    BOOST_TEST(leaves({strange(1)}, 1, stranger) == 0);
    BOOST_TEST(leaves({strange(1, false)}, 1, stranger) == -2);
    BOOST_TEST(leaves({strange(1, false)}, 1, ours) == 0);
    BOOST_TEST(leaves({opening(false, 1)}, 1, stranger) == -2);
    BOOST_TEST(leaves({opening(false, 1)}, 1, ours) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
