#include "events/outbox.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"

using namespace stretto;
using stretto::events::Outbox;

namespace {

std::string numbered(int from, int to) {
    std::string lines;
    for (int i = from; i < to; ++i) lines += text("line ", i, "\n");
    return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(events_outbox)

BOOST_AUTO_TEST_CASE(lines_go_in_their_order_until_they_are_taken) {
    Outbox box;
    BOOST_TEST(!box.pause_ms(0));
    box.add(numbered(0, 2));
    BOOST_TEST(box.pause_ms(0).value() == 0);
    BOOST_TEST(box.post() == numbered(0, 2));
    BOOST_TEST(!box.pause_ms(0));
    box.add(numbered(2, 3));
    box.answered(202, 0, 10, 0.5);
    BOOST_TEST(box.pause_ms(10).value() == 0);
    BOOST_TEST(box.post() == numbered(2, 3));
    box.answered(204, 0, 20, 0.5);
    BOOST_TEST(box.empty());
    BOOST_TEST(box.lost() == 0U);
}
BOOST_AUTO_TEST_CASE(a_refused_post_is_sent_again_after_doubling_pauses) {
    for (const int status : {0, 408, 429, 500, 502, 503, 507}) {
        Outbox box;
        box.add(numbered(0, 3));
        std::int64_t now = 0;
        for (const std::int64_t pause : {1000, 2000, 4000, 8000, 16000, 30000, 30000}) {
            BOOST_TEST(box.post() == numbered(0, 3));
            box.answered(status, 0, now, 0.5);
            BOOST_TEST(box.pause_ms(now).value() == pause);
            now += pause;
            BOOST_TEST(box.pause_ms(now).value() == 0);
        }
        BOOST_TEST(box.post() == numbered(0, 3));
        box.answered(202, 0, now, 0.5);
        box.add("more\n");
        box.post();
        box.answered(status, 0, now, 0.5);
        BOOST_TEST(box.pause_ms(now).value() == 1000);
    }
}
BOOST_AUTO_TEST_CASE(retry_after_of_a_server_is_obeyed_within_limits) {
    Outbox box;
    box.add(numbered(0, 1));
    box.post();
    box.answered(429, 7000, 0, 0.5);
    BOOST_TEST(box.pause_ms(0).value() == 7000);
    box.post();
    box.answered(429, 3'600'000, 0, 0.5);
    BOOST_TEST(box.pause_ms(0).value() == Outbox::longest_pause_ms);
}
BOOST_AUTO_TEST_CASE(players_come_back_at_different_times) {
    for (const auto& [chance, pause] : {std::pair{0.0, 750}, {1.0, 1250}}) {
        Outbox box;
        box.add(numbered(0, 1));
        box.post();
        box.answered(503, 0, 0, chance);
        BOOST_TEST(box.pause_ms(0).value() == pause);
    }
}
BOOST_AUTO_TEST_CASE(lines_that_a_server_refuses_for_good_are_lost_and_later_ones_are_sent) {
    Outbox box;
    box.add(numbered(0, 4));
    box.post();
    box.add(numbered(4, 5));
    box.answered(400, 0, 0, 0.5);
    BOOST_TEST(box.lost() == 4U);
    BOOST_TEST(box.post() == numbered(4, 5));
}
BOOST_AUTO_TEST_CASE(a_post_respects_the_limits_of_a_server) {
    Outbox box;
    box.add(numbered(0, 1200));
    BOOST_TEST(box.post() == numbered(0, 500));
    box.answered(202, 0, 0, 0.5);
    BOOST_TEST(box.post() == numbered(500, 1000));
    box.answered(202, 0, 0, 0.5);
    BOOST_TEST(box.post() == numbered(1000, 1200));
    box.answered(202, 0, 0, 0.5);
    const std::string long_line(60'000, 'x');
    for (int i = 0; i < 10; ++i) box.add(long_line + "\n");
    BOOST_TEST(box.post().size() == 4 * (long_line.size() + 1));
}
BOOST_AUTO_TEST_CASE(without_room_the_oldest_lines_are_lost_but_not_those_in_a_post) {
    Outbox box;
    const std::string line(1023, 'x');
    box.add("first\n");
    BOOST_TEST(box.post() == "first\n");
    for (int i = 0; i < 1100; ++i) box.add(line + "\n");
    box.add("last\n");
    BOOST_TEST(box.lost() == 77U);
    box.answered(0, 0, 0, 0.5);
    BOOST_TEST(box.post().starts_with("first\n"));
    box.answered(202, 0, 0, 0.5);
    std::string rest;
    while (!box.empty()) {
        rest += box.post();
        box.answered(202, 0, 0, 0.5);
    }
    BOOST_TEST(rest.ends_with("last\n"));
    BOOST_TEST(box.lost() == 77U);
}
BOOST_AUTO_TEST_CASE(the_newest_lines_are_those_that_no_server_has_accepted) {
    Outbox box;
    BOOST_TEST(box.newest(100) == "");
    box.add("one\ntwo\n");
    box.post();
    box.add("three\n");
    BOOST_TEST(box.newest(100) == "one\ntwo\nthree\n");
    BOOST_TEST(box.newest(10) == "two\nthree\n");
    BOOST_TEST(box.newest(9) == "three\n");
    BOOST_TEST(box.newest(5) == "");
    box.answered(202, 0, 0, 0.5);
    BOOST_TEST(box.newest(100) == "three\n");
}

BOOST_AUTO_TEST_SUITE_END()
