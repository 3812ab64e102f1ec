// The tracker's state, driven with made-up addresses on a made-up clock.
#include "swarm/memory.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <map>
#include <random>
#include <set>

using namespace stretto;
using namespace stretto::swarm;

namespace {

const Layout layout{{96, 160, 320}, 21};
const Have all{{96, {{0, 20}}}, {160, {{0, 20}}}, {320, {{0, 20}}}};
const Location berlin{52.5f, 13.4f}, leipzig{51.3f, 12.4f}, paris{48.9f, 2.4f},
    sydney{-33.9f, 151.2f};

std::string song(int n) { return text("s", std::string(26, '0'), 10000 + n); }
Endpoint at(const std::string& ip, int port = 8490) {
    return {*parse_ip(ip), static_cast<std::uint16_t>(port)};
}
PeersQuery of(int n, std::optional<int> kbps = {}, std::optional<int> chunk = {}) {
    return {song(n), kbps, chunk, {}, 16, "", 0};
}
/// Address i of as many networks.
Endpoint far_apart(int i) { return at(text("10.", i / 256, ".", i % 256, ".1")); }

/// A tracker whose songs have all the same layout, and whose peers can all be reached.
struct Tracker {
    explicit Tracker(PeersLimits limits = {})
        : peers(limits, 0x030201, std::make_unique<PlainSeal>(1), now) {}

    Peers::Announced announce(const Endpoint& from, const Announce& said, bool reached = true) {
        auto result = peers.announce(from, said, now);
        for (const auto& id : result.unknown)
            peers.has(from, result.stamp, id, layout, said.songs.at(id));
        if (result.unproven) peers.proved(from, reached, now);
        return result;
    }
    Peers::Announced join(const Endpoint& from, std::optional<Location> place = {}, Have have = all,
                          int n = 1) {
        return announce(
            from, {"p" + std::to_string(from.port), from.port, place, 5000, {{song(n), have}}});
    }
    std::vector<PeerInfo> list(const Asker& asker, PeersQuery query = of(1)) {
        std::vector<PeerInfo> out;
        peers.list(query, asker, now, [&](std::string_view found) {
            out = *parse_peers_answer(wrap_peers_list(found));
        });
        return out;
    }
    std::vector<std::string> urls(const Asker& asker, const PeersQuery& query = of(1)) {
        std::vector<std::string> out;
        for (const auto& peer : list(asker, query)) out.push_back(peer.url);
        return out;
    }
    bool names(const std::string& url, const Asker& asker = {*parse_ip("203.0.113.9"), {}}) {
        return std::ranges::count(urls(asker), url) > 0;
    }
    void expire() {
        while (peers.expire(now)) {
        }
    }
    std::uint64_t now = 1'000'000;
    MemoryPeers peers;
};

const Asker somebody{*parse_ip("203.0.113.9"), berlin};

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_memory)

BOOST_AUTO_TEST_CASE(a_reachable_peer_is_listed_with_its_chunks) {
    Tracker t;
    const Have have{{96, {{0, 3}}}, {320, {{7, 7}}}};
    const auto result = t.join(at("192.0.2.1", 5000), paris, have);
    BOOST_TEST(result.unproven);
    BOOST_TEST(!result.listed);
    const auto found = t.list(somebody);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].peer_id == "p5000");
    BOOST_TEST(found[0].url == "http://192.0.2.1:5000");
    BOOST_TEST((found[0].have == have));
    BOOST_TEST(found[0].upload_kbps == 5000);
    BOOST_TEST(*found[0].km == distance_km(berlin, paris), boost::test_tools::tolerance(0.01));
    BOOST_TEST(t.join(at("192.0.2.1", 5000), paris, have).listed);
}

