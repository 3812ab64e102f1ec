// Quotas of networks, in Redis and in memory.
#include "redis/places.hpp"

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_places)

BOOST_AUTO_TEST_CASE_TEMPLATE(networks_have_quotas, Where, Both) {
    PeersLimits limits;
    limits.of_prefix = {4, 8, 16, 20};
    limits.unproved = {2, 4, 6, 8};
    Tracker<Where> t{limits};
    const auto joins = [&](const std::string& ip, int from, int to, bool reached = true) {
        int taken = 0;
        for (int port = from; port < to; ++port)
            taken += t.announce(at(ip, port), {"p", port, {}, 1, {{song(1), all}}}, reached).what ==
                     Announced::taken;
        return taken;
    };
    BOOST_TEST(joins("2001:db8:1::1", 2000, 2010) == 4);    // of a /64
    BOOST_TEST(joins("2001:db8:1:1::1", 2000, 2010) == 4);  // of a /56: 8
    BOOST_TEST(joins("2001:db8:1:2::1", 2000, 2010) == 0);
    BOOST_TEST(joins("2001:db8:1:100::1", 2000, 2010) == 4);
    BOOST_TEST(joins("2001:db8:1:200::1", 2000, 2010) == 4);
    BOOST_TEST(joins("2001:db8:1:300::1", 2000, 2010) == 0);  // of a /48: 16
    BOOST_TEST(joins("192.0.2.1", 2000, 2010) == 4);          // of an address
    BOOST_TEST(joins("192.0.2.2", 2000, 2010) == 4);          // of a /24: 8
    BOOST_TEST(joins("192.0.2.3", 2000, 2010) == 0);
    t.pass(301'000);
    BOOST_TEST(joins("192.0.2.3", 2000, 2010) == 4);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_widest_prefixes_have_quotas_too, Where, Both) {
    PeersLimits limits;
    limits.of_prefix = {4, 8, 10, 12};
    Tracker<Where> t{limits};
    int v4 = 0, v6 = 0;
    for (int i = 0; i < 20; ++i) {
        v4 += t.join(at(text("192.0.", i, ".1"))).what == Announced::taken;
        v6 += t.join(at(text("2001:db8:", i, "::1"))).what == Announced::taken;
    }
    BOOST_TEST(v4 == 10);
    BOOST_TEST(v6 == 12);
    BOOST_TEST(t.join(at("198.51.1.1")).what == Announced::taken);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(peers_without_a_connection_have_quotas_of_their_own, Where, Both) {
    PeersLimits limits;
    limits.unproved = {2, 4, 6, 8};
    Tracker<Where> t{limits};
    int taken = 0;
    for (int port = 2000; port < 2010; ++port)
        taken +=
            t.announce_only(at("192.0.2.1", port), {"p", port, {}, 1, {{song(1), all}}}).what ==
            Announced::taken;
    BOOST_TEST(taken == 2);
    t.proved(at("192.0.2.1", 2000), true);
    BOOST_TEST(
        t.announce_only(at("192.0.2.1", 2005), {"p", 2005, {}, 1, {{song(1), all}}}).unproven);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(announces_at_the_same_moment_do_not_pass_a_quota, Where, Both) {
    PeersLimits limits;
    limits.unproved = {3, 4, 6, 8};
    Tracker<Where> t{limits};
    for (int round = 0; round < 2; ++round) {  // the second time all places have expired
        int taken = 0, answers = 0;
        for (int port = 2000; port < 2040; ++port)
            t.where.peers().announce(at("192.0.2.1", port), {"p", port, {}, 1, {{song(1), all}}},
                                     t.now, [&](const Announced& said) {
                                         ++answers;
                                         taken += said.what == Announced::taken;
                                     });
        t.where.settle([&] { return answers == 40; });
        BOOST_TEST(taken == 3);
        for (int port = 2000; port < 2040; ++port) t.proved(at("192.0.2.1", port), false);
        t.pass(301'000);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_proof_does_not_pass_the_quota_of_reached_peers, Where, Both) {
    PeersLimits limits;
    limits.of_prefix = {4, 6, 8, 10};
    limits.unproved = {16, 16, 16, 16};
    const auto crowded = [](Tracker<Where>& t) {
        return t.template wait<PeersStats>([&](auto done) { t.where.peers().stats(done); }).crowded;
    };
    for (const bool at_once : {false, true})
        for (const auto& [ips, most] :
             {std::pair{std::vector{"192.0.2.1"}, 4},
              {std::vector{"192.0.2.1", "192.0.2.2"}, 6},
              {std::vector{"192.0.2.1", "192.0.3.1", "192.0.4.1"}, 8},
              {std::vector{"2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1", "2001:db8:4::1"},
               10}}) {
            Tracker<Where> t{limits};
            std::vector<Endpoint> all_peers;
            for (const auto* ip : ips)
                for (int i = 0; i < 12 / static_cast<int>(ips.size()); ++i)
                    all_peers.push_back(at(ip, 2000 + i));
            for (const auto& peer : all_peers) {
                const Announce said{"p", peer.port, {}, 1, {{song(1), all}}};
                const auto result = t.announce_only(peer, said);
                BOOST_TEST(result.what == Announced::taken);
                if (!result.unknown.empty()) t.has(peer, result.stamp, 1, all);
            }
            for (const auto& peer : all_peers)
                at_once ? t.where.peers().proved(peer, true, t.now) : t.proved(peer, true);
            t.where.settle([] { return true; });
            auto query = of(1);
            query.want = 64;
            BOOST_TEST(t.urls(somebody, query).size() == static_cast<std::size_t>(most));
            BOOST_TEST(crowded(t) == static_cast<std::size_t>(12 - most));
            t.pass(1'300'000);  // all places are free again
            BOOST_TEST(t.join(all_peers.back()).what == Announced::taken);
            BOOST_TEST(t.urls(somebody, query).size() == 1u);
        }
}

BOOST_AUTO_TEST_SUITE_END()
