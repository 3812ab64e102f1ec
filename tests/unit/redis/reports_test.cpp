// Reports of listeners, in Redis and in memory.
#include "redis/reports.hpp"

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_reports)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_ticket_counts_once_and_for_its_network, Where, Both) {
    Tracker<Where> t;
    t.join(at("192.0.2.1"));
    const auto ticket = t.list(somebody).at(0).ticket;
    BOOST_TEST(!t.report(ticket, true, "198.51.100.1"));
    BOOST_TEST(t.report(ticket, true, "203.0.113.200"));
    BOOST_TEST(!t.report(ticket, true, "203.0.113.9"));
    BOOST_TEST(!t.report(std::string(32, '0'), true, "203.0.113.9"));
    BOOST_TEST(!t.report("", true, "203.0.113.9"));
    const auto late = t.list(somebody).at(0).ticket;
    t.pass(7'200'000);
    t.join(at("192.0.2.1"));
    BOOST_TEST(!t.report(late, true, "203.0.113.9"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_peer_that_fails_listeners_drops_out_and_recovers, Where, Both) {
    Tracker<Where> t;
    for (int n = 1; n <= 3; ++n)  // reports of one song alone do not exclude a peer
        for (int i = 0; i < 8; ++i) {
            const auto listener = far_apart(100 * n + i);
            t.join(listener, {}, all, n);
        }
    Songs songs{{song(1), all}, {song(2), all}, {song(3), all}};
    const auto bad = at("192.0.2.1");
    t.announce(bad, {"bad", 8490, {}, 5000, songs});
    const auto named = [&](int n, const Ip& asker) -> std::string {
        auto query = of(n);
        query.want = 64;
        query.port = 8490;
        for (const auto& peer : t.list({asker, {}}, query))
            if (peer.url == "http://192.0.2.1:8490") return peer.ticket;
        return {};
    };
    for (int i = 0; i < 8; ++i)
        for (int n = 1; n <= 3; ++n) {
            const auto from = far_apart(100 * n + i).ip;
            if (const auto ticket = named(n, from); !ticket.empty())
                t.report(ticket, false, from.print());
            t.announce(bad, {"bad", 8490, {}, 5000, songs});
        }
    BOOST_TEST(named(1, somebody.ip).empty());
    BOOST_TEST(named(3, somebody.ip).empty());
}

BOOST_AUTO_TEST_CASE(a_report_takes_nothing_back_that_a_peer_told_another_tracker) {
    Tracker<InRedis> a;
    Tracker<InRedis> b{a.now, a.where.world()};
    auto& hashes = a.where.world()->store.hashes;
    for (const redis::Node node : {1u, 4u, 5u, 6u, 7u})  // 16 pages
        hashes["{" + song(1) + "}d"][redis::print_node(node)] =
            redis::print_change({true, static_cast<std::uint32_t>(a.now / 1000)});
    const auto join = [&] {
        for (int i = 0; i < 30; ++i) a.join(far_apart(1000 + i));
        for (int i = 0; i < 24; ++i)
            a.join(far_apart(i), Location{-60.0f + static_cast<float>(i % 6) * 22.0f,
                                          -170.0f + static_cast<float>(i / 6) * 90.0f});
    };
    join();
    std::map<std::string, std::string> tickets;
    for (int second = 0; second < 40; ++second, a.now += 1001) {
        auto query = of(1);
        query.want = 64;
        for (const auto& peer : b.list({somebody.ip, {}}, query)) tickets[peer.url] = peer.ticket;
    }
    BOOST_TEST(tickets.size() >= 40u);
    a.now += 150'000;
    join();
    a.now += 115'000;  // what b has read says that they are dead
    for (const auto& [url, ticket] : tickets) BOOST_TEST(b.report(ticket, false, "203.0.113.9"));
    std::size_t dead = 0, harmed = 0;
    for (const auto& [key, hash] : hashes) {
        if (!key.starts_with("{" + song(1) + "}p")) continue;
        for (const auto& [field, value] : hash) {
            const auto entry = redis::parse_entry(field, value);
            BOOST_REQUIRE(entry);
            dead += entry->expires_s * std::uint64_t{1000} <= a.now;
            harmed += entry->health.success < 0.79f;
        }
    }
    BOOST_TEST(dead == 0u);
    BOOST_TEST(harmed == tickets.size());
}

BOOST_AUTO_TEST_SUITE_END()
