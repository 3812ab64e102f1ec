#include "report/plays.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "report/listening.hpp"

using namespace stretto::report;

namespace {

std::vector<Heard> made(std::size_t n) {
    std::mt19937_64 random{2};
    std::vector<Heard> all(n);
    for (auto& h : all)
        h = {random() % 50,
             static_cast<std::int64_t>(random() % 1'000'000'000),
             static_cast<std::uint32_t>(random() % 100'000),
             static_cast<Name>(random() % 20),
             0,
             static_cast<std::uint8_t>(random() % 2)};
    return all;
}

std::vector<Heard> sorted(Plays& plays) {
    std::vector<Heard> out;
    plays.each([&](const Heard& h) { out.push_back(h); });
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_plays)

BOOST_AUTO_TEST_CASE(runs_on_disk_give_what_memory_gives) {
    auto all = made(20'011);
    Plays memory, disk{1000};
    for (const auto& h : all) memory.add(h), disk.add(h);
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.key() < b.key(); });
    const auto same = [&](const std::vector<Heard>& got) {
        return std::equal(got.begin(), got.end(), all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.key() == b.key(); });
    };
    BOOST_TEST(same(sorted(memory)));
    BOOST_TEST(same(sorted(disk)));
    BOOST_TEST(same(sorted(disk)));  // again
}

BOOST_AUTO_TEST_CASE(who_leaves_just_after_30_s_is_a_suspect) {
    Listener bot, fan;
    for (int i = 0; i < 100; ++i) {
        bot.add({1, i * 100'000, i < 90 ? 31'000u : 200'000u, static_cast<Name>(i), 0, 1}, 0);
        fan.add({2, i * 100'000, i < 89 ? 31'000u : 200'000u, static_cast<Name>(i), 0, 1}, 0);
    }
    BOOST_TEST(bot.suspicion() == "leaves songs just after they count");
    BOOST_TEST(fan.suspicion() == "");
}

BOOST_AUTO_TEST_CASE(a_song_200_times_a_day_is_suspect_and_199_times_are_not) {
    Listener listener;
    for (int i = 0; i < 199; ++i) listener.add({1, i * 200'000, 100'000, 0, 0, 0}, 0);
    BOOST_TEST(listener.suspicion() == "");
    listener.add({1, day_ms + 1, 100'000, 0, 0, 0}, 0);
    BOOST_TEST(listener.suspicion() == "");
    listener.add({1, day_ms - 1, 100'000, 0, 0, 0}, 0);
    listener.add({1, day_ms - 1, 100'000, 0, 0, 0}, 0);
    BOOST_TEST(listener.songs[0].plays == 202);
}

BOOST_AUTO_TEST_CASE(what_goes_beyond_a_day_counts_for_nothing) {
    Listener listener;
    listener.add({1, 0, 80'000'000, 0, 0, 0}, 0);
    listener.add({1, 1, 80'000'000, 1, 0, 0}, 0);
    listener.add({1, 2, 80'000'000, 2, 0, 0}, 0);
    listener.add({1, day_ms, 60'000, 2, 0, 0}, 0);
    BOOST_TEST(listener.all.heard_ms == day_ms + 60'000);
    BOOST_TEST(listener.all.plays == 3);
    BOOST_TEST(listener.songs[1].heard_ms == 6'400'000);
    BOOST_TEST(listener.songs[2].plays == 1);
    BOOST_TEST(listener.suspicion() == "more than 24 hours in a day");
}

BOOST_AUTO_TEST_SUITE_END()
