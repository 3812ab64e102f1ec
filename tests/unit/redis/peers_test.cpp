// A tracker's peers in Redis and in memory: one suite over both, on a made-up clock; then what only
// trackers that share a Redis do.
#include "redis/peers.hpp"

#include <random>

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_peers)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_reachable_peer_is_listed_with_its_chunks, Where, Both) {
    Tracker<Where> t;
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

BOOST_AUTO_TEST_CASE_TEMPLATE(an_unreachable_peer_is_not_listed, Where, Both) {
    Tracker<Where> t;
    const Announce said{"p", 5000, {}, 1, {{song(1), all}}};
    const auto peer = at("192.0.2.1", 5000);
    const auto result = t.announce_only(peer, said);
    t.has(peer, result.stamp, 1, all);
    BOOST_TEST(t.urls(somebody).empty());               // not yet
    BOOST_TEST(!t.announce_only(peer, said).unproven);  // one attempt at a time
    t.proved(peer, false);
    BOOST_TEST(t.urls(somebody).empty());
    BOOST_TEST(!t.announce_only(peer, said).unproven);
    t.now += 31'000;
    BOOST_TEST(t.announce(peer, said).unproven);
    BOOST_TEST(t.urls(somebody).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_announce_replaces_the_previous_one, Where, Both) {
    Tracker<Where> t;
    const auto peer = at("2001:db8::1");
    t.announce(peer, {"a", 8490, {}, 1, {{song(1), all}, {song(2), all}}});
    t.announce(peer, {"b", 8490, {}, 1, {{song(2), {{96, {{5, 5}}}}}, {song(3), all}}});
    BOOST_TEST(t.list(somebody).empty());
    const auto second = t.list(somebody, of(2));
    BOOST_REQUIRE(second.size() == 1u);
    BOOST_TEST((second[0].have == Have{{96, {{5, 5}}}}));
    BOOST_TEST(second[0].peer_id == "b");
    BOOST_TEST(t.list(somebody, of(3)).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_late_layout_applies_only_to_its_own_announce, Where, Both) {
    Tracker<Where> t;
    const auto peer = at("192.0.2.1");
    t.join(peer, {}, all, 9);
    const auto first = t.announce_only(peer, {"a", 8490, {}, 1, {{song(1), all}}});
    const auto second = t.announce_only(peer, {"a", 8490, {}, 1, {{song(2), all}}});
    t.has(peer, first.stamp, 1, all);
    BOOST_TEST(t.list(somebody).empty());
    t.has(peer, second.stamp, 2, all);
    BOOST_TEST(t.list(somebody, of(2)).size() == 1u);
    t.announce(peer, {"a", 0, {}, 1, {}});
    t.has(peer, second.stamp, 2, all);
    BOOST_TEST(t.list(somebody, of(2)).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_leaving_peer_is_removed_at_once, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1"));
    BOOST_TEST(t.announce(at("192.0.2.1"), {"p", 8490, {}, 1, {}}).what == Announced::left);
    BOOST_TEST(t.urls(somebody).empty());
    const auto back = t.join(at("192.0.2.1"));  // it has been reached before
    BOOST_TEST(!back.unproven);
    BOOST_TEST(t.urls(somebody).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_silent_peer_expires, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1"));
    t.pass(200'000);
    t.join(at("192.0.2.2"));
    BOOST_TEST(t.urls(somebody).size() == 2u);
    t.pass(101'000);
    BOOST_TEST(t.urls(somebody) == std::vector<std::string>{"http://192.0.2.2:8490"},
               boost::test_tools::per_element());
    BOOST_TEST(t.join(at("192.0.2.1")).unproven);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_peers_with_the_wanted_chunk_are_named, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1"), {}, {{96, {{0, 3}}}});
    t.join(at("198.51.100.1"), {}, {{320, {{0, 20}}}});
    BOOST_TEST(t.urls(somebody, of(1, 96, 2)) == std::vector<std::string>{"http://192.0.2.1:8490"},
               boost::test_tools::per_element());
    BOOST_TEST(t.urls(somebody, of(1, 96, 7)).empty());
    BOOST_TEST(t.urls(somebody, of(1, 64)).empty());
    BOOST_TEST(t.urls(somebody, of(2)).empty());
    BOOST_TEST(t.urls(somebody, {"no id", {}, {}, {}, 16, "", 0}).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_asker_is_not_named_to_itself, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1", 5000));
    t.join(at("192.0.2.1", 6000));
    auto query = of(1);
    query.port = 5000;
    BOOST_TEST(t.urls({*parse_ip("192.0.2.1"), {}}, query) ==
                   std::vector<std::string>{"http://192.0.2.1:6000"},
               boost::test_tools::per_element());
    BOOST_TEST(t.urls({*parse_ip("192.0.2.1"), {}}).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(near_peers_come_first, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1"), sydney);
    t.join(at("198.51.100.1"), paris);
    t.join(at("203.0.113.77"), berlin);
    BOOST_TEST(t.urls({*parse_ip("8.8.8.8"), berlin}) ==
                   (std::vector<std::string>{"http://203.0.113.77:8490", "http://198.51.100.1:8490",
                                             "http://192.0.2.1:8490"}),
               boost::test_tools::per_element());
}

/// Of 100 lists, a second after each other and for as many networks, those that name one of them.
int lists_with_any(auto& tracker, const std::set<std::string>& urls, const Location& place) {
    int good = 0;
    for (int i = 0; i < 100; ++i) {
        const Asker asker{*parse_ip(text("203.", i, ".113.9")), place};
        good += std::ranges::any_of(tracker.urls(asker),
                                    [&](const auto& url) { return urls.contains(url); });
        tracker.now += 1000;
    }
    return good;
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_thousand_new_peers_do_not_hide_older_ones, Where, Both) {
    for (const auto& place : {berlin, sydney}) {
        Tracker<Where> t;
        std::set<std::string> seeders;
        const auto seed = [&] {
            for (int i = 0; i < 20; ++i)
                t.join(far_apart(i), Location{50.0f + static_cast<float>(i) / 4, 10});
        };
        for (int i = 0; i < 20; ++i) seeders.insert(far_apart(i).url());
        seed();
        t.now += 10'000;
        for (int i = 20; i < 1020; ++i) t.join(far_apart(i), place);
        t.now += 90'000;
        seed();
        t.now += 30'000;
        BOOST_TEST(lists_with_any(t, seeders, place) >= 90);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_network_that_came_first_does_not_have_all_places_of_elders, Where,
                              Both) {
    for (const auto& place : {berlin, sydney}) {
        Tracker<Where> t;
        std::set<std::string> seeders;
        for (int i = 0; i < 20; ++i) seeders.insert(far_apart(i).url());
        const auto old = [&] {
            for (int i = 1; i <= 20; ++i) t.join(at(text("192.0.2.", i)), paris);
            for (int i = 0; i < 20; ++i) t.join(far_apart(i), paris);
        };
        old();
        t.now += 10'000;
        for (int i = 20; i < 1020; ++i) t.join(far_apart(i), place);
        t.now += 90'000;
        old();
        t.now += 30'000;
        BOOST_TEST(lists_with_any(t, seeders, place) >= 90);
    }
}

// Whoever comes later gets the places that are free.
BOOST_AUTO_TEST_CASE_TEMPLATE(a_swarm_of_one_network_takes_elders_of_others_later, Where, Both) {
    Tracker<Where> t;
    std::set<std::string> seeders;
    const auto first = [&] {
        for (int i = 1; i <= 120; ++i) t.join(at(text("192.0.2.", i)), sydney);
    };
    const auto second = [&] {
        for (int i = 0; i < 10; ++i) t.join(far_apart(i), paris);
    };
    for (int i = 0; i < 10; ++i) seeders.insert(far_apart(i).url());
    first();
    t.urls(somebody);
    t.now += 5'000;
    second();
    t.now += 5'000;
    for (int i = 20; i < 1020; ++i) t.join(far_apart(i), sydney);
    t.now += 60'000;
    first();
    second();
    BOOST_TEST(lists_with_any(t, seeders, sydney) >=
               75);  // 91 are expected: 4 of 24 are named, and ten are seeders
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rtc_peers_are_named_to_those_who_can_reach_them, Where, Both) {
    Tracker<Where> t;
    const std::string id(26, 'a');
    t.announce(at("192.0.2.1", 7), {id, 0, {}, 1, {{song(1), all}}, true});
    BOOST_TEST(t.urls(somebody).empty());
    auto query = of(1);
    query.rtc = true;
    BOOST_TEST(t.urls(somebody, query) == std::vector<std::string>{"rtc:" + id},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_home_is_not_a_whole_swarm, Where, Both) {
    PeersLimits limits;
    limits.of_home_in_swarm = 3;
    Tracker<Where> t{limits};
    for (int port = 2000; port < 2010; ++port) t.join(at("192.0.2.1", port));
    t.join(at("198.51.100.1"));
    auto query = of(1);
    query.want = 64;
    BOOST_TEST(t.urls(somebody, query).size() == 4u);
}

// The oracle is the tracker in memory.

BOOST_AUTO_TEST_CASE(ten_thousand_random_operations_have_the_same_results) {
    Tracker<InMemory> a;
    Tracker<InRedis> b;
    std::mt19937 random{8};
    const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
    const auto peer = [&](int i) {
        return i % 3 == 0 ? at(text("2001:db8:", i, "::1"), 2000 + i)
                          : at(text("192.0.", i, ".1"), 2000 + i);
    };
    const std::array<std::optional<Location>, 4> places{std::nullopt, berlin, paris, sydney};
    int named = 0, taken = 0;
    for (int step = 0; step < 10'000; ++step) {
        const int i = below(40);
        const auto who = peer(i);
        switch (below(10)) {
            case 0: {
                const auto ms = static_cast<std::uint64_t>(below(40'000));
                a.pass(ms), b.pass(ms);
                break;
            }
            case 1: {
                const Announce bye{"p", 0, {}, 1, {}};
                BOOST_REQUIRE(a.announce(who, bye).what == b.announce(who, bye).what);
                break;
            }
            case 2:
            case 3:
            case 4:
            case 5: {
                Announce said{text("peer", i),
                              who.port,
                              places[static_cast<unsigned>(below(4))],
                              1 + below(100'000),
                              {}};
                for (int n = 0; n < 5; ++n)
                    if (below(2)) {
                        const int first = below(21);
                        said.songs[song(n)] = {
                            {96, {{first, first + below(static_cast<unsigned>(21 - first))}}}};
                    }
                if (said.songs.empty()) break;
                const bool reached = below(10) > 0;
                const auto x = a.announce(who, said, reached), y = b.announce(who, said, reached);
                BOOST_REQUIRE(x.what == y.what);
                BOOST_REQUIRE(x.listed == y.listed);
                BOOST_REQUIRE(x.unproven == y.unproven);
                ++taken;
                break;
            }
            default: {
                auto query = of(below(5), 96, below(2) ? std::optional{below(21)} : std::nullopt);
                query.want = 64;
                const Asker asker{peer(below(60)).ip, places[static_cast<unsigned>(below(4))]};
                const auto sorted = [](std::vector<PeerInfo> all) {
                    std::ranges::sort(all, {}, &PeerInfo::url);
                    return all;
                };
                const auto x = sorted(a.list(asker, query)), y = sorted(b.list(asker, query));
                BOOST_REQUIRE_MESSAGE(x.size() == y.size(),
                                      "step " << step << ": " << x.size() << " != " << y.size());
                for (std::size_t k = 0; k < x.size(); ++k) {
                    BOOST_REQUIRE(x[k].url == y[k].url);
                    BOOST_REQUIRE(x[k].peer_id == y[k].peer_id);
                    BOOST_REQUIRE((x[k].have == y[k].have));
                    BOOST_REQUIRE(x[k].upload_kbps == y[k].upload_kbps);
                    BOOST_REQUIRE((x[k].km == y[k].km));
                }
                named += static_cast<int>(x.size());
            }
        }
    }
    BOOST_TEST(named > 1000);
    BOOST_TEST(taken > 1000);
}

// Trackers that share a Redis

BOOST_AUTO_TEST_CASE(trackers_share_peers_proofs_quotas_and_tickets) {
    PeersLimits limits;
    limits.unproved = {2, 4, 6, 8};
    Tracker<InRedis> a{limits};
    Tracker<InRedis> b{a.now, a.where.world(), limits};
    a.join(at("192.0.2.1"), berlin);
    const auto found = b.list(somebody);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].url == "http://192.0.2.1:8490");
    const auto again = b.announce(at("192.0.2.1"), {"p", 8490, berlin, 1, {{song(1), all}}});
    BOOST_TEST(again.listed);
    BOOST_TEST(!again.unproven);
    BOOST_TEST(again.unknown.empty());  // the layout is shared too
    BOOST_TEST(a.report(found[0].ticket, true, "203.0.113.9"));
    BOOST_TEST(!b.report(found[0].ticket, true, "203.0.113.9"));
    int taken = 0;
    for (int port = 2000; port < 2010; ++port)
        taken += (port % 2 ? a : b)
                     .announce_only(at("198.51.100.1", port), {"p", port, {}, 1, {{song(1), all}}})
                     .what == Announced::taken;
    BOOST_TEST(taken == 2);
}

// A tracker's copy of a page that a list does not need now is as old as the list that read it.

BOOST_AUTO_TEST_CASE(everything_in_redis_expires) {
    Tracker<InRedis> a;
    a.join(at("192.0.2.1"));
    a.announce(at("192.0.2.2"), {"p", 8490, {}, 1, {{song(1), all}}}, false);
    a.report(a.list(somebody).at(0).ticket, true, "203.0.113.9");
    a.now += 4 * 3600'000;
    auto& store = a.where.world()->store;
    std::vector<std::string> keys;
    for (const auto& [key, hash] : store.hashes) keys.push_back(key);
    for (const auto& key : keys) store({"HLEN", key});
    BOOST_TEST(store.hashes.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_redis_refuses_nobody) {
    Tracker<InRedis> a;
    a.join(at("192.0.2.1"));
    a.where.world()->store.is_full = true;
    BOOST_TEST(a.join(at("192.0.2.2")).what == Announced::taken);
    a.now += 2000;
    BOOST_TEST(a.list(somebody).size() == 1u);
}

BOOST_AUTO_TEST_CASE(nonsense_in_redis_is_passed_over) {
    Tracker<InRedis> a;
    a.join(at("192.0.2.1"));
    std::mt19937 random{3};
    for (auto& [key, hash] : a.where.world()->store.hashes) {
        hash["x"] = "y";
        hash[std::string(18, '\xff')] = std::string(40, '\xff');
        for (int i = 0; i < 20; ++i) {
            std::string field(random() % 20, 'x'), value(random() % 60, 'x');
            for (auto& c : field) c = static_cast<char>(random());
            for (auto& c : value) c = static_cast<char>(random());
            hash[field] = value;
        }
    }
    a.now += 2000;
    BOOST_TEST(a.urls(somebody).size() >= 1u);
    a.join(at("192.0.2.1"));
    a.join(at("192.0.2.2"));
    BOOST_TEST(a.urls(somebody).size() >= 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_peer_with_two_addresses_is_named_once, Where, Both) {
    Tracker<Where> t;
    const std::string both(26, 'a'), hidden(26, 'b');
    const auto over_rtc = [&](const std::string& id, const Endpoint& from, bool http) {
        t.announce(from, {id, 0, {}, 1, {{song(1), all}}, true, http});
    };
    t.join(at("192.0.2.1"), {});
    over_rtc(both, at("192.0.2.1", 7), true);
    over_rtc(hidden, at("198.51.100.1", 7), false);
    auto native = of(1), page = of(1);
    native.rtc = page.rtc = true;
    page.http = false;
    const auto urls = [&](const PeersQuery& query) {
        auto all = t.urls(somebody, query);
        std::ranges::sort(all);
        return all;
    };
    const std::vector<std::string> of_native{"http://192.0.2.1:8490", "rtc:" + hidden},
        of_page{"rtc:" + both, "rtc:" + hidden};
    BOOST_TEST(urls(native) == of_native, boost::test_tools::per_element());
    BOOST_TEST(urls(page) == of_page, boost::test_tools::per_element());
    // its port has been closed
    over_rtc(both, at("192.0.2.1", 7), false);
    BOOST_TEST(urls(native).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
