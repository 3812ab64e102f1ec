#include "report/visits.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "report/listening.hpp"

using namespace stretto::report;

namespace {

Visit heard(std::uint64_t listener, std::int64_t first_ms, std::uint32_t heard_ms, Name song,
            std::uint32_t flags = 0) {
    Visit visit;
    visit.listener = listener;
    visit.first_ms = first_ms;
    visit.last_ms = first_ms + heard_ms;
    visit.heard_ms = heard_ms;
    visit.song = song;
    visit.flags = flags;
    return visit;
}

std::vector<Visit> made(std::size_t n) {
    std::mt19937_64 random{2};
    std::vector<Visit> all(n);
    for (auto& v : all)
        v = heard(random() % 50, static_cast<std::int64_t>(random() % 1'000'000'000),
                  static_cast<std::uint32_t>(random() % 100'000), static_cast<Name>(random() % 20));
    return all;
}

std::vector<Visit> sorted(Visits& visits) {
    std::vector<Visit> out;
    visits.each([&](const Visit& v) { out.push_back(v); });
    return out;
}

struct Fixture {
    Dictionary names;
    Dates dates;
    Zone zone;
    Payment payment;
    Rules rules{names, dates, zone, payment, 0};
    Listener listener;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_visits, Fixture)

BOOST_AUTO_TEST_CASE(runs_on_disk_give_the_same_result_as_memory) {
    auto all = made(20'011);
    Visits memory, disk{1000};
    for (const auto& v : all) memory.add(v), disk.add(v);
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.key() < b.key(); });
    const auto same = [&](const std::vector<Visit>& got) {
        return std::equal(got.begin(), got.end(), all.begin(), all.end(),
                          [](const auto& a, const auto& b) { return a.key() == b.key(); });
    };
    BOOST_TEST(same(sorted(memory)));
    BOOST_TEST(same(sorted(disk)));
    BOOST_TEST(same(sorted(disk)));  // again
    disk.add(heard(99, 1, 1, 1));    // and on after that
    BOOST_TEST(sorted(disk).size() == all.size() + 1);
}

BOOST_AUTO_TEST_CASE(a_listener_that_leaves_just_after_30_s_is_a_suspect) {
    Listener bot, fan;
    for (int i = 0; i < 100; ++i) {
        const auto song = static_cast<Name>(i);
        bot.add(heard(1, i * 100'000, i < 90 ? 31'000u + 70u * song : 200'000u, song), rules);
        fan.add(heard(2, i * 100'000, i < 89 ? 31'000u + 70u * song : 200'000u, song), rules);
    }
    BOOST_TEST(bot.suspicion(zone) == "leaves songs just after they count");
    BOOST_TEST(fan.suspicion(zone) == "");
}

BOOST_AUTO_TEST_CASE(
    who_leaves_each_song_after_the_same_time_is_a_suspect_and_who_hears_all_is_not) {
    Listener bot, loop;
    for (int i = 0; i < 100; ++i) {
        bot.add(heard(1, i * 200'000, 95'900u + static_cast<std::uint32_t>(i % 3) * 400,
                      static_cast<Name>(i)),
                rules);
        loop.add(heard(2, i * 200'000, 95'900u, static_cast<Name>(i), Visit::finished), rules);
    }
    BOOST_TEST(bot.suspicion(zone) == "leaves songs always after 94 s");
    BOOST_TEST(loop.suspicion(zone) == "");
}

BOOST_AUTO_TEST_CASE(a_song_200_times_a_day_is_suspect_and_199_times_are_not) {
    const auto play = [&](std::int64_t at) {
        listener.add(heard(1, at, 100'000, 0, Visit::finished), rules);
    };
    for (int i = 0; i < 199; ++i) play(i * 200'000);
    BOOST_TEST(listener.suspicion(zone) == "");
    auto next_day = listener;
    next_day.add(heard(1, day_ms + 1, 100'000, 0, Visit::finished), rules);
    BOOST_TEST(next_day.suspicion(zone) == "");
    play(day_ms - 1);
    BOOST_TEST(listener.suspicion(zone) == "a song 200 times in a day");
    BOOST_TEST(listener.songs[0].plays == 200);
}

BOOST_AUTO_TEST_CASE(hours_beyond_a_day_do_not_count) {
    listener.add(heard(1, 0, 80'000'000, 0), rules);
    listener.add(heard(1, 1, 80'000'000, 1), rules);
    listener.add(heard(1, 2, 80'000'000, 2), rules);
    listener.add(heard(1, day_ms, 60'000, 2), rules);
    BOOST_TEST(listener.all.heard_ms == day_ms + 60'000);
    BOOST_TEST(listener.all.plays == 3);
    BOOST_TEST(listener.songs[1].heard_ms == 6'400'000);
    BOOST_TEST(listener.songs[2].plays == 1);
    BOOST_TEST(listener.suspicion(zone) == "more than 24 hours in a day");
}

BOOST_AUTO_TEST_CASE(where_tokens_are_wanted_only_plays_with_one_count) {
    payment.require_token = true;
    listener.add(heard(1, 0, 60'000, 0), rules);
    listener.add(heard(1, 90'000, 60'000, 0, Visit::token), rules);
    BOOST_TEST(listener.all.plays == 1);
    BOOST_TEST(listener.all.heard_ms == 120'000);
}

BOOST_AUTO_TEST_CASE(records_added_by_a_forked_child_do_not_affect_its_parent) {
    const auto all = made(1000);
    Visits visits{100};
    for (std::size_t i = 0; i < 450; ++i) visits.add(all[i]);
    const auto child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {  // it spills, at the same time or before
        visits.branch();
        for (std::size_t i = 0; i < 1000; ++i) visits.add(all[i % 300]);
        const auto found = sorted(visits);
        ::_exit(found.size() == 1450 && std::is_sorted(found.begin(), found.end(),
                                                       [](const Visit& a, const Visit& b) {
                                                           return a.key() < b.key();
                                                       })
                    ? 0
                    : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    for (std::size_t i = 450; i < 1000; ++i) visits.add(all[i]);
    Visits plain{1'000'000};
    for (const auto& one : all) plain.add(one);
    const auto a = sorted(visits), b = sorted(plain);
    BOOST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) BOOST_REQUIRE(a[i].key() == b[i].key());
}

BOOST_AUTO_TEST_SUITE_END()
