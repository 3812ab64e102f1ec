// Our rule: what a listener would want of it, in states made up for it.
#include "abr/stretto.hpp"

#include <boost/test/unit_test.hpp>

#include "abr/expectation.hpp"
#include "abr/outlook.hpp"
#include "abr/policy.hpp"
#include "abr/shape.hpp"
#include "made_up.hpp"

using namespace stretto::abr;
using Do = Decision::Do;

BOOST_AUTO_TEST_SUITE(abr_stretto)

BOOST_AUTO_TEST_CASE(it_starts_at_the_lowest) {
    const auto song = made_up_song(21);
    State s = playing(song, 0, 0, 0, -1);
    s.playing = s.started = false;
    const auto decision = make_policy("stretto")->decide(s);
    BOOST_TEST((decision.what == Do::take));
    BOOST_TEST(decision.rendition == 0);
}
BOOST_AUTO_TEST_CASE(it_starts_where_it_is_told_to_while_it_knows_no_network) {
    const auto song = made_up_song(21);
    const auto policy = make_policy("stretto");
    State s = playing(song, 0, 0, 0, -1);
    s.playing = s.started = false;
    s.first = 1;
    BOOST_TEST(policy->decide(s).rendition == 1);
    s.highest = 0;
    BOOST_TEST(policy->decide(s).rendition == 0);
    s.highest = 2;
    policy->sample({0, 2, 10'000});
    BOOST_TEST(policy->decide(s).rendition == 0);
}
BOOST_AUTO_TEST_CASE(on_a_fast_link_it_leaves_the_first_chunk_for_the_best_within_milliseconds) {
    const auto song = made_up_song(21);
    const auto policy = make_policy("stretto");
    State s = playing(song, 0, 0, 0, -1);
    s.playing = s.started = false;
    policy->decide(s);
    BOOST_TEST(policy->interval() <= 0.01);
    policy->latency(0.05);
    policy->sample({0.05, 0.06, 30000});  // 24 Mbit/s
    const UnderWay now{0, 0, 120000, 30000, 2, 0};
    s = playing(song, 0.06, 2, 0, -1);
    s.under_way = &now;
    const auto decision = policy->decide(s);
    BOOST_TEST((decision.what == Do::splice));
    BOOST_TEST(decision.rendition == 2);
    s.now = 5;
    policy->decide(s);
    BOOST_TEST(policy->interval() == 0.5);
}
BOOST_AUTO_TEST_CASE(when_the_rate_falls_the_rule_splices_to_a_lower_bitrate_in_time) {
    const auto song = made_up_song(21);
    const auto policy = make_policy("stretto");
    carry(*policy, 0, 20, 500);
    policy->decide(playing(song, 20, 20, 2, 2));
    carry(*policy, 20, 6, 70);
    UnderWay now{2, 0, 400000, 52500, 1, 20};
    auto s = playing(song, 26.05, 15, 2, 2);
    s.under_way = &now;
    const auto decision = policy->decide(s);
    BOOST_TEST((decision.what == Do::splice));
    BOOST_TEST(decision.rendition < 2);
}
BOOST_AUTO_TEST_CASE(a_burst_on_a_slow_link_is_not_taken_for_a_fast_link) {
    const auto song = made_up_song(21);
    const auto taken = [&](double before, double returns) {
        StrettoSettings settings;
        settings.returns = returns;
        const auto policy = make_stretto(settings);
        policy->decide(playing(song, 0, 8, 2, 0));
        carry(*policy, 0, 40, before);
        carry(*policy, 40, 6, 600);
        return policy->decide(playing(song, 46, 12, 6, 0)).rendition;
    };
    const double returns = StrettoSettings{}.returns;
    BOOST_TEST(taken(90, returns) == 0);
    BOOST_TEST(taken(90, 0) > 0);
    BOOST_TEST(taken(400, returns) > 0);
}
BOOST_AUTO_TEST_CASE(a_nearly_complete_chunk_is_not_abandoned) {
    const auto song = made_up_song(21);
    const auto policy = make_policy("stretto");
    carry(*policy, 0, 20, 300);
    policy->decide(playing(song, 20, 20, 2, 2));
    UnderWay now{2, 0, 400000, 396000, 9.5, 20};
    auto s = playing(song, 30, 12, 2, 2);
    s.under_way = &now;
    BOOST_TEST((policy->decide(s).what == Do::go_on));
}
BOOST_AUTO_TEST_CASE(without_an_index_only_what_is_short_comes_again) {
    auto song = made_up_song(21);
    for (auto& r : song.renditions)
        for (auto& chunk : r.chunks) chunk.pieces.clear();
    const auto decides = [&](double audio_s, std::uint32_t got) {
        const auto policy = make_policy("stretto");
        carry(*policy, 0, 20, 500);
        policy->decide(playing(song, 20, 20, 2, 2));
        carry(*policy, 20, 6, 70);
        UnderWay now{2, 0, 400000, got, audio_s, 20};
        auto s = playing(song, 26.05, 15, 2, 2);
        s.under_way = &now;
        return policy->decide(s).what;
    };
    BOOST_TEST((decides(1, 52'500) == Do::splice));
    BOOST_TEST((decides(8, 330'000) == Do::go_on));
}
BOOST_AUTO_TEST_CASE(a_link_that_is_too_slow_for_the_first_chunk_is_noticed_before_it_sounds) {
    const auto song = made_up_song(21);
    const auto decides = [&](double kbps) {
        const auto policy = make_policy("stretto");
        State s = playing(song, 0, 0, 0, -1);
        s.playing = s.started = false;
        policy->decide(s);
        policy->latency(0.3);
        carry(*policy, 0.3, 1, kbps);
        UnderWay now{2, 0, 400000, static_cast<std::uint32_t>(kbps * 125), 0.3, 0};
        s = playing(song, 1.35, 0.3, 0, -1);
        s.playing = s.started = false;
        s.under_way = &now;
        return policy->decide(s);
    };
    BOOST_TEST((decides(110).what == Do::splice));
    BOOST_TEST(decides(110).rendition == 0);
    BOOST_TEST((decides(400).what == Do::go_on));
}
BOOST_AUTO_TEST_CASE(headers_that_are_here_make_a_splice_cheaper) {
    const auto song = made_up_song(21);
    State s = playing(song, 20, 15, 2, 2);
    BOOST_TEST(headers_of(s, 1) == song.renditions[1].header_bytes);
    BOOST_TEST(bytes_of(s, 1) == song.renditions[1].chunks[2].bytes);
    const std::vector<bool> here{false, true, false};
    const std::vector<std::uint32_t> spared{0, 4000, 0};
    s.headers = &here;
    s.spared = &spared;
    BOOST_TEST(headers_of(s, 1) == 0);
    BOOST_TEST(headers_of(s, 0) == song.renditions[0].header_bytes);
    BOOST_TEST(bytes_of(s, 1) == song.renditions[1].chunks[2].bytes - 4000.0);
}

BOOST_AUTO_TEST_CASE(a_stage_with_enough_in_hand_only_moves_the_buffer) {
    const auto stage = play_stage(5, 0.5, 3, 2, true, 2);
    BOOST_TEST(stage.stalls == 0);
    BOOST_TEST(stage.stalled_s == 0);
    BOOST_TEST(stage.buffer == 3.5);
}
BOOST_AUTO_TEST_CASE(a_stage_with_an_empty_buffer_stalls_until_two_seconds_are_buffered) {
    // 1 s in hand; 4 s of audio come evenly in 8 s: dry after 2 s with 1 s come; 2 s more take 4 s
    const auto stage = play_stage(1, 0, 8, 4, true, 2);
    BOOST_TEST(stage.stalls == 1);
    BOOST_TEST(stage.stalled_s == 4);
    BOOST_TEST(stage.buffer == 1);
}
BOOST_AUTO_TEST_CASE(a_stall_without_data_lasts_for_the_whole_wait) {
    const auto stage = play_stage(1, 3, 2, 2, true, 2);
    BOOST_TEST(stage.stalls == 1);
    BOOST_TEST(stage.stalled_s == 4);
    BOOST_TEST(stage.buffer == 2);
}
BOOST_AUTO_TEST_CASE(more_buffer_more_rate_and_less_spread_are_never_worth_less) {
    const Outlook outlook{{{12000, 20000, 40000}, {0.6, 0.85, 1}, 30, 2}, {}};
    for (int q = 0; q < 3; ++q)
        for (double rate = 12; rate < 19; rate += 0.5)
            for (double buffer = 0; buffer < 34; ++buffer) {
                const double here = outlook.worth(20, buffer, q, rate, 0.45);
                BOOST_TEST(outlook.worth(20, buffer + 1, q, rate, 0.45) >= here - 0.02);
                BOOST_TEST(outlook.worth(20, buffer, q, rate + 0.5, 0.45) >= here - 0.02);
            }
}
BOOST_AUTO_TEST_CASE(on_a_very_fast_network_the_worth_is_that_of_the_best_quality) {
    const Outlook outlook{{{12000, 20000, 40000}, {0.6, 0.85, 1}, 30, 2}, {}};
    BOOST_TEST(outlook.worth(30, 30, 2, 18.9, 0.1) == 60, boost::test_tools::tolerance(0.01));
}

BOOST_AUTO_TEST_CASE(the_estimate_covers_half_of_a_change_in_its_half_life) {
    Expectation e{{.half_life_s = 5}};
    for (int i = 0; i < 100; ++i) e.sample(1, 10000);
    for (int i = 0; i < 5; ++i) e.sample(1, 20000);
    BOOST_TEST(e.rate() == 15000, boost::test_tools::tolerance(0.001));
}
BOOST_AUTO_TEST_CASE(a_steady_link_is_trusted_and_a_varying_one_is_not) {
    const Expectation::Settings settings{.first_spread = 0.6, .first_weight_s = 3};
    Expectation steady{settings}, fickle{settings};
    for (int i = 0; i < 100; ++i) {
        steady.sample(1, 10000);
        fickle.sample(1, i % 2 ? 3000 : 17000);
    }
    BOOST_TEST(steady.spread() < 0.3);
    BOOST_TEST(fickle.spread() > 0.7);
}

BOOST_AUTO_TEST_CASE(the_slow_average_forgets_slowly) {
    Expectation expected{{}};
    for (int i = 0; i < 80; ++i) expected.sample(0.5, 50'000);  // 40 s of 100 kB/s
    for (int i = 0; i < 20; ++i) expected.sample(0.5, 5'000);   // 10 s of 10 kB/s
    BOOST_TEST(expected.rate() < 13'000);
    BOOST_TEST(expected.slow_rate() > 60'000);
    BOOST_TEST(expected.slow_rate() < 90'000);
}
BOOST_AUTO_TEST_CASE(a_link_that_varies_more_has_more_holes) {
    const NetworkModel model;
    double last = 0;
    for (const double spread : {0.1, 0.45, 1.4}) {
        const auto ways = factors_of(spread, model);
        double sum = 0;
        for (const auto& way : ways) sum += way.probability;
        BOOST_TEST(sum == 1, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(ways.back().probability > last);
        last = ways.back().probability;
    }
}

BOOST_AUTO_TEST_SUITE_END()
