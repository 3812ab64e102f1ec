// Copies of songs in a tracker's memory: how old they are, and what they are good for when Redis is
// away.
#include "redis/songs.hpp"

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_songs)

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

BOOST_AUTO_TEST_SUITE_END()