BOOST_AUTO_TEST_CASE(an_unreachable_peer_is_not_listed) {
    Tracker t;
    const Announce said{"p", 5000, {}, 1, {{song(1), all}}};
    const auto peer = at("192.0.2.1", 5000);
    auto result = t.peers.announce(peer, said, t.now);
    t.peers.has(peer, result.stamp, song(1), layout, all);
    BOOST_TEST(t.urls(somebody).empty());                       // not yet
    BOOST_TEST(!t.peers.announce(peer, said, t.now).unproven);  // one attempt at a time
    t.peers.proved(peer, false, t.now);
    BOOST_TEST(t.urls(somebody).empty());
    BOOST_TEST(t.peers.stats().listed == 0u);
    // and again later
    BOOST_TEST(!t.peers.announce(peer, said, t.now).unproven);
    t.now += 31'000;
    BOOST_TEST(t.announce(peer, said).unproven);
    BOOST_TEST(t.urls(somebody).size() == 1u);
    BOOST_TEST(t.peers.stats().listed == 1u);
}

BOOST_AUTO_TEST_CASE(an_announce_replaces_the_previous_one) {
    Tracker t;
    const auto peer = at("192.0.2.1");
    t.announce(peer, {"a", 8490, {}, 1, {{song(1), all}, {song(2), all}}});
    t.announce(peer, {"b", 8490, {}, 1, {{song(2), {{96, {{5, 5}}}}}, {song(3), all}}});
    BOOST_TEST(t.list(somebody).empty());
    const auto second = t.list(somebody, of(2));
    BOOST_REQUIRE(second.size() == 1u);
    BOOST_TEST((second[0].have == Have{{96, {{5, 5}}}}));
    BOOST_TEST(second[0].peer_id == "b");
    BOOST_TEST(t.list(somebody, of(3)).size() == 1u);
    BOOST_TEST(t.peers.stats().entries == 2u);
    BOOST_TEST(t.peers.stats().songs == 2u);
}

BOOST_AUTO_TEST_CASE(an_announce_that_says_the_same_changes_nothing) {
    Tracker t;
    const auto peer = at("192.0.2.1");
    const Announce said{"a", 8490, berlin, 1, {{song(1), all}, {song(2), {{96, {{0, 1}}}}}}};
    t.announce(peer, said);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(t.announce(peer, said).unknown.empty());
        BOOST_TEST(t.peers.stats().entries == 2u);
        BOOST_TEST((t.list(somebody, of(2)).at(0).have == Have{{96, {{0, 1}}}}));
    }
    auto moved = said;
    moved.location = sydney;
    moved.songs[song(2)] = {{96, {{0, 2}}}};
    t.announce(peer, moved);
    BOOST_TEST((t.list(somebody).at(0).have == all));
    BOOST_TEST((t.list(somebody, of(2)).at(0).have == Have{{96, {{0, 2}}}}));
    t.announce(peer, {"a", 0, {}, 1, {}});
    BOOST_TEST(t.announce(peer, said).unknown.size() == 2u);  // nobody has them any more
    BOOST_TEST(t.peers.stats().entries == 2u);
}

BOOST_AUTO_TEST_CASE(a_late_layout_applies_only_to_its_own_announce) {
    Tracker t;
    const auto peer = at("192.0.2.1");
    const auto first = t.peers.announce(peer, {"a", 8490, {}, 1, {{song(1), all}}}, t.now);
    const auto second = t.peers.announce(peer, {"a", 8490, {}, 1, {{song(2), all}}}, t.now);
    t.peers.has(peer, first.stamp, song(1), layout, all);
    BOOST_TEST(t.peers.stats().entries == 0u);
    t.peers.has(peer, second.stamp, song(2), layout, all);
    BOOST_TEST(t.peers.stats().entries == 1u);
    t.peers.announce(peer, {"a", 0, {}, 1, {}}, t.now);
    t.peers.has(peer, second.stamp, song(2), layout, all);
    t.peers.has(at("192.0.2.9"), second.stamp, song(2), layout, all);
    BOOST_TEST(t.peers.stats().entries == 0u);
    BOOST_TEST(t.peers.stats().songs == 0u);
}

