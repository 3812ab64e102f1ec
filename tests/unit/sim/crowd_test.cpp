// Crowds: sums that must come out whatever happens, and that peers only help.
#include "sim/crowd.hpp"

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "sim/crowd_agenda.hpp"
#include "sim/crowd_bound.hpp"
#include "sim/crowd_flows.hpp"
#include "sim/crowd_report.hpp"
#include "sim/crowds.hpp"
#include "sim/song.hpp"

using namespace stretto::sim;

namespace {

CrowdSettings small() {
    CrowdSettings s;
    s.listeners = 60;
    s.songs = 5;
    s.arrivals_s = 120;
    s.song_s = 100;
    s.edge_kbps = 20000;
    return s;
}

CrowdSettings players() {
    auto s = small();
    s.play = true;
    s.songs_each = 3;
    s.abr = "throughput";
    return s;
}

double longest(const CrowdRun& run) {
    double most = 0;
    for (const auto& play : run.plays) most = std::max(most, play.ended_s - play.began_s);
    return most;
}

double mean(const CrowdRun& run) {
    double sum = 0;
    for (const auto& play : run.plays) sum += play.ended_s - play.began_s;
    return sum / static_cast<double>(run.plays.size());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_crowd)

BOOST_AUTO_TEST_CASE(a_pipe_carries_exactly_its_capacity) {
    Flows flows;
    const int up = flows.add_pipe(1000e3), wide = flows.add_pipe(1e9), narrow = flows.add_pipe(1e5);
    flows.start({up, wide, 0.01, 0, 0, 1});
    flows.start({up, wide, 0.01, 0, 0, 2});
    flows.start({up, narrow, 0.01, 0, 0, 3});
    std::vector<Flows::Came> came;
    for (int i = 0; i < 50; ++i) flows.step(0.02, came);  // the windows open
    came.clear();
    for (int i = 0; i < 50; ++i) flows.step(0.02, came);
    std::array<double, 4> sum{};
    for (const auto& one : came) sum[one.user] += one.bytes;
    BOOST_TEST(sum[3] == 1e5, boost::test_tools::tolerance(0.01));
    BOOST_TEST(sum[1] == 4.5e5, boost::test_tools::tolerance(0.02));
    BOOST_TEST(sum[1] == sum[2], boost::test_tools::tolerance(0.001));
    BOOST_TEST(sum[1] + sum[2] + sum[3] <= 1000e3 * 1.0001);
}

BOOST_AUTO_TEST_CASE(events_happen_by_time_and_then_in_the_order_in_which_they_were_added) {
    Agenda agenda;
    Chance chance{1};
    std::vector<std::pair<std::int64_t, int>> expected, seen;
    std::int64_t now = 0;
    int number = 0;
    const auto add = [&](std::int64_t when) {
        agenda.at(when, Timer::wake, 7, 1, number);
        expected.emplace_back(when, number++);
    };
    for (int i = 0; i < 300; ++i) add(static_cast<std::int64_t>(chance.real() * 100'000));
    while (!agenda.empty()) {
        BOOST_TEST(agenda.next() >= now);
        now = agenda.next();
        const auto event = agenda.take();
        seen.emplace_back(event.when, event.number);
        if (number > 3000) continue;
        // soon, at once, and beyond the seconds that have slots
        for (const double span : {3.0, 0.0, 30'000.0})
            if (chance.real() < 0.5) add(now + static_cast<std::int64_t>(chance.real() * span));
    }
    std::ranges::sort(expected);
    BOOST_TEST((seen == expected));
}

BOOST_AUTO_TEST_CASE(an_event_may_be_a_function) {
    Agenda agenda;
    std::string said;
    agenda.at(20, [&] { said += 'b'; });
    agenda.at(10, [&] { said += 'a'; });
    while (!agenda.empty()) agenda.call(agenda.take())();
    BOOST_TEST(said == "ab");
}

BOOST_AUTO_TEST_CASE(a_quiet_flow_holds_its_bytes_until_they_matter) {
    std::uint64_t loud_sum = 0, quiet_sum = 0;
    std::size_t reports = 0;
    Flows loud, quiet;
    for (auto* flows : {&loud, &quiet}) flows->start({flows->add_pipe(1e6), flows->add_pipe(1e6)});
    quiet.quiet(0, 50'000);
    std::vector<Flows::Came> came;
    for (int i = 0; i < 20; ++i) {
        came.clear();
        loud.step(0.02, came);
        for (const auto& one : came) loud_sum += one.bytes;
        came.clear();
        quiet.step(0.02, came);
        for (const auto& one : came) {
            ++reports;
            const auto held = quiet.take_held(0, 1);
            BOOST_TEST(held.step == quiet.steps() - 1);
            BOOST_TEST(held.bytes < 50'000u);
            BOOST_TEST(held.bytes + one.bytes >= 50'000u);
            quiet_sum += held.bytes + one.bytes;
            quiet.quiet(0, 50'000);
        }
    }
    // what the last step brought counts once its place among the results was reached
    quiet_sum += quiet.take_held(0, 0).bytes;
    BOOST_TEST(quiet_sum < loud_sum);
    quiet_sum += quiet.take_held(0, 1).bytes;
    BOOST_TEST(quiet_sum == loud_sum);
    BOOST_TEST(reports > 2u);
    quiet.report_all(0, true);
    came.clear();
    quiet.step(0.02, came);
    BOOST_TEST(came.size() == 1u);
}

BOOST_AUTO_TEST_CASE(crowds_divide_listeners_songs_and_edges) {
    auto s = players();
    s.attackers = {Evil::busy, Evil::late, Evil::half};
    s.seeders = 5;
    std::size_t listeners = 0, attackers = 0, seeders = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        const auto part = part_of(s, 7, i);
        BOOST_TEST((part.listeners == 8u || part.listeners == 9u));
        BOOST_TEST(part.songs == 1u);  // of 5
        BOOST_TEST(part.edge_kbps == s.edge_kbps / 7);
        BOOST_TEST((part.seed == s.seed) == (i == 0));
        listeners += part.listeners;
        attackers += part.attackers.size();
        seeders += part.seeders;
    }
    BOOST_TEST(listeners == s.listeners);
    BOOST_TEST(attackers == 3u);
    BOOST_TEST(seeders == 5u);
    BOOST_TEST(part_of(s, 2, 1).songs == 2u);
}

BOOST_AUTO_TEST_CASE(crowds_have_the_sums_of_all) {
    const auto s = players();
    const auto all = run_crowds(s, 3, 2);
    std::size_t plays = 0;
    std::array<std::uint64_t, 3> bytes{};
    double heard_s = 0, least = 1e9, most = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto part = part_of(s, 3, i);
        const auto f = figures_of(run_crowd(part), part);
        plays += f.plays;
        heard_s += f.heard_s;
        for (std::size_t k = 0; k < 3; ++k) bytes[k] += f.bytes[k];
        least = std::min(least, f.start_p50_s);
        most = std::max(most, f.start_p50_s);
    }
    BOOST_TEST(all.crowds == 3u);
    BOOST_TEST(all.listeners == s.listeners);
    BOOST_TEST(all.plays == plays);
    BOOST_TEST((all.bytes == bytes));
    BOOST_TEST(all.heard_s == heard_s, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(all.start_p50_s >= least);
    BOOST_TEST(all.start_p50_s <= most);
    // the same whatever their order
    const auto one = run_crowds(s, 3, 1);
    BOOST_TEST(one.heard_s == all.heard_s);
    BOOST_TEST(one.jain == all.jain);
    BOOST_TEST(one.bound == all.bound);
    BOOST_TEST(one.limit == all.limit);
}

BOOST_AUTO_TEST_CASE(one_crowd_is_the_crowd) {
    const auto s = players();
    const auto one = run_crowds(s, 1, 4), same = figures_of(run_crowd(s), s);
    BOOST_TEST((one.bytes == same.bytes));
    BOOST_TEST(one.offload == same.offload);
    BOOST_TEST(one.limit == same.limit);
    BOOST_TEST(one.bound == same.bound);
    BOOST_TEST(one.start_p90_s == same.start_p90_s);
}

BOOST_AUTO_TEST_CASE(longer_slots_never_lower_the_bound) {
    auto s = players();
    s.up_kbps = 300;
    const auto run = run_crowd(s);
    const auto fine = most_from_peers(run), coarse = most_from_peers(run, 100);
    BOOST_TEST(fine > 0u);
    BOOST_TEST(coarse > fine);
    BOOST_TEST(static_cast<double>(coarse) < 1.5 * static_cast<double>(fine));
}

// 1.22 x 1448 bytes / (0.1 s x sqrt(0.01)) = 176,656 bytes/s
BOOST_AUTO_TEST_CASE(losses_limit_a_flow) {
    for (const double loss : {0.0, 0.01}) {
        Flows flows;
        Flows::Start how{flows.add_pipe(1e6), flows.add_pipe(1e6), 0.1};
        how.loss = loss;
        how.window_rate = 5e6;  // even of a connection that was faster before
        flows.start(how);
        std::vector<Flows::Came> came;
        for (int i = 0; i < 50; ++i) flows.step(0.02, came);
        double sum = 0;
        for (const auto& one : came) sum += one.bytes;
        BOOST_TEST(sum == (loss > 0 ? 176'656 : 1e6), boost::test_tools::tolerance(0.001));
    }
}

BOOST_AUTO_TEST_CASE(losses_make_fetching_slower) {
    auto s = small();
    const double without = mean(run_crowd(s));
    s.loss = 0.02;
    BOOST_TEST(mean(run_crowd(s)) > 1.1 * without);
}

BOOST_AUTO_TEST_CASE(messages_have_bytes_and_change_little) {
    auto s = players();
    const auto without = run_crowd(s);
    s.messages = true;
    const auto with = run_crowd(s);
    BOOST_TEST(without.message_bytes == 0u);
    BOOST_TEST(with.message_bytes > 0u);
    BOOST_TEST(with.plays.size() == without.plays.size());
    BOOST_TEST(figures_of(with, s).messages > 0);
    BOOST_TEST(figures_of(with, s).messages < 20);
    for (const auto& play : with.plays) BOOST_TEST(play.stalls == 0);
}

BOOST_AUTO_TEST_CASE(an_empty_edge_asks_the_origin_once_for_each_object) {
    auto s = players();
    s.edges = 4;
    s.peers = false;
    s.replays = 0;
    const auto full = run_crowd(s);
    s.edge_misses = true;
    const auto run = run_crowd(s);
    BOOST_TEST(full.edge_misses == 0u);
    BOOST_TEST(run.edge_misses > 100u);
    // at most manifest, indexes and chunks of three renditions of each song, at each edge
    BOOST_TEST(run.edge_misses < 4u * 5u * (1 + 3 + 3 * 40));
    const auto f = figures_of(run, s), g = figures_of(full, s);
    BOOST_TEST(f.start_p90_s > g.start_p90_s);
    BOOST_TEST(f.stalled_s == 0);
}

BOOST_AUTO_TEST_CASE(nats_decide_which_pairs_connect) {
    const NatShares shares;
    using enum Nat;
    for (const auto other : {open, punched, strict}) {
        BOOST_TEST(connects(open, other, 0.99, shares));
        BOOST_TEST(connects(other, open, 0.99, shares));
    }
    BOOST_TEST(connects(punched, punched, 0.79, shares));
    BOOST_TEST(!connects(punched, punched, 0.81, shares));
    BOOST_TEST(!connects(punched, strict, 0, shares));
    BOOST_TEST(!connects(strict, punched, 0, shares));
    BOOST_TEST(!connects(strict, strict, 0, shares));
    BOOST_TEST((nat_of(0.17, shares) == open));
    BOOST_TEST((nat_of(0.81, shares) == punched));
    BOOST_TEST((nat_of(0.83, shares) == strict));
}

BOOST_AUTO_TEST_CASE(behind_nats_peers_help_as_far_as_they_connect) {
    auto s = players();
    const auto without = run_crowd(s);
    const auto of_peers = [](const CrowdRun& run) {
        std::uint64_t sum = 0;
        for (const auto& play : run.plays) sum += play.from[1];
        return sum;
    };
    s.nat.emplace();
    const auto usual = run_crowd(s);
    s.nat = NatShares{1, 0, 0};
    const auto open = run_crowd(s);
    s.nat = NatShares{0, 0, 0};
    const auto strict = run_crowd(s);
    // who connects decides who has what later, so that one crowd behind NATs may be lucky
    std::uint64_t of_usual = 0, of_open = 0;
    for (s.seed = 1; s.seed <= 6; ++s.seed) {
        s.nat.emplace();
        of_usual += of_peers(run_crowd(s));
        s.nat = NatShares{1, 0, 0};
        of_open += of_peers(run_crowd(s));
    }
    BOOST_TEST(without.links_tried == 0u);
    BOOST_TEST(open.links_tried > 0u);
    BOOST_TEST(of_peers(strict) == 0u);
    BOOST_TEST(strict.links_open == 0u);
    BOOST_TEST(of_peers(usual) > 0u);
    BOOST_TEST(of_usual < of_open);
    BOOST_TEST(usual.links_open < usual.links_tried);
    for (const auto* run : {&usual, &open, &strict})
        for (const auto& play : run->plays) BOOST_TEST(play.stalls == 0);
    const auto f = figures_of(usual, s);
    BOOST_TEST(f.link_cpu_s > 0.009 * static_cast<double>(usual.links_open));
}

BOOST_AUTO_TEST_CASE(listeners_come_again_with_what_they_kept) {
    auto s = players();
    s.songs_each = 1;
    s.replays = 0;
    const auto of_cache = [](const CrowdRun& run) {
        std::uint64_t sum = 0;
        for (const auto& play : run.plays) sum += play.from[0];
        return sum;
    };
    const auto once = run_crowd(s);
    s.visits = 4;
    s.away_s = 60;
    const auto often = run_crowd(s);
    s.cache_mb = 0.001;
    const auto forgetful = run_crowd(s);
    BOOST_TEST(often.plays.size() > 2 * once.plays.size());
    BOOST_TEST(of_cache(once) == 0u);
    BOOST_TEST(of_cache(often) > 0u);
    BOOST_TEST(of_cache(forgetful) < of_cache(often));  // the same song again is still there
    for (const auto& play : often.plays) BOOST_TEST(play.stalls == 0);
}

BOOST_AUTO_TEST_CASE(every_byte_has_a_source) {
    const auto run = run_crowd(small());
    BOOST_TEST(run.plays.size() == 60u);
    std::uint64_t given = 0, from_peers = 0, from_edges = 0, wasted = 0;
    for (const auto& play : run.plays) {
        BOOST_TEST(play.from[0] + play.from[1] + play.from[2] == play.bytes);
        from_peers += play.from[1];
        from_edges += play.from[2];
        wasted += play.wasted;
    }
    for (const auto& member : run.members) given += member.given;
    BOOST_TEST(from_peers > from_edges);
    BOOST_TEST(given + run.edge_bytes == from_peers + from_edges + wasted);
}

BOOST_AUTO_TEST_CASE(no_listener_uploads_more_than_its_link_carries) {
    const auto run = run_crowd(small());
    for (const auto& member : run.members)
        BOOST_TEST(static_cast<double>(member.given) <=
                   member.up * (member.left_s - member.came_s) + 1);
}

BOOST_AUTO_TEST_CASE(no_crowd_is_above_its_bound) {
    for (const double over : {3.0, 120.0})
        for (const std::uint64_t seed : {1, 2, 3})
            for (const double up : {500.0, 5000.0}) {
                auto s = small();
                s.arrivals_s = over;
                s.seed = seed;
                s.up_kbps = up;
                const auto f = figures_of(run_crowd(s), s);
                BOOST_TEST(f.offload <= f.bound + 0.01);
                BOOST_TEST(f.offload > 0);
            }
}

BOOST_AUTO_TEST_CASE(unreachable_listeners_and_those_without_upload_send_no_bytes) {
    for (const bool reached : {false, true}) {
        auto s = small();
        (reached ? s.no_upload : s.unreachable) = 0.5;
        const auto run = run_crowd(s);
        std::size_t barred = 0;
        std::uint64_t given = 0, of_peers = 0;
        for (const auto& member : run.members) {
            barred += member.up == 0;
            if (member.up == 0) BOOST_TEST(member.given == 0u);
            given += member.given;
        }
        for (const auto& play : run.plays) of_peers += play.from[1];
        BOOST_TEST(barred > run.members.size() / 4);
        BOOST_TEST(barred < run.members.size() * 3 / 4);
        BOOST_TEST(given > 0u);
        BOOST_TEST(of_peers > 0u);
        BOOST_TEST(of_peers <= most_from_peers(run));
        (reached ? s.no_upload : s.unreachable) = 1;
        for (const auto& play : run_crowd(s).plays) BOOST_TEST(play.from[1] == 0u);
    }
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_crowd) {
    for (auto s : {small(), players()}) {
        const auto a = run_crowd(s), b = run_crowd(s);
        BOOST_TEST(a.edge_bytes == b.edge_bytes);
        BOOST_TEST(a.ended_s == b.ended_s);
        s.seed = 2;
        BOOST_TEST(a.edge_bytes != run_crowd(s).edge_bytes);
    }
}

BOOST_AUTO_TEST_CASE(a_single_listener_gets_all_bytes_from_the_edge) {
    auto s = small();
    s.listeners = 1;
    const auto run = run_crowd(s);
    BOOST_TEST(run.plays.at(0).from[2] == run.plays[0].bytes);
    BOOST_TEST(most_from_peers(run) == 0u);
}

BOOST_AUTO_TEST_CASE(evil_peers_hardly_delay_songs) {
    // ten crowds each, because a listener or two among 20 say little
    for (const double evil : {0.3, 0.7, 0.9}) {
        CrowdRun with, alone;
        const auto add = [](CrowdRun& to, const CrowdRun& run) {
            to.plays.insert(to.plays.end(), run.plays.begin(), run.plays.end());
        };
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            auto s = small();
            s.songs = 1;
            s.seed = seed;
            s.listeners = 20;
            s.edge_kbps = 5e4;  // there is enough for all
            s.evil = evil;
            add(with, run_crowd(s));
            s.peers = false;
            add(alone, run_crowd(s));
        }
        BOOST_TEST(mean(with) <= 1.1 * mean(alone) + 1);
    }
}

/// One listener, and 24 peers that mean harm: as many as it takes.
CrowdSettings attacked(Evil how, std::uint64_t seed) {
    CrowdSettings s;
    s.listeners = s.songs = 1;
    s.seed = seed;
    s.attackers.assign(24, how);
    return s;
}

BOOST_AUTO_TEST_CASE(two_dozen_peers_that_mean_harm_hardly_delay_a_fetch) {
    for (const std::uint64_t seed : {1, 3})
        for (int how = 1; how <= static_cast<int>(Evil::forged); ++how) {
            auto s = attacked(static_cast<Evil>(how), seed);
            s.edge_kbps = 10e3;
            const auto with = run_crowd(s);
            s.peers = false;
            const double alone = mean(run_crowd(s));
            BOOST_TEST(mean(with) <= 1.1 * alone + 1,
                       "attack " << how << ": " << mean(with) << " s, alone " << alone);
        }
}

// Of three sources the edge is by far the fastest.
BOOST_AUTO_TEST_CASE(a_tracker_can_ask_a_fetch_to_spare_the_edge) {
    CrowdSettings s;
    s.listeners = s.songs = 1;
    s.seeders = 2;
    s.down_kbps = 100e3;
    s.up_kbps = 5e3;
    const auto share = [&] {
        const auto play = run_crowd(s).plays.at(0);
        return static_cast<double>(play.from[1]) / static_cast<double>(play.bytes);
    };
    const double fast = share();
    s.peers_first = true;
    const double sparing = share();
    BOOST_TEST(fast < 0.6);
    BOOST_TEST(sparing > 0.85);
}

// From a thousand networks, with the song and much upload to offer, beside 20 who have it. A fetch
// that learns of 16 at a time finds those who help all the same.
BOOST_AUTO_TEST_CASE(a_thousand_sybils_hardly_delay_a_fetch_beside_twenty_seeders) {
    for (int how = 1; how <= static_cast<int>(Evil::forged); ++how) {
        auto s = attacked(static_cast<Evil>(how), 1);
        s.attackers.assign(1000, static_cast<Evil>(how));
        s.seeders = 20;
        s.edge_kbps = 2e3;
        const auto with = run_crowd(s);
        s.peers = false;
        const double alone = mean(run_crowd(s));
        BOOST_TEST(mean(with) <= 1.1 * alone + 1,
                   "attack " << how << ": " << mean(with) << " s, alone " << alone);
        BOOST_TEST(with.plays.at(0).from[1] > with.plays[0].bytes / 10, "attack " << how);
    }
}

BOOST_AUTO_TEST_CASE(two_dozen_malicious_peers_hardly_lower_the_bitrate) {
    for (const std::uint64_t seed : {1, 3})
        for (const double edge_kbps : {300, 400})
            for (int how = 1; how <= static_cast<int>(Evil::forged); ++how) {
                auto s = attacked(static_cast<Evil>(how), seed);
                s.play = true;
                s.songs_each = 1;
                s.skips = false;
                s.edge_kbps = edge_kbps;
                const auto with = figures_of(run_crowd(s), s);
                s.peers = false;
                const auto alone = figures_of(run_crowd(s), s);
                BOOST_TEST(with.kbps >= 0.95 * alone.kbps, "attack " << how << ", seed " << seed);
                BOOST_TEST(with.stalled_s <= alone.stalled_s);
            }
}

BOOST_AUTO_TEST_CASE(a_rush_is_a_minute_in_the_middle) {
    auto s = players();
    s.listeners = 400;
    s.arrivals_s = 600;
    s.songs_each = 1;
    const auto in_the_minute = [&] {
        std::size_t n = 0;
        for (const auto& member : run_crowd(s).members)
            n += member.came_s >= 11 + 270 && member.came_s <= 11 + 330.1;
        return n;
    };
    const auto calm = in_the_minute();
    s.rush = 0.5;
    const auto rush = in_the_minute();
    BOOST_TEST(calm > 20u);
    BOOST_TEST(calm < 60u);
    BOOST_TEST(rush > 180u);
    BOOST_TEST(rush < 260u);
}

BOOST_AUTO_TEST_CASE(nobody_stalls_when_edges_fail) {
    for (const bool peers : {false, true}) {
        auto s = players();
        s.listeners = 100;
        s.peers = peers;
        s.skips = false;
        s.edges = 3;
        s.edge_kbps = 1e6;
        s.down_kbps = 2000;  // at least 1 Mbit/s
        s.abr = "stretto";
        const auto whole = run_crowd(s);
        s.failing_edges = 1;
        const auto failed = run_crowd(s);
        const auto sums = [](const CrowdRun& run) {
            double heard = 0;
            for (const auto& play : run.plays) heard += play.heard_s;
            return heard / static_cast<double>(run.plays.size());
        };
        BOOST_TEST(failed.plays.size() > 200u);
        BOOST_TEST(sums(failed) == sums(whole), boost::test_tools::tolerance(0.1));
        std::size_t stalled = 0;
        for (const auto& play : failed.plays) stalled += play.stalls > 0;
        BOOST_TEST(stalled == 0u);
        s.failing_edges = 2;  // at once: that is more than play promises
        BOOST_TEST(figures_of(run_crowd(s), s).unheard == 0);
    }
}

BOOST_AUTO_TEST_CASE(with_slow_edges_peers_make_fetching_faster) {
    auto s = small();
    s.arrivals_s = 10;
    s.songs = 1;
    s.edge_kbps = 1000;
    const auto with = run_crowd(s);
    s.peers = false;
    BOOST_TEST(longest(with) < longest(run_crowd(s)) / 2);
}

BOOST_AUTO_TEST_CASE(players_hear_songs_without_a_stall_and_keep_them) {
    const auto s = players();
    const auto run = run_crowd(s);
    std::array<std::uint64_t, 3> from{};
    for (const auto& play : run.plays) {
        BOOST_TEST(play.stalls == 0);
        BOOST_TEST(play.heard_s > 0);
        BOOST_TEST(play.sound_s >= 0);
        for (std::size_t i = 0; i < 3; ++i) from[i] += play.from[i];
    }
    for (const auto bytes : from) BOOST_TEST(bytes > 0u);
    const auto f = figures_of(run, s);
    BOOST_TEST(f.offload <= f.bound + 0.01);
}

BOOST_AUTO_TEST_SUITE_END()
