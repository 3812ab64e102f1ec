// What a listener makes of the peers of a song: made-up lists, answers and failures, and a clock
// that is a number.
#include "gather/peers.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::gather;
using swarm::PeerInfo;

namespace {

PeerInfo peer(int n, swarm::Have have = {}, std::int64_t upload_kbps = 0) {
    PeerInfo info;
    info.peer_id = "peer" + std::to_string(n);
    info.url = "http://192.0.2." + std::to_string(n) + ":8490";
    info.upload_kbps = upload_kbps;
    info.have = std::move(have);
    info.ticket = "ticket" + std::to_string(n);
    return info;
}

/// Renditions 0 and 1 of a song of ten chunks.
struct Known {
    Peers peers;
    explicit Known(Millis now = 0) : peers({{96, 320}, 10, "self", false}, now) {}
    std::vector<swarm::Report> reports_after(Fault fault, bool worked_before = false) {
        peers.add({peer(1, {{96, {{0, 9}}}}, 800)});
        if (worked_before) {
            peers.worked(0, 1000, 10);
            peers.take_reports();
        }
        peers.failed(0, fault, 0, 3, 1000);
        return peers.take_reports();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gather_peers)

BOOST_AUTO_TEST_CASE(forbidden_addresses_and_our_own_are_not_used_as_peers) {
    Known k;
    auto self = peer(9);
    self.peer_id = "self";
    auto loopback = peer(8), web = peer(7), named = peer(6), path = peer(5);
    loopback.url = "http://127.0.0.1:8490";
    web.url = "http://192.0.2.7:80";
    named.url = "http://peer.example:8490";
    path.url += "/songs";
    k.peers.add({self, loopback, web, named, path, peer(1)});
    BOOST_REQUIRE(k.peers.all().size() == 1u);
    BOOST_TEST(k.peers.at(0).info.peer_id == "peer1");
    Peers local{{{96}, 10, "self", true}, 0};
    local.add({loopback});
    BOOST_TEST(local.count() == 1);
}
BOOST_AUTO_TEST_CASE(each_minute_up_to_a_third_of_the_peers_are_replaced_if_they_sent_nothing) {
    Known k;
    std::vector<PeerInfo> first, others;
    for (int n = 1; n <= 24; ++n) first.push_back(peer(n));
    for (int n = 101; n <= 140; ++n) others.push_back(peer(n));
    k.peers.add(first, 0);
    k.peers.gave(0, 1000);
    k.peers.add(others, 59'000);
    BOOST_TEST(k.peers.all().size() == 24u);
    k.peers.add(others, 60'000);
    BOOST_TEST(k.peers.all().size() == 32u);
    BOOST_TEST(k.peers.count() == 24);
    BOOST_TEST(!k.peers.at(0).retired);  // it gave something
    k.peers.take_changed();
    k.peers.add(others, 61'000);
    BOOST_TEST(k.peers.count() == 24);
    BOOST_TEST(k.peers.all().size() == 32u);
    // who gave wrong bytes goes first, and does not come back
    k.peers.failed(30, Fault::wrong, 0, 0, 61'000);
    k.peers.add(others, 120'000);
    BOOST_TEST(k.peers.at(30).retired);
    k.peers.add({k.peers.at(30).info}, 180'000);
    BOOST_TEST(k.peers.at(30).retired);
    for (int minute = 4; minute < 1000; ++minute) {
        std::vector<PeerInfo> more;
        for (int n = 0; n < 16; ++n) {
            auto info = peer(1);
            info.url = text("http://192.", minute / 256, ".", minute % 256, ".", n, ":8490");
            more.push_back(info);
        }
        k.peers.add(more, minute * 60'000);
    }
    BOOST_TEST(k.peers.all().size() <= 512u);
}
BOOST_AUTO_TEST_CASE(a_song_uses_24_peers_and_replaces_them_over_time) {
    Known k;
    std::vector<PeerInfo> many;
    for (int n = 1; n <= 60; ++n) many.push_back(peer(n));
    k.peers.add(many);
    BOOST_TEST(k.peers.count() == 24);
    k.peers.add({peer(2, {{96, {{4, 4}}}})});
    BOOST_TEST(k.peers.count() == 24);
    BOOST_TEST(k.peers.at(1).has(0, 4));
}
BOOST_AUTO_TEST_CASE(the_chunks_in_the_trackers_list_count_until_the_peer_reports_its_own) {
    Known k;
    k.peers.add({peer(1, {{96, {{0, 1}, {8, 60000}}}, {128, {{0, 9}}}})});
    for (int chunk = 0; chunk < 10; ++chunk) {
        BOOST_TEST(k.peers.at(0).has(0, chunk) == (chunk <= 1 || chunk >= 8));
        BOOST_TEST(!k.peers.at(0).has(1, chunk));
    }
    k.peers.said(0, 0, {{true, true, true}}, 500);  // what lacks to ten it has not
    k.peers.add({peer(1, {{96, {{9, 9}}}, {320, {{5, 5}}}})});
    for (int chunk = 0; chunk < 10; ++chunk) {
        BOOST_TEST(k.peers.at(0).has(0, chunk) == (chunk <= 2));
        BOOST_TEST(k.peers.at(0).has(1, chunk) == (chunk == 5));
    }
}
BOOST_AUTO_TEST_CASE(changes_are_reported_once) {
    Known k;
    k.peers.add({peer(1), peer(2)});
    BOOST_TEST((k.peers.take_changed() == std::vector{0, 1}));
    BOOST_TEST(k.peers.take_changed().empty());
    k.peers.said(1, 0, {{true}}, 10);
    BOOST_TEST((k.peers.take_changed() == std::vector{1}));
    k.peers.failed(0, Fault::missing, 0, 0, 10);
    BOOST_TEST((k.peers.take_changed() == std::vector{0}));
    k.peers.failed(0, Fault::busy, 0, 0, 10);
    BOOST_TEST(k.peers.take_changed().empty());
}

// ---- the tracker, asked anew

BOOST_AUTO_TEST_CASE(the_tracker_is_asked_after_1_2_4_and_then_each_5_s) {
    Known k{10'000};
    std::vector<Millis> asked;
    for (Millis now = 10'000; now <= 35'000; now += 100)
        if (k.peers.refresh(now, false)) asked.push_back(now);
    BOOST_TEST((asked == std::vector<Millis>{11'000, 13'000, 17'000, 22'000, 27'000, 32'000}));
}
BOOST_AUTO_TEST_CASE(with_enough_peers_it_is_asked_each_half_minute) {
    Known k;
    std::vector<Millis> asked;
    for (Millis now = 0; now <= 100'000; now += 100)
        if (k.peers.refresh(now, true)) asked.push_back(now);
    BOOST_TEST((asked == std::vector<Millis>{30'000, 60'000, 90'000}));
}

// ---- polls

BOOST_AUTO_TEST_CASE(each_is_polled_until_it_answers_and_then_not_for_a_moment) {
    Known k;
    k.peers.add({peer(1), peer(2)});
    BOOST_TEST((k.peers.polls(1000, 0) == std::vector{0, 1}));
    BOOST_TEST(k.peers.polls(60'000, 0).empty());  // under way, however long
    BOOST_TEST(k.peers.offer(0, 60'000).asked);
    k.peers.said(0, 0, {{true}}, 60'000);
    k.peers.polled(0, true, 60'000);
    BOOST_TEST(k.peers.polls(60'699, 0).empty());
    BOOST_TEST((k.peers.polls(60'700, 0) == std::vector{0}));
}
BOOST_AUTO_TEST_CASE(complete_and_banned_peers_are_not_polled) {
    Known k;
    k.peers.add({peer(1), peer(2), peer(3)});
    k.peers.polls(0, 0);
    for (const int n : {0, 1, 2}) {
        k.peers.said(n, 0, {std::vector<bool>(10, n == 0)}, 0);
        k.peers.polled(n, true, 0);
    }
    k.peers.failed(1, Fault::wrong, 0, 0, 0);
    BOOST_TEST((k.peers.polls(10'000, 0) == std::vector{2}));
    BOOST_TEST((k.peers.polls(10'000, 1) == std::vector{0}));  // of the other rendition
}
BOOST_AUTO_TEST_CASE(a_silent_peer_is_polled_ever_more_rarely_until_it_responds) {
    Known k;
    k.peers.add({peer(1)});
    std::vector<Millis> pauses;
    Millis last = 0;
    for (Millis now = 0; now <= 1'000'000; now += 100)
        if (!k.peers.polls(now, 0).empty()) {
            pauses.push_back(now - last);
            last = now;
            k.peers.polled(0, false, now);
        }
    BOOST_REQUIRE(pauses.size() > 4u);
    BOOST_TEST(pauses[1] == 5'700);
    for (std::size_t i = 2; i < pauses.size(); ++i) BOOST_TEST(pauses[i] >= pauses[i - 1]);
    BOOST_TEST(pauses.back() > 60'000);
    BOOST_TEST(pauses.back() < 200'000);
    k.peers.polls(2'000'000, 0);
    k.peers.said(0, 0, {{true}}, 2'000'000);
    k.peers.polled(0, true, 2'000'000);
    BOOST_TEST(!k.peers.polls(2'000'700, 0).empty());
    k.peers.polled(0, false, 2'000'700);
    BOOST_TEST(k.peers.polls(2'006'300, 0).empty());
    BOOST_TEST(!k.peers.polls(2'006'400, 0).empty());
}

// ---- how well they do

BOOST_AUTO_TEST_CASE(an_unproven_peer_is_expected_to_send_at_a_quarter_of_its_upload_rate) {
    Known k;
    k.peers.add({peer(1, {}, 800)});
    BOOST_TEST(k.peers.at(0).expected() == 25'000.0);
    k.peers.worked(0, 40'000, 1000);
    BOOST_TEST(k.peers.at(0).expected() == 40'000.0);
    k.peers.worked(0, 90'000, 1000);
    BOOST_TEST(k.peers.at(0).expected() == 60'000.0);
    k.peers.worked(0, 60, 0);  // no time at all is a millisecond
    BOOST_TEST(k.peers.at(0).expected() == 60'000.0);
    k.peers.failed(0, Fault::stalled, 0, 0, 0);
    BOOST_TEST(k.peers.at(0).expected() == 30'000.0);
}
BOOST_AUTO_TEST_CASE(the_pause_of_a_peer_depends_on_the_kind_of_failure) {
    const std::vector<std::pair<Fault, Millis>> pauses{
        {Fault::busy, 500},    {Fault::stalled, 3000},   {Fault::broken, 5000},
        {Fault::denied, 5000}, {Fault::untrusted, 5000}, {Fault::missing, 500}};
    for (const auto& [fault, pause] : pauses)
        for (const bool gave : {false, true}) {
            Known k;
            k.peers.add({peer(1)});
            if (gave) k.peers.gave(0, 1);
            k.peers.failed(0, fault, 0, 3, 1000);
            // who has brought something, and has not this, has failed at nothing
            const auto until = fault == Fault::missing && gave ? 1000 : 1000 + pause;
            if (until > 1000) BOOST_TEST(!k.peers.able(0, until - 1), word(fault));
            BOOST_TEST(k.peers.able(0, until), word(fault));
        }
}
BOOST_AUTO_TEST_CASE(a_missing_chunk_does_not_end_a_pause) {
    Known k;
    k.peers.add({peer(1)});
    k.peers.gave(0, 1);
    k.peers.failed(0, Fault::broken, 0, 3, 1000);
    k.peers.failed(0, Fault::missing, 0, 4, 1001);
    BOOST_TEST(!k.peers.able(0, 5999));
}
BOOST_AUTO_TEST_CASE(wrong_bytes_ban_for_good) {
    Known k;
    k.peers.add({peer(1, {{96, {{0, 9}}}}, 800)});
    k.peers.failed(0, Fault::wrong, 0, 3, 1000);
    BOOST_TEST(!k.peers.able(0, 1'000'000'000));
    BOOST_TEST(!k.peers.may_give(0, 3, 1'000'000'000));
    BOOST_TEST(k.peers.offer(3, 1'000'000'000).bytes_per_s[0] == 0);
    BOOST_TEST(k.peers.count() == 0);
    k.peers.add({peer(1, {{96, {{0, 9}}}})});
    BOOST_TEST(!k.peers.able(0, 1'000'000'000));
}
BOOST_AUTO_TEST_CASE(a_chunk_that_a_peer_did_not_have_is_not_requested_from_it_again) {
    Known k;
    k.peers.add({peer(1, {{96, {{0, 9}}}, {320, {{0, 9}}}})});
    k.peers.failed(0, Fault::missing, 1, 3, 1000);
    for (int chunk = 0; chunk < 10; ++chunk) {
        BOOST_TEST(k.peers.at(0).has(0, chunk));
        BOOST_TEST(k.peers.at(0).has(1, chunk) == (chunk != 3));
    }
}
BOOST_AUTO_TEST_CASE(a_peer_with_the_chunk_that_is_free_within_a_second_may_send_it) {
    Known k;
    k.peers.add({peer(1, {{96, {{3, 3}}}})});
    BOOST_TEST(k.peers.may_give(0, 3, 0));
    BOOST_TEST(!k.peers.may_give(0, 4, 0));
    BOOST_TEST(!k.peers.may_give(1, 3, 0));
    k.peers.failed(0, Fault::broken, 0, 3, 0);
    BOOST_TEST(!k.peers.may_give(0, 3, 4000));
    BOOST_TEST(k.peers.may_give(0, 3, 4001));
    BOOST_TEST(!k.peers.able(0, 4001));
}

// ---- what they offer

BOOST_AUTO_TEST_CASE(an_offer_adds_the_six_fastest_that_have_the_chunk) {
    Known k;
    k.peers.add({peer(1, {{96, {{0, 9}}}}, 32), peer(2, {{96, {{0, 9}}}}, 64),
                 peer(3, {{96, {{0, 9}}}}, 96), peer(4, {{96, {{0, 9}}}}, 128),
                 peer(5, {{96, {{0, 3}}}, {320, {{5, 5}}}}, 3200), peer(6, {{96, {{0, 9}}}}, 160),
                 peer(7, {{96, {{0, 9}}}}, 192), peer(8, {{96, {{0, 9}}}}, 224)});
    const auto offer = k.peers.offer(5, 0);
    const double best = 2000 + 3000 + 4000 + 5000 + 6000 + 7000;
    BOOST_TEST((offer.bytes_per_s == std::vector<double>{best, 100'000}));
    k.peers.failed(3, Fault::busy, 0, 5, 0);
    BOOST_TEST(k.peers.offer(5, 499).bytes_per_s[0] == best - 4000 + 1000);
    BOOST_TEST(k.peers.offer(5, 500).bytes_per_s[0] == best);
}
BOOST_AUTO_TEST_CASE(a_peer_with_one_of_the_three_previous_chunks_may_soon_have_this_one) {
    for (int has = 0; has < 10; ++has) {
        Known k;
        k.peers.add({peer(1, {{320, {{has, has}}}})});
        BOOST_TEST(k.peers.offer(6, 0).soon == (has >= 3 && has < 6), has);
    }
    Known k;
    k.peers.add({peer(1, {{320, {{5, 6}}}})});
    BOOST_TEST(!k.peers.offer(6, 0).soon);  // it has it now
    k.peers.add({peer(2, {{96, {{5, 5}}}})});
    BOOST_TEST(k.peers.offer(6, 0).soon);
    k.peers.failed(1, Fault::broken, 0, 5, 0);
    BOOST_TEST(!k.peers.offer(6, 0).soon);
}

// ---- what the tracker is told

BOOST_AUTO_TEST_CASE(a_success_is_reported_once_per_song) {
    Known k;
    k.peers.add({peer(1)});
    k.peers.gave(0, 5000);
    k.peers.worked(0, 5000, 70);
    const auto reports = k.peers.take_reports();
    BOOST_REQUIRE(reports.size() == 1u);
    BOOST_TEST((reports[0] == swarm::Report{"ticket1", true, "", 70, 5000}));
    k.peers.worked(0, 5000, 70);
    BOOST_TEST(k.peers.take_reports().empty());
}
BOOST_AUTO_TEST_CASE(wrong_bytes_are_reported_even_after_correct_ones_and_missing_chunks_are_not) {
    for (const bool before : {false, true}) {
        const auto reports = Known{}.reports_after(Fault::wrong, before);
        BOOST_REQUIRE(reports.size() == 1u);
        BOOST_TEST(!reports[0].ok);
        BOOST_TEST(reports[0].why == "hash");
    }
    for (const auto fault : {Fault::stalled, Fault::broken}) {
        const auto reports = Known{}.reports_after(fault);
        BOOST_REQUIRE(reports.size() == 1u);
        BOOST_TEST(reports[0].why == word(fault));
        BOOST_TEST(Known{}.reports_after(fault, true).empty());
    }
    for (const auto fault : {Fault::busy, Fault::missing, Fault::denied, Fault::untrusted})
        BOOST_TEST(Known{}.reports_after(fault).empty(), word(fault));
}
BOOST_AUTO_TEST_CASE(a_peer_without_a_ticket_is_not_reported) {
    Known k;
    auto stranger = peer(1);
    stranger.ticket.clear();
    k.peers.add({stranger});
    k.peers.worked(0, 1, 1);
    k.peers.failed(0, Fault::wrong, 0, 0, 0);
    BOOST_TEST(k.peers.take_reports().empty());
}

BOOST_AUTO_TEST_CASE(of_peers_as_fast_those_over_http_are_preferred) {
    Peer http, rtc;
    http.info.url = "http://192.0.2.1:8491";
    rtc.info.url = "rtc:0123456789abcdefghjkmnpqrs";
    http.speed = rtc.speed = 1000;
    BOOST_TEST(rtc.worth() < http.worth());
    BOOST_TEST(rtc.expected() == http.expected());
}

BOOST_AUTO_TEST_SUITE_END()
