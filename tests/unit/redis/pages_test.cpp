// How the peers of a song are divided into pages, and the pages put together again.
#include "redis/pages.hpp"

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_pages)

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

BOOST_AUTO_TEST_SUITE_END()
