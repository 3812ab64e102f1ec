// What a player asks for: byte ranges and parts, from decisions that a script makes.
#include "play/session.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>

using namespace stretto;
using play::Session;

namespace {

constexpr int rate = 1000;

/// Three chunks of 10 s in two renditions of 100 and 300 bytes a second; pieces of 2 s.
abr::Shape shape_of_song(bool indexed = true) {
    abr::Shape shape;
    shape.chunk_s = {10, 10, 5};
    for (const int kbps : {96, 320}) {
        const std::uint32_t a_second = kbps == 96 ? 100 : 300;
        auto& r = shape.renditions.emplace_back();
        r.kbps = kbps;
        r.header_bytes = 20;
        for (const double s : shape.chunk_s) {
            auto& chunk = r.chunks.emplace_back();
            chunk.bytes = static_cast<std::uint32_t>(s * a_second);
            if (indexed)
                for (double at = 0; at < s; at += 2)
                    chunk.pieces.push_back({static_cast<std::uint32_t>(at * a_second), at});
        }
    }
    return shape;
}

struct Scripted : abr::Policy {
    std::deque<abr::Decision> decisions;
    std::vector<abr::Sample> samples;
    std::vector<double> latencies;
    void sample(const abr::Sample& s) override { samples.push_back(s); }
    void latency(double s) override { latencies.push_back(s); }
    abr::Decision decide(const abr::State&) override {
        if (decisions.empty()) return {};
        const auto next = decisions.front();
        decisions.pop_front();
        return next;
    }
};

std::uint32_t seed_of_next = 0;

struct Playing {
    abr::Shape shape = shape_of_song();
    Scripted policy;
    Session::Options options = [] {
        Session::Options o;
        o.highest = 1;
        o.seed = seed_of_next;
        return o;
    }();
    Session session{shape, rate, policy, options};
    Session::Heard heard;

    Session::Orders decide(abr::Decision::Do what, int rendition, double now = 0) {
        policy.decisions = {{what, rendition}};
        return session.act(now, heard);
    }
    void came(std::uint32_t bytes, double now) {
        const auto& want = *session.under_way();
        total += bytes;
        session.came(want.number, bytes, session.audio_of(want, total), now, true);
    }
    std::uint32_t total = 0;
};

using Do = abr::Decision::Do;

}  // namespace

BOOST_AUTO_TEST_SUITE(stream_session)

