// What to ask of whom, on a made-up clock.
#include "gather/picker.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

using namespace stretto::gather;

namespace {

constexpr std::uint32_t chunk_bytes = 400'000;
constexpr int pieces = 8;
constexpr std::uint32_t piece_bytes = chunk_bytes / pieces;

/// A song of equal chunks, pieces known.
Picker song(int chunks, const Picker::Options& options = {}, std::uint32_t seed = 1) {
    const auto n = static_cast<std::size_t>(chunks);
    Picker picker{std::vector(n, chunk_bytes), options, seed};
    std::vector<std::uint32_t> starts;
    for (int i = 0; i < pieces; ++i) starts.push_back(static_cast<std::uint32_t>(i) * piece_bytes);
    picker.set_pieces(std::vector(n, starts));
    return picker;
}

std::vector<bool> all(int chunks) {
    return std::vector<bool>(static_cast<std::size_t>(chunks), true);
}
std::vector<bool> only(int chunks, std::initializer_list<int> which) {
    std::vector<bool> have(static_cast<std::size_t>(chunks));
    for (const int k : which) have[static_cast<std::size_t>(k)] = true;
    return have;
}

std::vector<Order> of_peers(const std::vector<Order>& orders) {
    std::vector<Order> found;
    std::ranges::copy_if(orders, std::back_inserter(found),
                         [](const Order& order) { return order.source != Order::edge; });
    return found;
}
std::vector<Order> of_edge(const std::vector<Order>& orders) {
    std::vector<Order> found;
    std::ranges::copy_if(orders, std::back_inserter(found),
                         [](const Order& order) { return order.source == Order::edge; });
    return found;
}

/// All of an order comes, in `took` ms from `start` on.
void bring(Picker& picker, const Order& order, Millis start, Millis took) {
    const int n = order.end - order.first;
    for (int i = 0; i < n; ++i) {
        const auto at = start + took * (i + 1) / n;
        picker.received(order.number, (order.stop - order.begin) / static_cast<unsigned>(n), at);
        picker.piece_done(order.number, order.first + i, at);
    }
    picker.finished(order.number, start + took);
}

/// The edge has shown that it brings a chunk in `took` ms.
void teach_edge(Picker& picker, Millis start, Millis took) {
    for (const auto& order : of_edge(picker.pick(start))) bring(picker, order, start, took);
}

/// Peers that have shown that they bring a chunk in `took` ms, by bringing one; `now` is behind it.
void prove(Picker& picker, std::initializer_list<int> peers, Millis& now, Millis took) {
    std::set<int> open{peers};
    for (int turn = 0; turn < 50 && !open.empty(); ++turn) {
        const auto orders = picker.pick(now);
        for (const auto& order : of_peers(orders)) {
            bring(picker, order, now, took * (order.stop - order.begin) / chunk_bytes);
            open.erase(order.source);
        }
        now += took;
    }
    BOOST_REQUIRE(open.empty());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_picker)

BOOST_AUTO_TEST_CASE(without_peers_all_comes_from_the_edge) {
    auto picker = song(5);
    Millis now = 0;
    int asked = 0;
    while (!picker.complete() && ++asked < 100) {
        const auto orders = picker.pick(now);
        BOOST_TEST(of_peers(orders).empty());
        for (const auto& order : orders) bring(picker, order, now, 100);
        now += 100;
    }
    BOOST_TEST(picker.complete());
}

BOOST_AUTO_TEST_CASE(in_order_is_in_order) {
    Picker::Options options;
    options.in_order = true;
    auto picker = song(6, options);
    std::vector<int> chunks;
    for (Millis now = 0; !picker.complete() && now < 10'000; now += 100)
        for (const auto& order : picker.pick(now)) {
            chunks.push_back(order.chunk);
            bring(picker, order, now, 100);
        }
    BOOST_TEST(chunks == (std::vector{0, 1, 2, 3, 4, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(before_pieces_are_known_only_whole_chunks_are_requested_from_the_edge) {
    Picker picker{{chunk_bytes, chunk_bytes}, {}, 1};
    picker.set_peer(0, all(2), 1e6);
    for (const auto& order : picker.pick(0)) {
        BOOST_TEST(order.source == Order::edge);
        BOOST_TEST(order.begin == 0u);
        BOOST_TEST(order.stop == chunk_bytes);
    }
}

BOOST_AUTO_TEST_CASE(listeners_of_a_new_crowd_request_different_chunks_from_the_edge) {
    std::set<int> first;
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        auto picker = song(20, {}, seed);
        const auto orders = picker.pick(0);
        BOOST_TEST(orders.size() == 1u);  // more would share the rate, and be whole later
        first.insert(orders.at(0).chunk);
    }
    BOOST_TEST(first.size() >= 8u);
}

BOOST_AUTO_TEST_CASE(a_fast_edge_has_several_orders_and_a_slow_one_the_next_in_time) {
    auto fast = song(20);
    teach_edge(fast, 0, 50);  // 8 MB/s
    BOOST_TEST(fast.pick(50).size() == 3u);
    auto slow = song(20);
    teach_edge(slow, 0, 4000);  // 100 kB/s
    const auto orders = slow.pick(4000);
    BOOST_TEST(orders.size() == 1u);
    BOOST_TEST(slow.pick(4500).empty());
    slow.received(orders.at(0).number, chunk_bytes - 49'000, 7500);
    BOOST_TEST(slow.pick(7510).size() == 1u);  // what is left takes less than half a second
}

BOOST_AUTO_TEST_CASE(a_fast_edge_is_known_by_its_first_bytes) {
    auto picker = song(20);
    const auto first = picker.pick(0);
    BOOST_REQUIRE(first.size() == 1u);
    picker.received(first[0].number, 15'000, 20);  // as much as TCP sends at first (RFC 6928)
    BOOST_TEST(!picker.edge_wanted(20));
    picker.received(first[0].number, 30'000, 40);  // 1.1 MB/s: the rest takes a third of a second
    BOOST_TEST(picker.edge_wanted(40));
    BOOST_TEST(picker.pick(40).size() == 1u);
    BOOST_TEST(!picker.edge_wanted(41));
}

BOOST_AUTO_TEST_CASE(several_whole_chunks_are_requested_at_once_if_no_one_waits_for_the_first) {
    Picker::Options options;
    options.alone = true;
    BOOST_TEST(song(20, options).pick(0).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_slow_edge_has_one_order_until_half_a_second_before_its_end) {
    auto picker = song(20);
    const auto first = picker.pick(0);
    BOOST_REQUIRE(first.size() == 1u);
    std::uint32_t left = chunk_bytes;
    for (Millis now = 20; left > 10'000; now += 20, left -= 10'000) {  // 500 kB/s
        picker.received(first[0].number, 10'000, now);
        BOOST_TEST(!picker.edge_wanted(now) == (left - 10'000 >= 250'000), left);
        if (picker.edge_wanted(now)) return;
    }
    BOOST_TEST(false);
}

BOOST_AUTO_TEST_CASE(rare_chunks_come_first) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        auto picker = song(10, {}, seed);
        picker.set_peer(0, all(10), 1e6);
        for (int peer = 1; peer < 5; ++peer)
            picker.set_peer(peer, only(10, {0, 1, 2, 3, 4, 5, 6, 8, 9}), 1e6);
        const auto orders = of_peers(picker.pick(0));
        BOOST_REQUIRE(!orders.empty());
        BOOST_TEST(orders.front().chunk == 7);
        BOOST_TEST(orders.front().source == 0);
    }
}

BOOST_AUTO_TEST_CASE(chunks_that_no_peer_has_come_from_the_edge) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        auto picker = song(10, {}, seed);
        picker.set_peer(0, only(10, {0, 1, 2, 3, 4, 5, 6, 8, 9}), 1e6);
        const auto orders = of_edge(picker.pick(0));
        BOOST_REQUIRE(!orders.empty());
        BOOST_TEST(orders.front().chunk == 7);
    }
}

BOOST_AUTO_TEST_CASE(unproven_peers_get_one_order_each_and_eight_together) {
    auto picker = song(20);
    for (int peer = 0; peer < 10; ++peer) picker.set_peer(peer, all(20), 1e6);
    const auto orders = of_peers(picker.pick(0));
    std::set<int> asked;
    for (const auto& order : orders) asked.insert(order.source);
    BOOST_TEST(orders.size() == 8u);
    BOOST_TEST(asked.size() == 8u);
    BOOST_TEST(of_peers(picker.pick(10)).empty());
}

BOOST_AUTO_TEST_CASE(a_proven_peer_gets_two_orders) {
    auto picker = song(20);
    picker.set_peer(0, all(20), 1e6);
    Millis now = 0;
    prove(picker, {0}, now, 100);
    picker.pause_edge(now + 1'000'000);
    const auto orders = picker.pick(now);
    BOOST_TEST(of_peers(orders).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_chunk_is_divided_among_peers_by_what_each_sends_in_two_seconds) {
    auto picker = song(1);
    picker.pause_edge(1'000'000);
    picker.set_peer(0, all(1), 60e3);
    picker.set_peer(1, all(1), 45e3);
    picker.set_peer(2, all(1), 20e3);
    const auto orders = picker.pick(0);
    BOOST_REQUIRE(orders.size() == 3u);
    int next = 0;
    for (const auto& order : orders) {  // without gap or overlap
        BOOST_TEST(order.first == next);
        BOOST_TEST(order.begin == static_cast<unsigned>(order.first) * piece_bytes);
        BOOST_TEST(order.stop == static_cast<unsigned>(order.end) * piece_bytes);
        BOOST_TEST(order.source == &order - orders.data());
        next = order.end;
    }
    const unsigned bytes[] = {120'000, 90'000, 40'000};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto got = orders[i].stop - orders[i].begin;
        BOOST_TEST(got >= piece_bytes);
        BOOST_TEST(got <= std::max(bytes[i], static_cast<unsigned>(piece_bytes)));
    }
}

BOOST_AUTO_TEST_CASE(at_most_eight_peers_share_a_chunk) {
    auto picker = song(1);
    picker.pause_edge(1'000'000);
    for (int peer = 0; peer < 12; ++peer) picker.set_peer(peer, all(1), 20e3);
    BOOST_TEST(picker.pick(0).size() == 8u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_slower_than_the_edge_but_uses_its_link_is_kept) {
    auto picker = song(4);
    teach_edge(picker, 0, 2000);
    picker.set_peer(0, all(4), 40e3);
    const auto orders = of_peers(picker.pick(2000));
    BOOST_REQUIRE(orders.size() == 1u);
    const auto bytes = orders[0].stop - orders[0].begin;
    std::uint32_t came = 0;
    for (Millis now = 2100; came < bytes; now += 100) {  // 15 kB/s, an eighth of the edge
        const auto more = std::min(1500u, bytes - came);
        picker.received(orders[0].number, more, now);
        came += more;
        BOOST_TEST(std::ranges::count(picker.late(now), orders[0].number) == 0);
    }
}

BOOST_AUTO_TEST_CASE(an_edge_does_not_count_as_slow_because_it_shares_the_link_with_peers) {
    auto picker = song(20);
    teach_edge(picker, 0, 1000);
    picker.set_peer(0, all(20), 50e3);
    const auto orders = picker.pick(1000);
    BOOST_REQUIRE(!of_peers(orders).empty());
    BOOST_REQUIRE(!of_edge(orders).empty());
    const auto mine = of_edge(orders).front().number, theirs = of_peers(orders).front().number;
    for (Millis now = 1100; now <= 2000; now += 100) {  // each has half of it
        picker.received(mine, 1000, now);
        picker.received(theirs, 1000, now);
    }
    picker.piece_done(theirs, of_peers(orders).front().first, 2000);
    BOOST_TEST(!picker.peers_suffice(2000));
}

BOOST_AUTO_TEST_CASE(when_peers_are_late_the_edge_gets_orders_for_what_they_cannot_send_in_time) {
    Picker::Options options;
    options.edge_bytes_per_s = 200e3;
    auto picker = song(1, options);
    picker.pause_edge(1'000'000);
    picker.set_peer(0, all(1), 20e3);
    const auto orders = picker.pick(0);
    BOOST_REQUIRE(orders.size() == 1u);
    BOOST_TEST(of_edge(picker.pick(100)).empty());
    const double before = picker.missing_bytes(0);
    picker.piece_done(orders[0].number, 0, 500);
    BOOST_TEST(picker.missing_bytes(0) == before - piece_bytes);
    picker.hurry(10'000);
    const auto help = of_edge(picker.pick(500));
    BOOST_REQUIRE(!help.empty());
    for (const auto& order : help) BOOST_TEST(order.first >= orders[0].end);  // its own stays its
    picker.pause_edge(5000);  // it failed: not again before that, however late it is
    picker.failed(help[0].number, Fault::broken, 600);
    picker.hurry(10'000);
    BOOST_TEST(of_edge(picker.pick(700)).empty());
}

BOOST_AUTO_TEST_CASE(useful_peers_are_counted_no_further_than_wanted) {
    auto picker = song(3);
    BOOST_TEST(picker.useful_peers(0, 1) == 0);
    for (int peer = 0; peer < 3; ++peer) picker.set_peer(peer, all(3), 1e6);
    BOOST_TEST(picker.useful_peers(0) == 3);
    BOOST_TEST(picker.useful_peers(0, 2) == 2);
    BOOST_TEST(picker.useful_peers(0, 5) == 3);
}

BOOST_AUTO_TEST_CASE(a_wrong_hash_bans_at_once_and_other_peers_get_the_orders) {
    auto picker = song(3);
    picker.pause_edge(1'000'000);
    picker.set_peer(0, all(3), 1e6);
    const auto orders = of_peers(picker.pick(0));
    BOOST_REQUIRE(orders.size() == 1u);
    picker.failed(orders[0].number, Fault::wrong, 100);
    BOOST_TEST(picker.banned(0));
    BOOST_TEST(picker.useful_peers(100) == 0);
    picker.set_peer(0, all(3), 1e6);  // the tracker names it again
    BOOST_TEST(picker.banned(0));
    BOOST_TEST(picker.pick(100'000).empty());
    picker.set_peer(1, all(3), 1e6);
    const auto again = of_peers(picker.pick(100'000));
    BOOST_REQUIRE(!again.empty());
    BOOST_TEST(again[0].source == 1);
}

BOOST_AUTO_TEST_CASE(an_order_of_a_peer_is_given_up_at_twice_the_time_of_the_edge) {
    auto picker = song(4);
    teach_edge(picker, 0, 2000);  // 200 kB/s, a chunk in 2 s
    picker.set_peer(0, all(4), 1e6);
    const auto orders = of_peers(picker.pick(2000));
    BOOST_REQUIRE(orders.size() == 1u);
    const auto& order = orders[0];
    const Millis edge_needs = 1000 * (order.stop - order.begin) / 200'000;
    Millis now = 2000;
    for (; now <= 2000 + 2 * edge_needs; now += 100) {  // it trickles
        picker.received(order.number, 100, now);
        BOOST_TEST(std::ranges::count(picker.late(now), order.number) == 0);
    }
    picker.received(order.number, 100, now);
    BOOST_TEST(std::ranges::count(picker.late(now), order.number) == 1);
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_given_up_after_two_seconds) {
    auto picker = song(4);
    teach_edge(picker, 0, 20'000);  // slow: twice its time would be long
    picker.set_peer(0, all(4), 1e6);
    const auto orders = of_peers(picker.pick(20'000));
    BOOST_REQUIRE(orders.size() == 1u);
    picker.received(orders[0].number, 1000, 20'500);
    BOOST_TEST(picker.late(22'499).empty());
    BOOST_TEST(std::ranges::count(picker.late(22'500), orders[0].number) == 1);
}

BOOST_AUTO_TEST_CASE(a_trickling_peer_is_dropped_before_the_edge_is_known_too) {
    auto picker = song(4);
    picker.pause_edge(1'000'000);
    picker.set_peer(0, all(4), 1e6);
    const auto orders = of_peers(picker.pick(0));
    BOOST_REQUIRE(orders.size() == 1u);
    bool given_up = false;
    for (Millis now = 0; now < 60'000 && !given_up; now += 1000) {
        picker.received(orders[0].number, 1, now);
        given_up = !picker.late(now).empty();
    }
    BOOST_TEST(given_up);
}

BOOST_AUTO_TEST_CASE(a_peer_that_keeps_failing_gets_ever_fewer_requests_and_finally_none) {
    auto picker = song(4);
    picker.pause_edge(10'000'000);
    picker.set_peer(0, all(4), 1e6);
    std::vector<Millis> asked;
    for (Millis now = 0; now < 600'000; now += 100)
        for (const auto& order : picker.pick(now)) {
            asked.push_back(now);
            picker.failed(order.number, Fault::broken, now);
        }
    BOOST_REQUIRE(asked.size() >= 3u);
    BOOST_TEST(asked.size() <= 6u);
    for (std::size_t i = 2; i < asked.size(); ++i)
        BOOST_TEST(asked[i] - asked[i - 1] > asked[i - 1] - asked[i - 2]);
}

BOOST_AUTO_TEST_CASE(a_busy_peer_gets_ever_fewer_requests_and_is_not_banned) {
    auto picker = song(4);
    picker.pause_edge(10'000'000);
    picker.set_peer(0, all(4), 1e6);
    int asked = 0;
    for (Millis now = 0; now < 20'000; now += 100)
        for (const auto& order : picker.pick(now)) {
            ++asked;
            picker.failed(order.number, Fault::busy, now);
        }
    BOOST_TEST(asked >= 5);
    BOOST_TEST(asked <= 8);  // an answer without a byte doubles the pause
    BOOST_TEST(!picker.banned(0));
}

BOOST_AUTO_TEST_CASE(a_chunk_that_a_peer_lacks_is_not_requested_from_it_again) {
    auto picker = song(2);
    picker.pause_edge(10'000'000);
    picker.set_peer(0, all(2), 1e6);
    std::multiset<int> asked;
    for (Millis now = 0; now < 20'000; now += 100)
        for (const auto& order : picker.pick(now)) {
            asked.insert(order.chunk);
            picker.failed(order.number, Fault::missing, now);
        }
    BOOST_TEST(asked.size() == 2u);
    BOOST_TEST(asked.count(0) == 1u);
}

BOOST_AUTO_TEST_CASE(while_peers_are_as_fast_as_the_edge_it_is_left_alone) {
    auto picker = song(60);
    teach_edge(picker, 0, 1000);  // 400 kB/s
    Millis now = 1000;
    for (int peer = 0; peer < 3; ++peer) picker.set_peer(peer, all(60), 1e6);
    prove(picker, {0, 1, 2}, now, 200);
    int edge = 0, peers = 0;
    for (int turn = 0; turn < 10; ++turn, now += 200) {
        const auto orders = picker.pick(now);
        edge += static_cast<int>(of_edge(orders).size());
        peers += static_cast<int>(of_peers(orders).size());
        for (const auto& order : orders) bring(picker, order, now, 200);
    }
    BOOST_TEST(edge <= 1);  // one may be from before
    BOOST_TEST(peers >= 20);
}

BOOST_AUTO_TEST_CASE(while_peers_are_slower_than_the_edge_it_is_asked_as_well) {
    auto picker = song(60);
    teach_edge(picker, 0, 100);  // 4 MB/s
    for (int peer = 0; peer < 3; ++peer) picker.set_peer(peer, all(60), 20e3);
    std::uint64_t from_edge = 0;
    for (Millis now = 100; now < 2000; now += 100)
        for (const auto& order : of_edge(picker.pick(now))) {
            from_edge += order.stop - order.begin;
            bring(picker, order, now, 100);
        }
    BOOST_TEST(from_edge > 10 * chunk_bytes);
}

BOOST_AUTO_TEST_CASE(at_the_end_late_pieces_are_requested_from_the_edge) {
    auto picker = song(2);
    teach_edge(picker, 0, 200);
    picker.set_peer(0, all(2), 1e6);
    Millis now = 200;
    std::vector<Order> peers, edge;
    for (; now < 3000 && edge.empty(); now += 100) {
        for (const auto& order : picker.pick(now))
            (order.source == Order::edge ? edge : peers).push_back(order);
        for (const auto& order : edge)
            if (peers.empty()) bring(picker, order, now, 50);
        if (peers.empty()) edge.clear();
        for (const auto& order : peers) picker.received(order.number, 500, now);
    }
    if (picker.complete()) return;  // the edge had the last chunk before the peer was asked
    BOOST_REQUIRE(!edge.empty());
    BOOST_REQUIRE(!peers.empty());
    BOOST_TEST(edge[0].chunk == peers[0].chunk);
    bring(picker, edge[0], now, 100);
    const auto superfluous = picker.superfluous();
    BOOST_TEST(std::ranges::count(superfluous, peers[0].number) == 1);
}

BOOST_AUTO_TEST_CASE(peers_with_false_announces_do_not_delay_a_song) {
    auto picker = song(10);
    for (int peer = 0; peer < 8; ++peer) picker.set_peer(peer, all(10), 1e6);
    Millis now = 0;
    for (; now < 20'000 && !picker.complete(); now += 100)
        for (const auto& order : picker.pick(now)) {
            if (order.source == Order::edge)
                bring(picker, order, now, 90);
            else
                picker.failed(order.number, Fault::missing, now);
        }
    BOOST_TEST(picker.complete());
    BOOST_TEST(now < 2500);  // the edge alone: a chunk each 100 ms
}

BOOST_AUTO_TEST_CASE(a_lost_chunk_is_requested_again) {
    auto picker = song(1);
    picker.have_chunk(0);
    BOOST_TEST(picker.complete());
    BOOST_TEST(picker.pick(0).empty());
    picker.lost_chunk(0);
    BOOST_TEST(!picker.complete());
    BOOST_TEST(picker.pick(0).size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_edge_is_asked_while_all_are_out_of_favour) {
    auto picker = song(3);
    picker.pause_edge(1000);
    BOOST_TEST(picker.pick(999).empty());
    BOOST_TEST(picker.pick(1000).size() == 1u);
}

BOOST_AUTO_TEST_CASE(while_peers_send_the_edge_mostly_has_one_transfer_at_a_time) {
    for (const bool helped : {false, true}) {
        auto picker = song(20);
        teach_edge(picker, 0, 400);  // 1 MB/s
        if (helped) picker.set_peer(1, all(20), 100e3);
        const auto orders = of_edge(picker.pick(1000));
        // 400 kB are less than half a second, and more than any round trip
        BOOST_REQUIRE(orders.size() == (helped ? 1u : 2u));
        if (!helped) continue;
        picker.received(orders[0].number, 290'000, 1290);
        BOOST_TEST(!picker.edge_wanted(1290));
        picker.received(orders[0].number, 60'000, 1350);
        BOOST_TEST(picker.edge_wanted(1350));
    }
}

/// One chunk of eight pieces of 10 kB, of which peers have some.
Picker one_in_parts(const Picker::Options& options = {}) {
    Picker picker{{80'000}, options, 1};
    picker.set_pieces({{0, 10'000, 20'000, 30'000, 40'000, 50'000, 60'000, 70'000}});
    picker.pause_edge(1'000'000);
    return picker;
}

BOOST_AUTO_TEST_CASE(a_peer_is_asked_only_for_pieces_that_it_has) {
    for (const bool rare : {false, true}) {
        Picker::Options options;
        options.rare_pieces = rare;
        auto picker = one_in_parts(options);
        const PieceSet has = 0b0110'0110;
        picker.set_peer(0, {{false}, {{0, has}}}, 1e6);
        PieceSet asked = 0;
        for (Millis now = 0; now < 1000; now += 100)
            for (const auto& order : picker.pick(now)) {
                BOOST_TEST(order.source == 0);
                BOOST_TEST(contains(has, order.first, order.end));
                for (int i = order.first; i < order.end; ++i) {
                    BOOST_TEST(!contains(asked, i));
                    asked |= PieceSet{1} << i;
                    picker.piece_done(order.number, i, now);
                }
                picker.finished(order.number, now);
            }
        BOOST_TEST(asked == has);
        picker.set_peer(0, {{false}, {{0, has | 1}}}, 1e6);  // one more has arrived there
        const auto more = picker.pick(2000);
        BOOST_REQUIRE(more.size() == 1u);
        BOOST_TEST((more[0].first == 0 && more[0].end == 1));
    }
}

BOOST_AUTO_TEST_CASE(a_piece_that_few_peers_have_comes_first) {
    Picker::Options options;
    options.rare_pieces = true;
    options.strangers = 1;
    auto picker = one_in_parts(options);
    picker.set_peer(0, std::vector<bool>{true}, 1e6);
    picker.set_peer(1, {{false}, {{0, 0b1101'1111}}}, 20e3);
    picker.set_peer(2, {{false}, {{0, 0b1101'1111}}}, 20e3);
    const auto orders = picker.pick(0);
    BOOST_REQUIRE(orders.size() == 1u);
    BOOST_TEST(orders[0].first == 5);
}

BOOST_AUTO_TEST_CASE(pieces_that_a_peer_had_no_more_are_not_asked_of_it_again) {
    auto picker = one_in_parts();
    picker.set_peer(0, {{false}, {{0, 0xff}}}, 1e6);
    const auto orders = picker.pick(0);
    BOOST_REQUIRE(orders.size() == 1u);
    picker.failed(orders[0].number, Fault::missing, 10);
    BOOST_TEST(picker.pick(60'000).empty());
}

BOOST_AUTO_TEST_SUITE_END()
