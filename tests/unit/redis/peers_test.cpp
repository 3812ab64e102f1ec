// A tracker's peers in Redis and in memory: one suite over both, on a made-up clock; then what only
// trackers that share a Redis do.
#include "redis/peers.hpp"

#include <algorithm>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

#include "store.hpp"
#include "swarm/memory.hpp"

using namespace stretto;
using namespace stretto::swarm;

namespace {

using Announced = swarm::Peers::Announced;

const Layout layout{{96, 160, 320}, 21};
const Have all{{96, {{0, 20}}}, {160, {{0, 20}}}, {320, {{0, 20}}}};
const Location berlin{52.5f, 13.4f}, paris{48.9f, 2.4f}, sydney{-33.9f, 151.2f};

std::string song(int n) { return text("s", std::string(26, '0'), 10000 + n); }
Endpoint at(const std::string& ip, int port = 8490) {
    return {*parse_ip(ip), static_cast<std::uint16_t>(port)};
}
PeersQuery of(int n, std::optional<int> kbps = {}, std::optional<int> chunk = {}) {
    return {song(n), kbps, chunk, {}, 16, "", 0};
}
Endpoint far_apart(int i) { return at(text("10.", i / 256, ".", i % 256, ".1")); }
const Asker somebody{*parse_ip("203.0.113.9"), berlin};

class InMemory {
   public:
    InMemory(const PeersLimits& limits, const std::uint64_t& now)
        : peers_(limits, 0x030201, std::make_unique<PlainSeal>(1), now) {}
    swarm::Peers& peers() { return peers_; }
    void settle(const std::function<bool()>&) {}

   private:
    MemoryPeers peers_;
};

/// A tracker of its own on a Redis that it may share.
class InRedis {
   public:
    struct World {
        explicit World(const std::uint64_t& now) : store(now) {}
        net::Loop loop;
        redis::Store store;
        std::optional<redis::FakeServer> server{
            std::in_place, loop,
            [this](const redis::Words& words) { return silent ? std::string{} : store(words); }};
        bool silent = false;
        int port = server->port();
    };
    InRedis(const PeersLimits& limits, const std::uint64_t& now, std::shared_ptr<World> world = {})
        : world_(world ? world : std::make_shared<World>(now)),
          client_(world_->loop, {{"127.0.0.1", world_->port}}, {}, client_limits()),
          peers_(client_, options(limits, now)) {
        settle([this] { return peers_.is_ready(); });
    }
    swarm::Peers& peers() { return peers_; }
    void settle(const std::function<bool()>& is) {
        BOOST_REQUIRE_MESSAGE(
            redis::run_until(world_->loop, [&] { return is() && client_.pending() == 0; }),
            "commands wait");
    }
    const std::shared_ptr<World>& world() { return world_; }
    redis::Client& client() { return client_; }

   private:
    static redis::Client::Limits client_limits() {
        redis::Client::Limits limits;
        limits.times.answer = std::chrono::milliseconds{2000};
        limits.times.batch = std::chrono::milliseconds{0};
        return limits;
    }
    static redis::Peers::Options options(const PeersLimits& limits, const std::uint64_t& now) {
        redis::Peers::Options o;
        o.limits = limits;
        static std::uint64_t seed = 41;
        o.secret.fill(static_cast<std::uint8_t>(++seed));
        o.seed = seed;
        o.wall_ms = [&now] { return now; };
        o.seal = [](std::span<const std::uint8_t, 16> key) {
            return std::make_unique<PlainSeal>(key[0]);
        };
        return o;
    }
    std::shared_ptr<World> world_;
    redis::Client client_;
    redis::Peers peers_;
};

/// A tracker whose songs have all the same layout, and whose peers can all be reached.
template <class Where>
struct Tracker {
    explicit Tracker(PeersLimits limits = {}) : where(limits, now) {}
    Tracker(const std::uint64_t& clock, const std::shared_ptr<InRedis::World>& world,
            PeersLimits limits = {})
        : where(limits, clock, world) {}

