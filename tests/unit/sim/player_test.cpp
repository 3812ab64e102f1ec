// The player on a virtual clock: sums that must come out whatever happens, and cases worked out by
// hand.
#include "sim/player.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "sim/optimum.hpp"
#include "sim/song.hpp"

using namespace stretto;
using namespace stretto::sim;

namespace {

constexpr const char* policies[] = {"stretto", "bola", "mpc", "throughput", "seed", "96", "320"};

/// A link that wanders between 30 and 1500 kbit/s, with holes.
std::vector<double> wandering(std::uint64_t seed) {
    Chance chance{seed};
    std::vector<double> kbps;
    double rate = 250;
    for (int i = 0; i < 330; ++i) {
        rate = std::clamp(rate * std::exp(0.3 * chance.normal()), 30.0, 1500.0);
        kbps.push_back(chance.real() < 0.03 ? 0 : rate);
    }
    return kbps;
}

/// Takes what a list says, again and again, whether it makes sense or not.
class Restless final : public abr::Policy {
   public:
    explicit Restless(std::uint64_t seed) : chance_(seed) {}
    void sample(const abr::Sample& s) override {
        bytes += s.bytes;
        backwards = backwards || s.from < last_ || s.to <= s.from;
        last_ = s.to;
    }
    void latency(double) override {}
    abr::Decision decide(const abr::State& s) override {
        using Do = abr::Decision::Do;
        const int q = static_cast<int>(chance_.next() % std::size(song::default_ladder));
        if (!s.under_way) return {Do::take, q};
        wrong = wrong || s.under_way->got > s.under_way->stop - s.under_way->begin ||
                s.under_way->audio_s < -1e-9 || s.buffer < -1e-9;
        switch (chance_.next() % 8) {
            case 0:
                return {Do::splice, q};
            case 1:
                return {Do::abandon, q};
            default:
                return {Do::go_on, s.under_way->rendition};
        }
    }
    double bytes = 0;
    bool wrong = false, backwards = false;

