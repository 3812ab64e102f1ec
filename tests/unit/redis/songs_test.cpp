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

BOOST_AUTO_TEST_CASE(pages_that_no_list_reads_leave_the_memory) {
    Tracker<InRedis> a;
    auto& directory = a.where.world()->store.hashes["{" + song(1) + "}d"];
    for (const redis::Node node : {1u, 4u, 5u, 6u, 7u})  // 16 pages
        directory[redis::print_node(node)] =
            redis::print_change({true, static_cast<std::uint32_t>(a.now / 1000)});
    const auto place = [](int i) {
        return Location{-60.0f + static_cast<float>(i % 30) * 4.0f,
                        -170.0f + static_cast<float>(i / 30) * 16.0f};
    };
    for (int i = 0; i < 600; ++i) a.join(far_apart(i), place(i));
    const auto entries = [&] {
        return a.wait<PeersStats>([&](auto done) { a.where.peers().stats(done); }).entries;
    };
    for (int i = 0; i < 600; i += 10, a.now += 500) a.list({somebody.ip, place(i)});
    BOOST_TEST(entries() > 500u);
    for (int i = 0; i < 6; ++i, a.now += 20'000) a.list({somebody.ip, berlin});
    BOOST_TEST(entries() < 500u);
    const auto all_now = entries();
    a.join(far_apart(600), place(7));  // to a page that is not in memory
    BOOST_TEST(entries() <= all_now + 1);
}

BOOST_AUTO_TEST_SUITE_END()
