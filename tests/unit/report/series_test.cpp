#include "report/series.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "report/felt.hpp"

using namespace stretto::report;

namespace {

constexpr std::int64_t begin_ms = 1'764'000'000'000;

Visit visit(std::uint64_t listener, std::int64_t first_ms, std::int64_t last_ms) {
    Visit v;
    v.listener = listener;
    v.first_ms = v.sound_ms = first_ms;
    v.last_ms = last_ms;
    v.heard_ms = static_cast<std::uint32_t>(last_ms - first_ms);
    v.flags = Visit::sounded;
    return v;
}

struct Fixture {
    Felt feel_all() {
        summary.visits.each(
            [&](const Visit& v) { summary.dates.add(v.first_ms, v.last_ms, false); });
        summary.settle();
        return feel(summary, zone);
    }
    Zone zone;
    Summary summary{{}, {}, begin_ms + 86'400'000};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_series, Fixture)

BOOST_AUTO_TEST_CASE(buckets_fit_the_span_and_keep_their_sums) {
    std::mt19937_64 random{3};
    std::int64_t listening = 0;
    for (std::uint64_t i = 0; i < 500; ++i) {
        const auto from = begin_ms + static_cast<std::int64_t>(random() % 200'000'000);
        const auto to = from + static_cast<std::int64_t>(random() % 400'000);
        listening += to - from;
        summary.visits.add(visit(i, from, to));
    }
    const auto felt = feel_all();
    BOOST_TEST(felt.series.width_ms() == 3'600'000);
    BOOST_TEST(felt.series.moments().size() <= 121u);
    std::int64_t begun = 0, sum = 0;
    for (const auto& [time, moment] : felt.series.moments()) {
        begun += moment.experience.sessions;
        sum += moment.listening_ms;
    }
    BOOST_TEST(begun == 500);
    BOOST_TEST(sum == listening);
}

BOOST_AUTO_TEST_CASE(consecutive_songs_of_a_listener_count_as_one_concurrent_listener) {
    summary.visits.add(visit(1, begin_ms, begin_ms + 60'000));
    auto next = visit(1, begin_ms + 40'000, begin_ms + 120'000);  // asked for ahead
    next.sound_ms = begin_ms + 60'000;
    summary.visits.add(next);
    const auto felt = feel_all();
    for (const auto& [time, moment] : felt.series.moments()) {
        if (moment.listening_ms == 0) continue;
        BOOST_TEST(moment.listening_ms == felt.series.width_ms());
        BOOST_TEST(moment.peak == 1);
    }
    BOOST_TEST(felt.series.peak() == 1);
    BOOST_TEST(felt.series.mean() == 1.0);
}

BOOST_AUTO_TEST_CASE(the_peak_is_of_those_at_once_and_the_mean_of_all_time) {
    summary.visits.add(visit(1, begin_ms, begin_ms + 100'000));
    summary.visits.add(visit(2, begin_ms + 50'000, begin_ms + 60'000));
    summary.visits.add(visit(3, begin_ms + 60'000, begin_ms + 80'000));  // when 2 has left
    summary.visits.add(visit(3, begin_ms + 65'000, begin_ms + 75'000));  // the same listener
    const auto felt = feel_all();
    BOOST_TEST(felt.series.peak() == 2);
    BOOST_TEST(felt.series.mean() == 1.3);
}

BOOST_AUTO_TEST_CASE(a_song_that_follows_without_a_pause_was_not_started_by_a_person) {
    auto first = visit(1, begin_ms, begin_ms + 60'000);
    first.flags |= Visit::finished;
    first.startup_ms = 300;
    auto next = visit(1, begin_ms + 40'000, begin_ms + 120'000);
    next.sound_ms = begin_ms + 60'010;
    auto chosen = visit(1, begin_ms + 150'000, begin_ms + 170'000);  // `next` was left
    chosen.startup_ms = 500;
    for (const auto& v : {first, next, chosen}) summary.visits.add(v);
    const auto felt = feel_all();
    BOOST_TEST(felt.followed == 1);
    BOOST_TEST(felt.all.started == 3);
    BOOST_TEST(felt.all.startup.count() == 2);
    BOOST_TEST(felt.all.startup.percentile(0.01) > 200);
}

BOOST_AUTO_TEST_CASE(chunks_count_when_they_came) {
    summary.visits.add(visit(1, begin_ms, begin_ms + 590'000));
    summary.chunks.add({begin_ms, 10, 1000, 96, Source::peer});
    summary.chunks.add({begin_ms + 500'000, 20, 1000, 160, Source::peer});
    const auto felt = feel_all();
    std::vector<std::int64_t> bytes;
    for (const auto& [time, moment] : felt.series.moments())
        if (moment.traffic.of(Source::peer) > 0) bytes.push_back(moment.traffic.of(Source::peer));
    BOOST_TEST((bytes == std::vector<std::int64_t>{10, 20}));
}

BOOST_AUTO_TEST_CASE(days_of_23_and_25_hours_are_days) {
    const Zone berlin{"Europe/Berlin"};
    const auto spring = berlin.day_of(1'774'746'000'000), autumn = berlin.day_of(1'792'890'000'000);
    BOOST_TEST(berlin.length_of(spring) == 23 * 3'600'000);
    BOOST_TEST(berlin.length_of(autumn) == 25 * 3'600'000);
    BOOST_TEST(berlin.time(berlin.begin_of(autumn)) == "2026-10-25T00:00:00+02:00");
    BOOST_TEST(berlin.time(berlin.begin_of(autumn + 1)) == "2026-10-26T00:00:00+01:00");
    BOOST_TEST(berlin.parse("2026-10-25") == berlin.begin_of(autumn));
    BOOST_TEST(berlin.parse("2026-10-25T12:00:00") == berlin.begin_of(autumn) + 13 * 3'600'000);
    BOOST_TEST(berlin.parse("2026-10-25T12:00:00Z") == 1'792'929'600'000);
}

BOOST_AUTO_TEST_SUITE_END()