   private:
    Chance chance_;
    double last_ = 0;
};

/// Of all indexes.
double index_bytes(const abr::Shape& song) {
    double pieces = 0;
    for (const auto& r : song.renditions)
        for (const auto& chunk : r.chunks) pieces += static_cast<double>(chunk.pieces.size());
    return 24 * pieces;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_player)

BOOST_AUTO_TEST_CASE(a_fixed_bitrate_fetches_each_byte_once_but_for_headers_that_are_here) {
    const auto song = made_song(210, 3);
    const Link link{wandering(3), 0, 1, 0.1};
    for (int r : {0, 1, 2, 3}) {
        PlayerSettings settings;
        const auto kbps = song.renditions[static_cast<std::size_t>(r)].kbps;
        settings.first_kbps = kbps;
        const auto o = play(song, link, *abr::make_policy(std::to_string(kbps)), settings);
        double bytes = settings.manifest_of(song) + index_bytes(song) +
                       settings.head_bytes * (song.chunks() + 5);
        for (const auto& c : song.renditions[static_cast<std::size_t>(r)].chunks) bytes += c.bytes;
        // while the link is slow, later chunks come without their 4,500 bytes of headers
        const double spared = std::round((bytes - o.bytes) / 4500);
        BOOST_TEST(o.bytes == bytes - 4500 * spared, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(spared > 0);
        BOOST_TEST(spared < song.chunks());
        BOOST_TEST(o.wasted == 0);
        BOOST_TEST(o.switches == 0);
        BOOST_TEST(o.kbps == kbps, boost::test_tools::tolerance(1e-9));
        BOOST_TEST(o.requests == song.chunks());
    }
}
BOOST_AUTO_TEST_CASE(every_song_is_played_to_its_end_within_the_capacity_of_the_link) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const auto song = made_song(210, seed);
        const Link link{wandering(seed), 0, 1, 0.1};
        for (const char* name : policies) {
            const auto o = play(song, link, *abr::make_policy(name), {});
            BOOST_TEST(o.heard_s == 210, boost::test_tools::tolerance(1e-9));
            BOOST_TEST(o.bytes <= link.carried(o.ended_s));
            // time is start, music and stalls, nothing else
            BOOST_TEST(o.ended_s == o.sound_s + 210 + o.score.stalled_s,
                       boost::test_tools::tolerance(1e-9));
        }
    }
}
BOOST_AUTO_TEST_CASE(bytes_and_times_add_up_for_random_policies) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const auto song = made_song(210, seed);
        const Link link{wandering(seed), 0, 1.5, 0.05};
        Restless policy{seed};
        double fetched = 0, audio = 0;
        Watch watch;
        watch.fetched = [&](const Fetched& f) { fetched += f.bytes, audio += f.audio_s; };
        const PlayerSettings settings;
        const auto o = play(song, link, policy, settings, &watch);
        BOOST_TEST(!policy.wrong);
        BOOST_TEST(!policy.backwards);
        // four headers; two more, because a policy may leave a rendition before they have arrived
        const double beside = settings.manifest_of(song) + index_bytes(song) + 6 * 4500 +
                              settings.head_bytes * (o.requests + 11);
        BOOST_TEST(fetched <= o.bytes);
        BOOST_TEST(fetched >= o.bytes - beside);
        BOOST_TEST(audio >= 210 - 1e-6);  // what was in hand may be dropped later
        // the first bytes of an answer, and those that wait for headers, tell of no speed
        BOOST_TEST(policy.bytes <= fetched);
        BOOST_TEST(policy.bytes >= 0.9 * fetched);
        BOOST_TEST(o.wasted >= 0);
        BOOST_TEST(o.wasted < o.bytes);
        BOOST_TEST(o.ended_s == o.sound_s + 210 + o.score.stalled_s,
                   boost::test_tools::tolerance(1e-9));
    }
}
BOOST_AUTO_TEST_CASE(no_policy_beats_the_optimum) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const auto song = made_song(120, seed);
        const Link link{wandering(seed), 0, 1, 0.1};
        const double whole = optimum(song, link, {}, false), best = optimum(song, link, {}, true);
        BOOST_TEST(best >= whole);
        for (const char* name : policies)
            BOOST_TEST(play(song, link, *abr::make_policy(name), {}).q <= best + 0.05, name);
    }
}
BOOST_AUTO_TEST_CASE(on_an_endless_link_the_optimum_is_a_hundred_less_the_start) {
    const Link link{{1e6}, 0, 1, 0.05};
    BOOST_TEST(optimum(made_song(210, 1), link, {}, true) == 100,
               boost::test_tools::tolerance(1e-6));
    const Link far{{1e6}, 0, 1, 0.6};  // connection and answer: 1.2 s
    BOOST_TEST(optimum(made_song(210, 1), far, {}, true) == 100 - 2.0 / 2.1,
               boost::test_tools::tolerance(1e-4));
}
BOOST_AUTO_TEST_CASE(the_lowest_bitrate_never_stalls_on_a_link_with_twice_its_rate) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        const Link link{{640}, 0, 1, 0.2};
        BOOST_TEST(play(made_song(210, seed), link, *abr::make_policy("96"), {}).score.stalls == 0);
        BOOST_TEST(
            play(made_song(210, seed), link, *abr::make_policy("stretto"), {}).score.stalls == 0);
    }
}
BOOST_AUTO_TEST_CASE(the_buffer_is_held_at_the_lead_and_then_at_the_buffer) {
    const Link link{{5000}, 0, 1, 0.05};
    PlayerSettings settings;
    settings.lead_s = 10;
    double early = 0, late = 0;
    Watch watch;
    watch.second = [&](double, const Playout& p) {
        auto& most = p.playhead() < 29 ? early : late;
        most = std::max(most, p.buffer());
    };
    play(made_song(210, 1), link, *abr::make_policy("96"), settings, &watch);
    BOOST_TEST(early <= 20);  // a chunk is asked for as long as not more than 10 s are there
    BOOST_TEST(early > 15);
    BOOST_TEST(late <= 40);
    BOOST_TEST(late > 35);
}
BOOST_AUTO_TEST_CASE(a_dead_link_ends_too) {
    const Link link{{0}, 0, 1, 0.05};
    for (const char* name : policies) {
        const auto o = play(made_song(210, 1), link, *abr::make_policy(name), {});
        BOOST_TEST(o.heard_s == 0);
        BOOST_TEST(o.score.start_s == 1800);
    }
}
BOOST_AUTO_TEST_CASE(a_generated_song_depends_only_on_its_seed_and_is_near_its_rates) {
    double share = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const auto song = made_song(217, seed), again = made_song(217, seed);
        BOOST_TEST(song.chunks() == 22);
        BOOST_TEST(song.chunk_s.back() == 7);
        for (std::size_t r = 0; r < song.renditions.size(); ++r)
            for (std::size_t k = 0; k < 22; ++k) {
                const auto& chunk = song.renditions[r].chunks[k];
                BOOST_TEST(chunk.bytes == again.renditions[r].chunks[k].bytes);
                BOOST_TEST(chunk.pieces.back().offset < chunk.bytes);
                share += chunk.bytes / (song.renditions[r].kbps * 125.0 * 217 * 400);
            }
    }
    BOOST_TEST(share == 1.03, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_SUITE_END()