    template <class T, class Call>
    T wait(Call call) {
        std::optional<T> got;
        call([&](const auto& value) { got = T(value); });
        where.settle([&] { return got.has_value(); });
        return *got;
    }
    Announced announce_only(const Endpoint& from, const Announce& said) {
        return wait<Announced>([&](auto done) { where.peers().announce(from, said, now, done); });
    }
    void has(const Endpoint& from, std::uint32_t stamp, int n, const Have& have) {
        where.peers().has(from, stamp, song(n), layout, have);
        where.settle([] { return true; });
    }
    void proved(const Endpoint& from, bool reached) {
        where.peers().proved(from, reached, now);
        where.settle([] { return true; });
    }
    Announced announce(const Endpoint& from, const Announce& said, bool reached = true) {
        const auto result = announce_only(from, said);
        for (const auto& id : result.unknown)
            where.peers().has(from, result.stamp, id, layout, said.songs.at(id));
        if (result.unproven) where.peers().proved(from, reached, now);
        where.settle([] { return true; });
        return result;
    }
    Announced join(const Endpoint& from, std::optional<Location> place = {}, Have have = all,
                   int n = 1) {
        return announce(
            from, {"p" + std::to_string(from.port), from.port, place, 5000, {{song(n), have}}});
    }
    std::vector<PeerInfo> list(const Asker& asker, PeersQuery query = of(1)) {
        return wait<std::vector<PeerInfo>>([&](auto done) {
            where.peers().list(query, asker, now, [done](std::string_view found) {
                done(*parse_peers_answer(wrap_peers_list(found)));
            });
        });
    }
    std::vector<std::string> urls(const Asker& asker, const PeersQuery& query = of(1)) {
        std::vector<std::string> out;
        for (const auto& peer : list(asker, query)) out.push_back(peer.url);
        return out;
    }
    bool report(const std::string& ticket, bool ok, const std::string& from) {
        return wait<bool>([&](auto done) {
            where.peers().report({ticket, ok, ok ? "" : "hash", 100, 100'000}, *parse_ip(from), now,
                                 done);
        });
    }
    void pass(std::uint64_t ms) {
        now += ms;
        bool more = true;
        while (more) more = wait<bool>([&](auto done) { where.peers().expire(now, done); });
    }
    std::uint64_t now = 1'700'000'000'000;
    Where where;
};

using Both = boost::mpl::list<InMemory, InRedis>;

}  // namespace

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

BOOST_AUTO_TEST_CASE(a_tracker_with_a_wrong_clock_takes_the_time_of_redis) {
    for (const std::int64_t off_ms : {600'000, -600'000, 1'000'000'000, 3000}) {
        Tracker<InRedis> a;
        a.join(at("192.0.2.1"));
        const std::uint64_t clock = a.now + static_cast<std::uint64_t>(off_ms);
        Tracker<InRedis> b{clock, a.where.world()};
        BOOST_TEST(b.list(somebody).size() == 1u, "at " << off_ms);
        b.join(at("192.0.2.2"));
        a.now += 1001;
        BOOST_TEST(a.list(somebody).size() == 2u, "at " << off_ms);
    }
}

BOOST_AUTO_TEST_CASE(a_hot_song_is_read_once_a_second) {
    Tracker<InRedis> a;
    Tracker<InRedis> b{a.now, a.where.world()};
    for (int i = 0; i < 10; ++i) a.join(far_apart(i));
    b.list(somebody);
    auto& reads = a.where.world()->store.commands["HGETALL"];
    const auto before = reads;
    for (int i = 0; i < 50; ++i) BOOST_TEST(b.list(somebody).size() == 10u);
    BOOST_TEST(reads == before);
    a.now += 1001;
    b.list(somebody);
    BOOST_TEST(reads > before);
}

BOOST_AUTO_TEST_CASE(a_big_song_is_divided_and_one_again_when_it_is_small) {
    PeersLimits limits;
    Tracker<InRedis> a{limits};
    Tracker<InRedis> b{a.now, a.where.world(), limits};
    const auto join = [&](int i) {
        a.join(far_apart(i), Location{-60.0f + static_cast<float>(i % 30) * 4.0f,
                                      -170.0f + static_cast<float>(i / 30) * 8.0f});
    };
    const auto pages = [&] {
        std::size_t n = 0, most = 0;
        for (const auto& [key, hash] : a.where.world()->store.hashes)
            if (key.starts_with("{" + song(1) + "}p")) ++n, most = std::max(most, hash.size());
        return std::pair{n, most};
    };
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 1000; ++i) join(i);
        a.pass(150'000);
    }
    for (int i = 0; i < 1000; ++i) join(i);
    BOOST_TEST(pages().first >= 8u);
    BOOST_TEST(pages().second <= 400u);
    std::set<std::string> named;  // near peers are found wherever somebody asks
    for (int i = 0; i < 1000; i += 50) {
        auto query = of(1);
        query.want = 64;
        const Location here{-60.0f + static_cast<float>(i % 30) * 4.0f,
                            -170.0f + static_cast<float>(i / 30) * 8.0f};
        const auto found = b.list({somebody.ip, here}, query);
        BOOST_TEST(found.size() >= 40u);
        BOOST_TEST(*found.front().km < 1500);
        for (const auto& peer : found) named.insert(peer.url);
        b.now += 1500, a.now += 1500;
    }
    BOOST_TEST(named.size() > 300u);
    // all but ten leave
    for (int i = 10; i < 1000; ++i) a.announce(far_apart(i), {"p", 8490, {}, 1, {}});
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 10; ++i) join(i);
        a.pass(120'000);
        for (int i = 0; i < 10; ++i) {
            b.list({somebody.ip, Location{-60, -170}});
            a.now += 1100;
        }
    }
    for (int i = 0; i < 10; ++i) join(i);
    auto query = of(1);
    query.want = 64;
    BOOST_TEST(b.list(somebody, query).size() == 10u);
    BOOST_TEST(pages().first <= 4u);
}