BOOST_FIXTURE_TEST_CASE(a_chunk_is_asked_for_whole_and_the_next_follows_when_it_ended, Playing) {
    const auto first = decide(Do::take, 0);
    BOOST_REQUIRE(first.want && first.part);
    BOOST_TEST(first.want->begin == 0u);
    BOOST_TEST(first.want->stop == 1000u);
    BOOST_TEST(first.part->from == 0);
    BOOST_TEST(!decide(Do::take, 1).want.has_value());  // one at a time
    session.ended(first.want->number);
    BOOST_TEST(session.have() == 10 * rate);
    const auto second = decide(Do::take, 1);
    BOOST_TEST(second.want->chunk == 1);
    BOOST_TEST(second.want->stop == 3000u);
    session.ended(second.want->number);
    session.ended(decide(Do::take, 1).want->number);
    BOOST_TEST(session.complete());
    BOOST_TEST(!decide(Do::take, 1).want.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_splice_requests_the_piece_with_the_next_audio, Playing) {
    decide(Do::take, 0);
    came(500, 1);  // 5 s
    const auto orders = decide(Do::splice, 1, 1);
    BOOST_REQUIRE(orders.cancel && orders.want && orders.part);
    BOOST_TEST(orders.want->rendition == 1);
    BOOST_TEST(orders.want->begin == 4 * 300u);
    BOOST_TEST(orders.part->decodes == 4 * rate);
    BOOST_TEST(orders.part->from == session.have());
    BOOST_TEST(session.have() > 48 * rate / 10);
}

BOOST_FIXTURE_TEST_CASE(up_and_down_again_without_a_sample_in_between_ends, Playing) {
    decide(Do::take, 0);
    came(500, 1);
    BOOST_TEST(decide(Do::splice, 1, 1).want.has_value());
    BOOST_TEST(decide(Do::splice, 0, 1.5).want.has_value());  // down is an emergency
    BOOST_TEST(!decide(Do::splice, 1, 2).want.has_value());
    BOOST_TEST(session.under_way()->rendition == 0);
    total = 400;
    came(300, 3);
    BOOST_TEST(decide(Do::splice, 1, 3).want.has_value());
}

BOOST_FIXTURE_TEST_CASE(headers_that_are_here_are_spared_on_a_slow_link, Playing) {
    decide(Do::take, 0);
    came(500, 1);
    came(500, 2);  // of which 20 take 0.04 s
    session.headers(0, true, true);
    BOOST_TEST(session.spared(0) == 0u);
    session.ended(session.under_way()->number);
    total = 0;
    decide(Do::take, 0, 2);
    came(100, 3);
    came(100, 9);
    BOOST_TEST(session.spared(0) == 20u);
    BOOST_TEST(session.spared(1) == 0u);
    session.headers(0, true, false);
    BOOST_TEST(session.spared(0) == 0u);
    session.ended(session.under_way()->number);
    const auto want = *decide(Do::take, 0, 9).want;
    session.spare(20);
    // the last chunk has 500 bytes: 5 s of 480
    BOOST_TEST(session.audio_of(*session.under_way(), 480) == 25 * rate);
    session.came(want.number, 180, 21 * rate, 10, true);
    BOOST_TEST(session.have() == 21 * rate);
    BOOST_TEST(session.under_way()->begin == 20u);
}

BOOST_AUTO_TEST_CASE(sound_waits_for_more_audio_on_a_link_slower_than_the_bitrate) {
    // 10 kB are a second of the lower rendition
    for (const auto& [bytes_per_s, in_hand] : {std::pair{6'000u, 8.0},  // 4 s of 10 are missing
                                               {10'000u, 4.0},
                                               {12'500u, 2.225},
                                               {15'000u, 0.45},
                                               {90'000u, 0.45}}) {
        Playing p;
        for (auto& r : p.shape.renditions)
            for (auto& chunk : r.chunks) {
                chunk.bytes *= 100;
                abr::Shape::Pieces scaled;
                for (auto piece : chunk.pieces) {
                    piece.offset *= 100;
                    scaled.push_back(piece);
                }
                chunk.pieces = scaled;
            }
        BOOST_TEST(p.session.start_s() == 0.45);
        p.decide(Do::take, 0);
        p.came(100, 1);
        BOOST_TEST(p.session.start_s() == 0.45);  // nothing is known yet
        p.came(bytes_per_s, 2);
        BOOST_TEST(p.session.start_s() == in_hand, boost::test_tools::tolerance(1e-9));
        p.session.ended(p.session.under_way()->number);
        BOOST_TEST(p.session.start_s() == 0.45);  // 10 s are in hand
    }
}

BOOST_AUTO_TEST_CASE(without_an_index_the_whole_chunk_is_requested_and_its_beginning_skipped) {
    Playing p;
    p.shape = shape_of_song(false);
    p.decide(Do::take, 0);
    p.came(500, 1);
    const auto have = p.session.have();
    const auto orders = p.decide(Do::splice, 1, 1);
    BOOST_TEST(orders.want->begin == 0u);
    BOOST_TEST(orders.part->decodes == 0);
    BOOST_TEST(orders.part->from == have);
}

BOOST_FIXTURE_TEST_CASE(abandoned_audio_is_dropped_only_before_it_is_delivered, Playing) {
    decide(Do::take, 1);
    came(1500, 1);
    const auto dropped = decide(Do::abandon, 0, 1);
    BOOST_TEST(dropped.want->begin == 0u);
    BOOST_TEST(dropped.part->from == 0);
    total = 0;
    came(500, 2);
    heard.settled = rate;
    heard.playing = heard.started = true;
    const auto kept = decide(Do::abandon, 1, 2);
    BOOST_TEST(kept.part->from == session.have());
    BOOST_TEST(kept.want->begin == 4 * 300u);
}

BOOST_FIXTURE_TEST_CASE(a_failure_loses_nothing_that_came, Playing) {
    decide(Do::take, 0);
    came(500, 1);
    session.failed(session.under_way()->number);
    const auto again = decide(Do::take, 0, 2);
    BOOST_TEST(again.why == "retry");
    BOOST_TEST(again.want->chunk == 0);
    BOOST_TEST(again.want->begin == 400u);
    BOOST_TEST(again.part->from == session.have());
}

// The other edge needs a new connection, and nobody knows how fast it is.
BOOST_FIXTURE_TEST_CASE(after_a_failure_with_little_in_hand_the_bitrate_does_not_rise, Playing) {
    decide(Do::take, 0);
    came(60, 1);
    BOOST_TEST(session.have() > 0);
    session.failed(session.under_way()->number);
    const auto again = decide(Do::take, 1, 1);
    BOOST_TEST(again.why == "retry");
    BOOST_TEST(again.want->rendition == 0);
    // it has come, so the next may be better
    came(500, 2);
    session.failed(session.under_way()->number);
    BOOST_TEST(decide(Do::take, 1, 3).want->rendition == 1);
}

BOOST_FIXTURE_TEST_CASE(after_a_failure_with_little_in_hand_it_may_fall, Playing) {
    decide(Do::take, 1);
    came(150, 1);
    session.failed(session.under_way()->number);
    BOOST_TEST(decide(Do::take, 0, 1).want->rendition == 0);
}

BOOST_FIXTURE_TEST_CASE(silence_ends_a_request_after_half_of_the_buffer_level, Playing) {
    session.elsewhere(true);
    const auto first = decide(Do::take, 0, 0);
    // nothing is known of the network yet
    BOOST_TEST(!session.act(options.silence_emergency_s - 0.1, heard).cancel.has_value());
    const auto late = session.act(options.silence_emergency_s + 0.1, heard);
    BOOST_TEST(late.silent);
    BOOST_TEST(*late.cancel == first.want->number);
    BOOST_TEST(!session.under_way().has_value());
    shape.renditions[0].chunks[0] = {100'000, {}};
    decide(Do::take, 0, 5);
    came(10, 5.1);
    came(50'000, 5.2);  // 5 s are in hand
    BOOST_TEST(!session.act(5.2 + 2.4, heard).silent);
    BOOST_TEST(session.act(5.2 + 2.6, heard).silent);
}

BOOST_FIXTURE_TEST_CASE(silence_is_tolerated_without_another_edge, Playing) {
    shape.renditions[0].chunks[0] = {100'000, {}};
    decide(Do::take, 0, 0);
    came(10, 0.1);
    came(50'000, 0.2);  // 5 s are in hand
    BOOST_TEST(!session.act(0.2 + options.silence_s - 0.1, heard).silent);
    BOOST_TEST(session.act(0.2 + options.silence_s + 0.1, heard).silent);
}

BOOST_AUTO_TEST_CASE(silence_is_borne_longer_each_time_that_another_source_is_as_silent) {
    Playing p;
    p.session.elsewhere(true);
    p.shape.renditions[0].chunks[0].bytes = 100'000;
    p.decide(Do::take, 0, 0);
    p.came(10, 0.1);
    p.came(10'000, 0.2);  // a fast one
    p.heard.position = p.session.have() - rate / 10;
    double now = 0.2;
    BOOST_TEST(!p.session.act(now + 0.9, p.heard).silent);
    BOOST_TEST(p.session.act(now += 1.1, p.heard).silent);
    for (const double patience : {2.0, 4.0, 8.0, 8.0}) {  // for an answer: 1 s, doubled
        p.decide(Do::take, 0, now);
        BOOST_TEST(!p.session.act(now + patience - 0.1, p.heard).silent);
        BOOST_TEST(p.session.act(now += patience + 0.1, p.heard).silent);
    }
}

BOOST_FIXTURE_TEST_CASE(cached_chunks_are_taken_without_asking_the_policy, Playing) {
    for (int k = 0; k < 3; ++k) session.kept(k, 1);
    const auto orders = session.act(0, heard);
    BOOST_REQUIRE(orders.want);
    BOOST_TEST(orders.want->rendition == 1);
    session.ended(orders.want->number);
    heard.position = 0;
    options.most_s = 30;
    // 10 s are in hand, 15 are wanted
    const auto next = session.act(0, heard);
    BOOST_REQUIRE(next.want.has_value());
    session.ended(next.want->number);
    BOOST_TEST(!session.act(0, heard).want.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_kept_chunk_of_a_lower_bitrate_does_not_replace_a_better_one, Playing) {
    session.ended(decide(Do::take, 1).want->number);
    session.kept(1, 0);
    BOOST_TEST(decide(Do::take, 1).want->rendition == 1);
}

BOOST_FIXTURE_TEST_CASE(a_rendition_that_is_nowhere_is_asked_for_no_more, Playing) {
    decide(Do::take, 1);
    session.failed(session.under_way()->number);
    session.missing(1);
    BOOST_TEST(decide(Do::take, 1, 1).want->rendition == 0);
}

BOOST_FIXTURE_TEST_CASE(a_seek_asks_from_the_piece_before, Playing) {
    session.ended(decide(Do::take, 0).want->number);
    session.seek(13 * rate);
    const auto orders = decide(Do::take, 0);
    BOOST_TEST(orders.want->chunk == 1);
    BOOST_TEST(orders.want->begin == 200u);
    BOOST_TEST(orders.part->decodes == 12 * rate);
    BOOST_TEST(orders.part->from == 13 * rate);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_chunk_is_requested_again_from_the_first_changeable_sample,
                        Playing) {
    session.ended(decide(Do::take, 0).want->number);
    heard.settled = heard.position = 3 * rate;
    session.redo(heard);
    const auto orders = decide(Do::take, 0);
    BOOST_TEST(orders.want->chunk == 0);
    BOOST_TEST(orders.part->from == 3 * rate);
    BOOST_TEST(orders.want->begin == 200u);
}

BOOST_FIXTURE_TEST_CASE(the_first_byte_is_latency_and_the_rest_throughput, Playing) {
    decide(Do::take, 0, 1);
    came(100, 1.5);
    came(100, 2);
    BOOST_REQUIRE(policy.latencies.size() == 1u);
    BOOST_TEST(policy.latencies[0] == 0.5);
    BOOST_REQUIRE(policy.samples.size() == 1u);
    BOOST_TEST(policy.samples[0].bytes == 100u);
    BOOST_TEST(policy.samples[0].to - policy.samples[0].from == 0.5);
}

BOOST_FIXTURE_TEST_CASE(a_chunk_that_came_at_once_is_throughput_too, Playing) {
    const auto want = *decide(Do::take, 0, 1).want;
    came(400, 1.02);
    came(600, 1.02);
    session.ended(want.number);
    BOOST_REQUIRE(policy.samples.size() == 1u);
    BOOST_TEST(policy.samples[0].bytes == 1000u);
    BOOST_TEST(policy.samples[0].from == 1);
    BOOST_TEST(policy.samples[0].to == 1.02);
}

BOOST_FIXTURE_TEST_CASE(bytes_before_the_song_is_known_are_measured_from_their_first_byte,
                        Playing) {
    session.adopt(0, 1, 1.2, 500, 1.7);
    came(500, 1.7);
    BOOST_REQUIRE(policy.latencies.size() == 1u);
    BOOST_TEST(policy.latencies[0] == 0.2, boost::test_tools::tolerance(1e-9));
    BOOST_REQUIRE(policy.samples.size() == 1u);
    BOOST_TEST(policy.samples[0].bytes == 500u);
    BOOST_TEST(policy.samples[0].from == 1.2);
    came(100, 2);
    BOOST_TEST(policy.samples.back().bytes == 100u);
    BOOST_TEST(policy.samples.back().from == 1.7);
}

BOOST_AUTO_TEST_CASE(indexes_wait_until_much_is_in_hand) {
    Playing p;
    p.decide(Do::take, 0);
    p.came(900, 1);
    BOOST_TEST(!p.session.index_wanted({false, false}, p.heard).has_value());
    p.session.ended(p.session.under_way()->number);
    p.decide(Do::take, 0, 2);
    p.total = 0;
    p.came(600, 3);  // 16 s
    BOOST_TEST(p.session.index_wanted({false, false}, p.heard).value() == 0);
    BOOST_TEST(p.session.index_wanted({true, false}, p.heard).value() == 1);
    BOOST_TEST(!p.session.index_wanted({true, true}, p.heard).has_value());
}

BOOST_AUTO_TEST_CASE(a_completely_cached_song_needs_no_index) {
    for (const bool whole : {false, true}) {
        Playing p;
        for (int k = 0; k < 2 + whole; ++k) p.session.kept(k, 1);
        for (int k = 0; k < 2; ++k) {
            BOOST_REQUIRE(p.decide(Do::take, 1).want);
            p.total = 0;
            p.came(p.session.under_way()->stop, 1);
            p.session.ended(p.session.under_way()->number);
        }
        BOOST_TEST(p.session.index_wanted({false, false}, p.heard).has_value() == !whole);
    }
}

BOOST_AUTO_TEST_CASE(a_fast_network_gets_the_index_of_its_bitrate_at_once) {
    Playing p;
    for (auto& r : p.shape.renditions)
        for (auto& chunk : r.chunks) chunk.bytes *= 100, chunk.pieces.clear();
    p.decide(Do::take, 0);
    p.came(100, 1);
    BOOST_TEST(!p.session.index_wanted({false, false}, p.heard).has_value());
    p.came(6000, 1.02);  // 300 kB/s, with half a second in hand
    BOOST_TEST(p.session.index_wanted({false, false}, p.heard).value() == 1);
    BOOST_TEST(!p.session.index_wanted({false, true}, p.heard).has_value());
}

BOOST_AUTO_TEST_CASE(a_slow_network_gets_the_index_of_a_lower_bitrate_before_much_is_in_hand) {
    for (const double kbytes_per_s : {6.0, 60.0}) {
        Playing p;
        for (auto& r : p.shape.renditions)
            for (auto& chunk : r.chunks) chunk.bytes *= 100, chunk.pieces.clear();
        p.decide(Do::take, 1);
        p.came(100, 1);
        p.came(6000, 1 + 6 / kbytes_per_s);
        BOOST_TEST(!p.session.index_wanted({false, false}, p.heard).has_value());
        p.came(80'000, 1 + 86 / kbytes_per_s);  // 3 s of 30 kB
        const auto wanted = p.session.index_wanted({false, false}, p.heard);
        BOOST_TEST(wanted.has_value() == (kbytes_per_s < 30));
        BOOST_TEST(wanted.value_or(0) == 0);
        BOOST_TEST(!p.session.index_wanted({true, false}, p.heard).has_value());
    }
}

BOOST_FIXTURE_TEST_CASE(it_is_asked_again_as_soon_as_the_buffer_has_room, Playing) {
    session.ended(decide(Do::take, 0).want->number);
    session.ended(decide(Do::take, 0).want->number);
    heard.playing = heard.started = true;
    heard.position = rate * 48 / 10;  // 15.2 s are in hand, 15 wanted
    decide(Do::wait, 0);
    BOOST_TEST(session.pause() == 0.201, boost::test_tools::tolerance(1e-6));
    heard.position += rate;
    decide(Do::wait, 0);
    BOOST_TEST(session.pause() == 0.5);
}

BOOST_FIXTURE_TEST_CASE(bytes_of_a_cache_say_nothing_of_the_network, Playing) {
    const auto want = *decide(Do::take, 0).want;
    session.came(want.number, 1000, 10 * rate, 1, false);
    BOOST_TEST(policy.samples.empty());
    BOOST_TEST(policy.latencies.empty());
}

namespace {

/// The first chunk is here, at 1000 bytes/s, and sounds.
struct WithPeers : Playing {
    Session::Offer offer{{500, 5000}, false, false};
    WithPeers() {
        decide(Do::take, 0, 0);
        came(100, 0.1);
        for (int s = 1; s < 10; ++s) came(100, 0.1 * s + 0.1);
        session.ended(session.under_way()->number);
        heard.playing = heard.started = true;
        total = 0;
    }
    Session::Orders next(int rendition, double now = 1) {
        policy.decisions = {{Do::take, rendition}};
        return session.act(now, heard, offer);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_first_chunk_is_never_asked_of_peers, Playing) {
    policy.decisions = {{Do::take, 0}};
    const auto orders = session.act(0, heard, Session::Offer{{5000, 5000}, true, true});
    BOOST_REQUIRE(orders.want.has_value());
    BOOST_TEST(!orders.want->peers);
}

BOOST_FIXTURE_TEST_CASE(the_next_is_and_better_than_of_an_edge_where_peers_are_fast, WithPeers) {
    const auto orders = next(0);
    BOOST_REQUIRE(orders.want.has_value());
    BOOST_TEST(orders.want->peers);
    BOOST_TEST(orders.want->rendition == 1);  // 3000 bytes at 5000 a second
    BOOST_TEST(orders.want->chunk == 1);
}

BOOST_FIXTURE_TEST_CASE(peers_are_not_asked_for_less_than_an_edge_would_be, WithPeers) {
    offer.bytes_per_s = {5000, 0};
    BOOST_TEST(!next(1).want->peers);
}

BOOST_FIXTURE_TEST_CASE(slow_peers_are_asked_for_no_more_than_an_edge_would_be, WithPeers) {
    offer.bytes_per_s = {5000, 400};
    BOOST_TEST(next(0).want->rendition == 0);
}

BOOST_FIXTURE_TEST_CASE(in_an_emergency_an_edge_is_asked, WithPeers) {
    heard.position = 8 * rate;  // 2 s in hand
    BOOST_TEST(!next(0).want->peers);
}

BOOST_FIXTURE_TEST_CASE(without_an_index_nothing_can_be_asked_of_peers, WithPeers) {
    for (auto& r : shape.renditions)
        for (auto& chunk : r.chunks) chunk.pieces.clear();
    BOOST_TEST(!next(0).want->peers);
}

BOOST_FIXTURE_TEST_CASE(peers_that_are_late_give_way_to_the_edge_from_where_they_came_to,
                        WithPeers) {
    const auto asked = *next(0).want;  // 3000 bytes, for which the edge needs 3.5 s
    session.came(asked.number, 900, 13 * rate, 1.5, false);
    heard.position = 7 * rate;  // 6 s in hand, and 2100 bytes to come
    BOOST_TEST(session.act(2, heard, offer).help_s < 0);
    heard.position = 8 * rate;
    const auto help = session.act(3, heard, offer);
    BOOST_TEST(!help.cancel.has_value());  // what peers have brought of the rest is kept
    BOOST_TEST(help.help_s == 5 - 1.5);
    offer.missing = 1000;  // as some of it is here
    BOOST_TEST(session.act(3, heard, offer).help_s < 0);
    offer.missing = 2100;
    heard.position = 11.6 * rate;
    policy.decisions = {{Do::take, 0}};
    const auto orders = session.act(3.1, heard, offer);
    BOOST_REQUIRE(orders.cancel.has_value());
    BOOST_TEST(*orders.cancel == asked.number);
    BOOST_REQUIRE(orders.want.has_value());
    BOOST_TEST(!orders.want->peers);
    BOOST_TEST(orders.want->begin == 200u);  // of the lower rendition, 2 s into the chunk
    BOOST_TEST(orders.part->from == 13 * rate);
    BOOST_TEST(orders.why == std::string{"late"});
}

BOOST_FIXTURE_TEST_CASE(bytes_from_peers_do_not_measure_the_edge, WithPeers) {
    const auto samples = policy.samples.size();
    const auto rate_before = session.edge_rate();
    const auto asked = *next(0).want;
    session.came(asked.number, 3000, 20 * rate, 1.01, false);
    session.ended(asked.number);
    BOOST_TEST(policy.samples.size() == samples);
    BOOST_TEST(session.edge_rate() == rate_before);
}

BOOST_AUTO_TEST_CASE(if_peers_may_soon_have_a_chunk_listeners_ask_the_edge_at_different_times) {
    double soonest = 0, latest = 10;
    for (seed_of_next = 0; seed_of_next < 20; ++seed_of_next) {
        WithPeers p;
        p.offer = {{0, 0}, true, false};
        double left = 10;  // s in hand
        for (; left > 0; left -= 0.1) {
            p.heard.position = static_cast<std::int64_t>((10 - left) * rate);
            if (p.next(0, 11 - left).want) break;
        }
        soonest = std::max(soonest, left);
        latest = std::min(latest, left);
    }
    BOOST_TEST(soonest > 9);
    BOOST_TEST(latest < 8);
    BOOST_TEST(latest > 6.8);  // the edge takes 1.5 s: that twice, and 4 s aside
}

BOOST_FIXTURE_TEST_CASE(no_edge_is_asked_while_peers_are_polled, WithPeers) {
    offer = {{0, 0}, false, true};
    BOOST_TEST(!next(0).want.has_value());
    heard.position = 4 * rate;
    BOOST_TEST(next(0).want.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