BOOST_AUTO_TEST_CASE(a_leaving_peer_is_removed_at_once) {
    Tracker t;
    t.join(at("192.0.2.1"));
    BOOST_TEST(t.announce(at("192.0.2.1"), {"p", 8490, {}, 1, {}}).what == Peers::Announced::left);
    BOOST_TEST(t.urls(somebody).empty());
    BOOST_TEST(t.peers.stats().songs == 0u);
    BOOST_TEST(t.peers.stats().listed == 0u);
    BOOST_TEST(t.join(at("192.0.2.1")).listed);
    BOOST_TEST(t.urls(somebody).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_forgotten) {
    Tracker t;
    t.join(at("192.0.2.1"));
    t.join(at("192.0.2.2"));
    t.now += 299'000;
    t.join(at("192.0.2.2"));
    t.expire();
    BOOST_TEST(t.urls(somebody).size() == 2u);
    t.now += 1'000;
    // before expiry has come to it
    BOOST_TEST(t.names("http://192.0.2.2:8490"));
    BOOST_TEST(!t.names("http://192.0.2.1:8490"));
    t.expire();
    BOOST_TEST(t.peers.stats().peers == 1u);
    BOOST_TEST(t.peers.stats().expired == 1u);
    t.now += 300'000;
    t.expire();
    BOOST_TEST(t.peers.stats().peers == 0u);
    BOOST_TEST(t.peers.stats().entries == 0u);
    BOOST_TEST(t.peers.stats().songs == 0u);
    BOOST_TEST(t.peers.stats().listed == 0u);
}

BOOST_AUTO_TEST_CASE(near_peers_come_first_and_those_in_the_clients_network_before_all) {
    Tracker t;
    t.join(at("198.51.100.1"), sydney);
    t.join(at("198.51.101.1"), paris);
    t.join(at("198.51.102.1"), leipzig);
    t.join(at("198.51.103.1"), berlin);
    t.join(at("203.0.113.7"));
    t.join(at("198.51.104.1"));  // nobody knows where
    const std::vector<std::string> nearest{"http://203.0.113.7:8490", "http://198.51.103.1:8490",
                                           "http://198.51.102.1:8490", "http://198.51.101.1:8490"};
    auto found = t.urls(somebody);
    BOOST_REQUIRE(found.size() == 6u);
    found.resize(4);
    BOOST_TEST(found == nearest, boost::test_tools::per_element());
    BOOST_TEST(t.urls({*parse_ip("192.0.2.1"), sydney})[0] == "http://198.51.100.1:8490");
}

BOOST_AUTO_TEST_CASE(in_a_big_swarm_too) {
    Tracker t;
    for (int i = 0; i < 3000; ++i) t.join(far_apart(i), i % 3 ? paris : sydney);
    for (int i = 0; i < 20; ++i) t.join(at(text("198.51.100.", i)), i % 2 ? sydney : berlin);
    for (int i = 0; i < 3; ++i) t.join(at(text("203.0.113.", i)), sydney);
    const auto found = t.list(somebody);
    BOOST_REQUIRE(found.size() == 16u);
    for (std::size_t i = 0; i < 3; ++i)
        BOOST_TEST(found[i].url.starts_with("http://203.0.113."), found[i].url);
    for (std::size_t i = 3; i < 7; ++i) BOOST_TEST(*found[i].km < 1, found[i].url);
    for (std::size_t i = 7; i < 12; ++i) BOOST_TEST(*found[i].km < 1000);
    // the last quarter are some of those who have been there longest
}

BOOST_AUTO_TEST_CASE(equals_share_the_load) {
    Tracker t;
    for (int i = 0; i < 60; ++i) t.join(far_apart(i), berlin);
    std::map<std::string, int> named;
    for (int i = 0; i < 600; ++i)
        for (const auto& url : t.urls(somebody, {song(1), {}, {}, {}, 4, "", 0})) ++named[url];
    BOOST_TEST(named.size() == 60u);
    const auto [least, most] =
        std::ranges::minmax_element(named, {}, [](const auto& n) { return n.second; });
    BOOST_TEST(least->second >= 20);
    BOOST_TEST(most->second <= 80);
}

BOOST_AUTO_TEST_CASE(no_peer_is_named_to_itself) {
    Tracker t;
    t.join(at("192.0.2.1", 5000));
    t.join(at("192.0.2.1", 5001));
    const Asker self{*parse_ip("192.0.2.1"), {}};
    BOOST_TEST(t.list(self).empty());
    const PeersQuery by_port{song(1), {}, {}, {}, 16, "", 5000};
    BOOST_TEST(t.urls(self, by_port) == std::vector<std::string>{"http://192.0.2.1:5001"});
    const PeersQuery by_id{song(1), {}, {}, {}, 16, "p5001", 0};
    BOOST_TEST(t.urls(self, by_id) == std::vector<std::string>{"http://192.0.2.1:5000"});
    BOOST_TEST(t.list(somebody, by_port).size() == 2u);  // somebody else's port
    t.join(at("127.0.0.1", 5000));
    BOOST_TEST(t.list({*parse_ip("127.0.0.1"), {}}).size() == 3u);
}

BOOST_AUTO_TEST_CASE(only_those_with_the_chunk_are_named) {
    Tracker t;
    t.join(at("192.0.2.1"), {}, {{320, {{0, 4}}}});
    t.join(at("192.0.3.1"), {}, {{160, {{0, 20}}}});
    const auto names = [&](std::optional<int> kbps, std::optional<int> chunk) {
        return t.list(somebody, of(1, kbps, chunk)).size();
    };
    BOOST_TEST(names(320, 4) == 1u);
    BOOST_TEST(names(320, 5) == 0u);
    BOOST_TEST(names({}, 4) == 2u);
    BOOST_TEST(names({}, 5) == 1u);
    BOOST_TEST(names(160, {}) == 1u);
    BOOST_TEST(names(128, {}) == 0u);
    BOOST_TEST(names(160, 21) == 0u);
    BOOST_TEST(t.list(somebody, of(2)).empty());
    BOOST_TEST(t.list(somebody, {"nonsense", {}, {}, {}, 16, "", 0}).empty());
}

BOOST_AUTO_TEST_CASE(ten_thousand_announces_from_one_source_displace_no_peer) {
    Tracker t;
    for (int i = 0; i < 5; ++i) t.join(far_apart(i), sydney);
    int taken = 0;
    for (int port = 1024; port < 11024; ++port)
        taken += t.join(at(text("198.51.100.", port % 200), port), berlin).what ==
                 Peers::Announced::taken;
    BOOST_TEST(taken == 256);
    BOOST_TEST(t.peers.stats().crowded == 10'000u - 256u);
    BOOST_TEST(t.peers.stats().entries == 5u + 256u);
    const auto found = t.urls(somebody);
    BOOST_TEST(found.size() == 16u);
    for (int i = 0; i < 5; ++i) BOOST_TEST(std::ranges::count(found, far_apart(i).url()) == 1);
    BOOST_TEST(t.join(far_apart(5)).what == Peers::Announced::taken);
}

BOOST_AUTO_TEST_CASE(quotas_nest) {
    const auto v6 = [](int a, int b, int port) {  // of 2001:db8::/32
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "2001:db8:%x:%x::1", a, b);
        return at(text.data(), port);
    };
    Tracker t;
    const auto taken = [&](int first, int last, auto make) {
        int n = 0;
        for (int i = first; i < last; ++i) n += t.join(make(i)).what == Peers::Announced::taken;
        return n;
    };
    BOOST_TEST(taken(2000, 4000, [&](int i) { return v6(1, 0, i); }) == 64);  // a /64
    BOOST_TEST(taken(0, 256 * 64, [&](int i) { return v6(1, i % 256, 10'000 + i); }) == 256 - 64);
    BOOST_TEST(taken(0, 65536, [&](int i) { return v6(1, i, 5000); }) == 1024 - 256);   // a /48
    BOOST_TEST(taken(0, 65536, [&](int i) { return v6(i, 0, 6000); }) == 4096 - 1024);  // a /32
    BOOST_TEST(taken(0, 1000, [&](int i) { return at("192.0.2.1", 2000 + i); }) == 64);
    BOOST_TEST(taken(0, 1000, [&](int i) { return at(text("192.0.2.", i % 256), 5000 + i); }) ==
               256 - 64);
    BOOST_TEST(taken(0, 65536, [&](int i) {
                   return at(text("192.0.", i / 256, ".", i % 256), 7000);
               }) == 1024 - 256);
    BOOST_TEST(t.join(at("192.1.0.1")).what == Peers::Announced::taken);
    BOOST_TEST(t.join(at("2001:db9::1")).what == Peers::Announced::taken);
    BOOST_TEST(t.peers.stats().peers == 4096u + 1024u + 2u);
}

BOOST_AUTO_TEST_CASE(three_hundred_homes_in_a_48_are_admitted_despite_a_greedy_one) {
    Tracker t;
    const auto home = [](int i) {
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "2001:db8:1:%x::1", i * 0x80);
        return text;
    };
    for (int port = 2000; port < 20'000; ++port) t.join(at(home(0).data(), port));
    for (int i = 1; i <= 300; ++i)
        BOOST_TEST(t.join(at(home(i).data())).what == Peers::Announced::taken);
    BOOST_TEST(t.peers.stats().entries == 32u + 300u);
}

BOOST_AUTO_TEST_CASE(unreachable_peers_exclude_no_others) {
    Tracker t;
    const auto round = [&](bool reached) {
        for (int i = 0; i < 256; ++i)
            BOOST_TEST(t.announce(at(text("198.51.100.", i)), {"p", 8490, {}, 1, {{song(1), all}}},
                                  reached)
                           .what == Peers::Announced::taken);
    };
    for (int n = 0; n < 5; ++n) {
        round(false);
        BOOST_TEST(t.peers.stats().entries == static_cast<unsigned>(n));
        BOOST_TEST(t.join(at("198.51.100.7", 5000 + n)).what == Peers::Announced::taken);
        t.now += 60'000;
    }
    BOOST_TEST(t.peers.stats().listed == 5u);
    // those that are being tried fill their own pool, as far as it goes
    const Announce said{"p", 8490, {}, 1, {{song(1), all}}};
    int taken = 0;
    for (int i = 0; i < 256; ++i)
        taken += t.peers.announce(at(text("203.0.113.", i)), said, t.now).what ==
                 Peers::Announced::taken;
    BOOST_TEST(taken == 64);
    BOOST_TEST(t.join(at("203.0.112.1")).what == Peers::Announced::taken);
    for (int i = 0; i < 256; ++i) t.peers.proved(at(text("203.0.113.", i)), false, t.now);
    BOOST_TEST(t.join(at("203.0.113.77", 5000)).what == Peers::Announced::taken);
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_during_its_probe_is_forgotten) {
    Tracker t;
    const auto peer = at("192.0.2.1");
    BOOST_TEST(t.peers.announce(peer, {"p", 8490, {}, 1, {{song(1), all}}}, t.now).unproven);
    t.announce(peer, {"p", 0, {}, 0, {}});
    t.peers.proved(peer, true, t.now);
    BOOST_TEST(t.peers.stats().peers == 0u);
    BOOST_TEST(t.peers.stats().listed == 0u);
}

BOOST_AUTO_TEST_CASE(one_network_fills_at_most_a_quarter_of_a_response_if_there_are_others) {
    for (const char* asker : {"203.0.113.9", "198.51.100.9", "2001:db8:7::9"})
        for (const int want : {4, 16, 64}) {
            Tracker t;
            for (int i = 10; i < 250; ++i) t.join(at(text("198.51.100.", i)), berlin);
            for (int i = 10; i < 99; ++i) t.join(at(text("2001:db8:7:", i, "::1")), berlin);
            for (int i = 0; i < 60; ++i) t.join(far_apart(i), sydney);
            const auto found =
                t.urls({*parse_ip(asker), berlin}, {song(1), {}, {}, {}, want, "", 0});
            BOOST_TEST(static_cast<int>(found.size()) == want);
            for (const char* network : {"http://198.51.100.", "http://[2001:db8:7:"})
                BOOST_TEST(std::ranges::count_if(found, [&](const auto& url) {
                               return url.starts_with(network);
                           }) <= want / 4);
        }
}

BOOST_AUTO_TEST_CASE(a_network_that_left_has_room_again) {
    Tracker t;
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 40; ++i) t.join(at(text("198.51.100.", i)));
        BOOST_TEST(t.peers.stats().entries == 40u);
        t.now += 300'000;
        t.expire();
        BOOST_TEST(t.peers.stats().peers == 0u);
    }
    for (int round = 0; round < 5; ++round)
        for (int i = 0; i < 32; ++i) {
            t.join(at(text("198.51.100.", i)));
            t.announce(at(text("198.51.100.", i)), {"p", 0, {}, 0, {}});
        }
    BOOST_TEST(t.join(at("198.51.100.99")).what == Peers::Announced::taken);
    BOOST_TEST(t.peers.stats().entries == 1u);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_by_the_limits) {
    Tracker t{{.peers = 100, .songs_a_peer = 2, .of_swarm = 50}};
    for (int i = 0; i < 200; ++i) t.join(far_apart(i));
    BOOST_TEST(t.peers.stats().peers == 100u);
    BOOST_TEST(t.peers.stats().full == 100u);
    BOOST_TEST(t.peers.stats().entries == 50u);
    Announce many{"p", 8490, {}, 1, {}};
    for (int i = 0; i < 500; ++i) many.songs[song(i)] = all;
    t.announce(far_apart(0), many);
    BOOST_TEST(t.peers.stats().entries == 200u);
    t.join(far_apart(0));  // who is in may go on
    BOOST_TEST(t.peers.stats().entries <= 51u);
}

BOOST_AUTO_TEST_CASE(a_bad_peer_sinks_and_drops_out) {
    Tracker t;
    t.join(far_apart(1), berlin);
    t.join(far_apart(2), Location{53, 13.4f});  // 55 km
    const auto bad = far_apart(1).url(), good = far_apart(2).url();
    const Announce two{"p", 8490, berlin, 5000, {{song(1), all}, {song(2), all}}};
    t.announce(far_apart(1), two);
    for (int network = 1; network <= 4; ++network)  // they have received both
        t.announce(at(text("203.", network, ".113.8")),
                   {"r", 8490, Location{-33.9f, 151.2f}, 5000, two.songs});
    const auto report = [&](int network, bool ok) {
        const Asker reporter{*parse_ip(text("203.", network, ".113.9")), berlin};
        const int n = 1 + network % 2;
        for (const auto& peer : t.list(reporter, of(n)))
            if (peer.url == bad)
                return t.peers.report({peer.ticket, ok, "hash", 0, 0}, reporter.ip, t.now);
        return false;
    };
    BOOST_TEST(t.urls(somebody)[0] == bad);
    BOOST_TEST(report(1, false));
    BOOST_TEST(!report(1, false));  // counts once
    BOOST_TEST(report(2, false));
    t.now += 1000;
    BOOST_TEST(t.urls(somebody)[0] == good);
    BOOST_TEST(t.urls(somebody).size() == 6u);
    BOOST_TEST(report(3, false));
    BOOST_TEST(report(4, false));
    BOOST_TEST(!t.names(bad));
    BOOST_TEST(t.names(good));
    // going and coming back washes nobody clean
    t.announce(far_apart(1), {"new", 0, {}, 0, {}});
    t.announce(far_apart(1), two);
    BOOST_TEST(!t.names(bad));
    BOOST_TEST(t.peers.stats().reports == 4u);
    BOOST_TEST(t.peers.stats().reports_refused == 1u);
}

BOOST_AUTO_TEST_CASE(four_networks_cannot_empty_the_lists) {
    Tracker t;
    for (int i = 0; i < 20; ++i) t.join(far_apart(i), berlin);
    for (int network = 1; network <= 4; ++network)
        for (int round = 0; round < 20; ++round) {
            const Asker reporter{*parse_ip(text("203.", network, ".113.9")), berlin};
            for (const auto& peer : t.list(reporter))
                t.peers.report({peer.ticket, false, "hash", 0, 0}, reporter.ip, t.now);
        }
    BOOST_TEST(t.urls(somebody).size() == 16u);
}

// Who passes a song on has received some of it; a stranger may never have asked for any.
BOOST_AUTO_TEST_CASE(a_report_of_who_passes_the_song_on_counts_more_than_a_strangers) {
    const auto health_after = [](int song_of_reporter, bool reports) {
        Tracker t;
        const Asker reporter{*parse_ip("198.51.100.9"), berlin};
        t.join(far_apart(1), berlin);
        t.join(at("198.51.100.7"), berlin, all, song_of_reporter);
        const auto find = [&](const Asker& asker) {
            const auto listed = t.list(asker);
            const auto found = std::ranges::find(listed, far_apart(1).url(), &PeerInfo::url);
            BOOST_REQUIRE(found != listed.end());
            return *found;
        };
        const auto ticket = find(reporter).ticket;
        if (reports) t.peers.report({ticket, false, "hash", 0, 0}, reporter.ip, t.now);
        return find(somebody).health;
    };
    BOOST_TEST(health_after(1, true) < health_after(2, true));
    BOOST_TEST(health_after(2, true) < health_after(2, false));
}

BOOST_AUTO_TEST_CASE(a_thousand_new_peers_do_not_hide_older_ones) {
    for (const auto& place : {berlin, sydney}) {
        Tracker t;
        std::set<std::string> seeders;
        for (int i = 0; i < 20; ++i) {
            t.join(far_apart(i), Location{50.0f + static_cast<float>(i) / 4, 10});
            seeders.insert(far_apart(i).url());
        }
        t.now += 10'000;
        for (int i = 20; i < 1020; ++i) t.join(far_apart(i), place);
        t.now += 120'000;
        int good = 0;
        for (int i = 0; i < 100; ++i) {
            const Asker asker{*parse_ip(text("203.", i, ".113.9")), place};
            good += std::ranges::any_of(t.urls(asker),
                                        [&](const auto& url) { return seeders.contains(url); });
            t.now += 1000;
        }
        BOOST_TEST(good >= 90);
    }
}

BOOST_AUTO_TEST_CASE(a_report_needs_its_own_ticket) {
    Tracker t;
    t.join(far_apart(1), berlin);
    const auto ticket = t.list(somebody)[0].ticket;
    BOOST_TEST(!t.peers.report({ticket, false, "", 0, 0}, *parse_ip("192.0.2.1"), t.now));
    BOOST_TEST(!t.peers.report({std::string(32, '0'), false, "", 0, 0}, somebody.ip, t.now));
    BOOST_TEST(!t.peers.report({"", false, "", 0, 0}, somebody.ip, t.now));
    // for a peer that is another by now
    t.now += 300'000;
    t.expire();
    t.join(far_apart(2), berlin);
    BOOST_TEST(!t.peers.report({ticket, false, "", 0, 0}, somebody.ip, t.now));
}

BOOST_AUTO_TEST_CASE(the_layout_of_a_song_is_known_while_a_peer_has_it) {
    Tracker t;
    BOOST_TEST(!t.peers.layout(song(1)));
    t.join(at("192.0.2.1"));
    BOOST_TEST((*t.peers.layout(song(1)) == layout));
    t.announce(at("192.0.2.1"), {"p", 0, {}, 0, {}});
    BOOST_TEST(!t.peers.layout(song(1)));
}

BOOST_AUTO_TEST_CASE(the_largest_swarms_are_listed_with_their_complete_peers) {
    Tracker t;
    for (int i = 0; i < 9; ++i)
        t.join(far_apart(i), {}, i < 4 ? all : Have{{96, {{0, 1}}}}, i % 3 ? 7 : 8);
    const auto biggest = t.peers.biggest(1);
    BOOST_REQUIRE(biggest.size() == 1u);
    BOOST_TEST(biggest[0].song_id == song(7));
    BOOST_TEST(biggest[0].peers == 6u);
    BOOST_TEST(biggest[0].complete == 2u);
    BOOST_TEST(t.peers.biggest(10).size() == 2u);
}

BOOST_AUTO_TEST_CASE(expiry_does_a_bounded_part_of_the_work_at_a_time) {
    Tracker t;
    for (int i = 0; i < 20'000; ++i) t.join(far_apart(i), {}, all, i % 50);
    t.now += 300'000;
    int turns = 1;
    std::uint64_t before = t.peers.stats().peers;
    for (; t.peers.expire(t.now); ++turns) {
        const auto after = t.peers.stats().peers;
        BOOST_TEST(before - after <= 1000u);
        before = after;
    }
    BOOST_TEST(turns >= 40);
    BOOST_TEST(t.peers.stats().peers == 0u);
}

BOOST_AUTO_TEST_CASE(random_operations_agree_with_a_plain_map) {
    Tracker t{{.ttl_s = 100}};
    struct Truth {
        std::map<int, bool> songs;  // whether it has all of one
        std::uint64_t until = 0;
    };
    std::map<int, Truth> truth;
    std::mt19937 random{7};
    const std::optional<Location> places[] = {berlin, paris, sydney, std::nullopt};
    for (int step = 0; step < 6000; ++step) {
        const int who = static_cast<int>(random() % 300);
        Announce said{"p", 8490, places[random() % 4], 100, {}};
        Truth& one = truth[who];
        const auto before = std::exchange(one.songs, {});
        // as most announces, many say the same as the last one but for a song, if at all
        if (random() % 2) one.songs = before;
        if (random() % 10)
            for (int n = static_cast<int>(random() % 6); n > 0; --n) {
                const int which = static_cast<int>(random() % (random() % 20 + 1) + 1);
                one.songs[which] = random() % 2;
            }
        else
            one.songs.clear();
        for (const auto& [which, whole] : one.songs)
            said.songs[song(which)] = whole ? all : Have{{96, {{0, 1}}}};
        one.until = t.now + 100'000;
        t.announce(far_apart(who), said);
        t.now += random() % 700;
        if (random() % 3 == 0) t.peers.expire(t.now);
        if (step % 50) continue;
        t.expire();
        std::size_t entries = 0;
        std::map<int, std::size_t> members, whole;
        for (const auto& [peer, has] : truth)
            if (has.until / 1000 > t.now / 1000) {
                entries += has.songs.size();
                for (const auto& [of, yes] : has.songs) ++members[of], whole[of] += yes;
            }
        BOOST_REQUIRE(t.peers.stats().entries == entries);
        BOOST_REQUIRE(t.peers.stats().songs == members.size());
        for (const auto& swarm : t.peers.biggest(100)) {
            const auto of = std::stoi(swarm.song_id.substr(27)) - 10000;
            BOOST_TEST(swarm.peers == members[of]);
            BOOST_TEST(swarm.complete == whole[of]);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