BOOST_AUTO_TEST_CASE(the_dead_leave_a_page_that_others_join) {
    Tracker<InRedis> a;
    for (int i = 0; i < 60; ++i) a.join(far_apart(i));
    a.pass(400'000);
    for (int i = 100; i < 160; ++i) a.join(far_apart(i));
    std::size_t members = 0;
    for (const auto& [key, hash] : a.where.world()->store.hashes)
        if (key.starts_with("{" + song(1) + "}p")) members += hash.size();
    BOOST_TEST(members <= 62u);
}

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

BOOST_AUTO_TEST_CASE(without_redis_peers_come_from_memory_for_a_minute_and_nobody_sees_an_error) {
    Tracker<InRedis> a;
    a.join(at("192.0.2.1"));
    BOOST_TEST(a.list(somebody).size() == 1u);
    a.where.world()->server.reset();
    a.now += 10'000;
    BOOST_TEST(a.list(somebody).size() == 1u);
    const auto said = a.announce_only(at("192.0.2.1"), {"p", 8490, {}, 1, {{song(1), all}}});
    BOOST_TEST(said.what == Announced::taken);
    BOOST_TEST(said.listed);
    BOOST_TEST(a.announce_only(at("192.0.2.9"), {"p", 8490, {}, 1, {{song(1), all}}}).what ==
               Announced::taken);
    BOOST_TEST(a.list(somebody, of(2)).empty());
    a.now += 61'000;
    BOOST_TEST(a.list(somebody).empty());
    a.where.world()->server.emplace(
        a.where.world()->loop,
        [&](const redis::Words& words) { return a.where.world()->store(words); },
        a.where.world()->port);
    a.where.settle([&] { return a.where.client().servers_well() == 1; });
    a.now += 1000;
    BOOST_TEST(a.list(somebody).size() == 1u);
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
