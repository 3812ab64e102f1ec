#include "report/series.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace stretto::report;

namespace {

std::vector<Session> made(int n) {
    std::mt19937_64 random{3};
    std::vector<Session> all(static_cast<std::size_t>(n));
    for (auto& s : all) {
        s.first_ms = 1'764'000'000'000 + static_cast<std::int64_t>(random() % 200'000'000);
        s.last_ms = s.first_ms + static_cast<std::int64_t>(random() % 400'000);
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_series)

BOOST_AUTO_TEST_CASE(buckets_widen_and_keep_their_sums) {
    auto sessions = made(500);
    Series one, two;
    std::int64_t listening = 0;
    for (const auto& s : sessions) one.add(s), listening += s.last_ms - s.first_ms;
    std::shuffle(sessions.begin(), sessions.end(), std::mt19937{4});
    for (const auto& s : sessions) two.add(s);
    BOOST_TEST(one.width_ms() == 3'600'000);
    BOOST_TEST(two.width_ms() == one.width_ms());
    BOOST_TEST(one.moments().size() <= 121u);
    BOOST_TEST_REQUIRE(one.moments().size() == two.moments().size());
    std::int64_t begun = 0, sum = 0;
    for (auto a = one.moments().begin(), b = two.moments().begin(); a != one.moments().end();
         ++a, ++b) {
        BOOST_TEST(a->first == b->first);
        BOOST_TEST(a->second.listening_ms == b->second.listening_ms);
        BOOST_TEST(a->second.experience.sessions == b->second.experience.sessions);
        begun += a->second.experience.sessions;
        sum += a->second.listening_ms;
    }
    BOOST_TEST(begun == 500);
    BOOST_TEST(sum == listening);
}

BOOST_AUTO_TEST_CASE(who_listens_to_one_song_after_the_other_is_one_listener_at_a_time) {
    Session song, next;  // which was asked for when the first had 20 s left
    song.first_ms = song.sound_ms = 1'764'000'000'000;
    song.last_ms = next.sound_ms = song.first_ms + 60'000;
    next.first_ms = song.last_ms - 20'000;
    next.last_ms = song.last_ms + 60'000;
    Series series;
    series.add(song);
    series.add(next);
    for (const auto& [time, moment] : series.moments())
        BOOST_TEST(moment.listening_ms == series.width_ms());
}

BOOST_AUTO_TEST_CASE(a_session_of_a_century_ends) {
    Session s;
    s.first_ms = 0;
    s.last_ms = 4'102'444'800'000;
    Series series;
    series.add(s);
    BOOST_TEST(series.moments().size() <= 140u);
}

BOOST_AUTO_TEST_SUITE_END()
