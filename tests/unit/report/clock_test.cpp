#include "report/clock.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace stretto::report;

namespace {

constexpr std::int64_t now = 1'795'000'000'000;
constexpr std::int64_t hour = 3'600'000;

/// A song of two minutes: a line every ten seconds, posted a second later.
struct Line {
    std::int64_t time, sent, received;
};
std::vector<Line> song(std::int64_t wrong_by, std::int64_t jump_at = -1, std::int64_t delay = 50) {
    std::vector<Line> lines;
    for (std::int64_t t = 0; t <= 120'000; t += 10'000) {
        const auto clock = [&](std::int64_t at) {
            return now + at + (jump_at < 0 || at < jump_at ? wrong_by : 0);
        };
        lines.push_back({clock(t), clock(t + 1000), now + t + 1000 + delay});
    }
    return lines;
}
Clock of(const std::vector<Line>& lines) {
    Clock clock;
    for (const auto& l : lines) clock.add(l.time, l.sent, l.received);
    return clock;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_clock)

BOOST_AUTO_TEST_CASE(a_wrong_clock_is_corrected_to_within_the_duration_of_a_post) {
    for (const std::int64_t wrong :
         {std::int64_t{0}, -now + 5000, 64 * 365 * 24 * hour, -3 * hour}) {
        const auto placed = of(song(wrong)).place(now);
        BOOST_TEST(placed.by_server);
        BOOST_TEST(placed.first_ms == now + 50);
        BOOST_TEST(placed.last_ms == now + 120'050);
        BOOST_TEST(of(song(wrong)).elapsed_ms() == 120'000);
    }
}

BOOST_AUTO_TEST_CASE(late_delivery_is_not_a_clock_error) {
    Clock clock;  // twenty minutes without a network, then all at once
    for (std::int64_t t = 0; t <= 120'000; t += 10'000)
        clock.add(now + t, now + 20 * 60'000, now + 20 * 60'000 + 30);
    const auto placed = clock.place(now);
    BOOST_TEST(placed.first_ms == now + 30);
    BOOST_TEST(clock.elapsed_ms() == 120'000);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_within_a_song_adds_no_listening_time) {
    for (const std::int64_t wrong : {-now + 5000, 30 * 24 * hour}) {
        const auto clock = of(song(wrong, 60'000));
        const auto placed = clock.place(now + 120'000);
        BOOST_TEST(placed.last_ms == now + 120'050);
        BOOST_TEST(placed.first_ms >= now - 1000);
        BOOST_TEST(placed.first_ms <= now + 11'000);
        BOOST_TEST(clock.elapsed_ms() <= 121'050);
        BOOST_TEST(clock.elapsed_ms() >= 110'000);
        // also by its own word alone
        Clock alone;
        for (const auto& l : song(wrong, 60'000)) alone.add(l.time, -1, -1);
        BOOST_TEST(alone.place(now + 120'000).last_ms == now + 120'000);
        BOOST_TEST(alone.elapsed_ms() == 120'000);
    }
}

BOOST_AUTO_TEST_CASE(elapsed_time_is_limited_by_the_servers_clock) {
    Clock clock;  // claims an hour within a minute
    for (std::int64_t i = 0; i <= 60; ++i)
        clock.add(now + i * 60'000, now + i * 60'000 + 10, now + i * 1000);
    BOOST_TEST(clock.elapsed_ms() == 60'010);
}

BOOST_AUTO_TEST_CASE(a_long_gap_is_not_listening_and_a_pause_does_not_end_a_session) {
    Clock clock;
    for (const std::int64_t at :
         {std::int64_t{0}, std::int64_t{60'000}, 3 * hour, 3 * hour + 60'000})
        clock.add(now + at, -1, -1);
    BOOST_TEST(clock.elapsed_ms() == 120'000 + between_lines_ms);
    const auto placed = clock.place(now + 24 * hour);
    BOOST_TEST(placed.first_ms == now);
    BOOST_TEST(placed.last_ms == now + 3 * hour + 60'000);
    BOOST_TEST(placed(now + 3 * hour) == now + 3 * hour);
}

BOOST_AUTO_TEST_CASE(any_order_of_lines_is_the_same) {
    std::mt19937 random{5};
    auto lines = song(-now + 5000, 60'000);
    for (std::int64_t t = 0; t < 40 * hour; t += 300'000) lines.push_back({t, -1, -1});
    const auto first = of(lines);
    for (int i = 0; i < 50; ++i) {
        std::shuffle(lines.begin(), lines.end(), random);
        const auto other = of(lines);
        BOOST_TEST(other.elapsed_ms() == first.elapsed_ms());
        BOOST_TEST(other.place(now).first_ms == first.place(now).first_ms);
        BOOST_TEST(other.stretches().size() == first.stretches().size());
    }
}

BOOST_AUTO_TEST_SUITE_END()
