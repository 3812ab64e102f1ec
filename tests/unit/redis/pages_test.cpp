// How the peers of a song are divided into pages, and the pages put together again.
#include "redis/pages.hpp"

#include <bit>

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

// A song that is divided, and has elders in Redis, by trackers that each know a part of it.
BOOST_AUTO_TEST_CASE(elders_are_those_known_longest_one_of_a_network_and_leave) {
    Tracker<InRedis> a;
    Tracker<InRedis> b{a.now, a.where.world()};
    auto& hashes = a.where.world()->store.hashes;
    const auto elders = [&] {
        redis::Directory directory;
        for (const auto& [field, value] : hashes["{" + song(1) + "}d"])
            redis::read_field(directory, field, value);
        std::set<std::string> urls;
        for (const auto& one : directory.elders) urls.insert(one.at.url());
        return urls;
    };
    std::set<std::string> first;
    const auto old = [](int i) { return far_apart(5000 + i); };
    const auto announce_old = [&] {
        for (int i = 0; i < 10; ++i) (i % 2 ? a : b).join(old(i), berlin);
        for (int port = 2000; port < 2020; ++port) a.join(at("192.0.2.1", port), berlin);
    };
    announce_old();
    BOOST_TEST(elders().empty());  // the one page of a small song has all
    for (int i = 0; i < 10; ++i) first.insert(old(i).url());
    a.now += 10'000;
    for (int i = 0; i < 600; ++i)
        a.join(far_apart(i), Location{-60.0f + static_cast<float>(i % 30) * 4.0f,
                                      -170.0f + static_cast<float>(i / 30) * 8.0f});
    const auto all_lists = [&] {
        for (int i = 0; i < 60; ++i, a.now += 1001)
            b.list({somebody.ip, Location{-60.0f + static_cast<float>(i % 6) * 22.0f,
                                          -170.0f + static_cast<float>(i / 6) * 35.0f}});
    };
    announce_old();
    all_lists();
    announce_old();
    const auto found = elders();
    BOOST_TEST(found.size() == 16u);
    BOOST_TEST(std::ranges::includes(found, first));
    BOOST_TEST(std::ranges::count_if(
                   found, [](const auto& url) { return url.starts_with("http://192.0.2."); }) == 1);
    // a report reaches what is written of them
    const auto one = old(0);
    std::string ticket;
    for (int i = 0; i < 50 && ticket.empty(); ++i, a.now += 1001)
        for (const auto& peer : b.list({somebody.ip, sydney}))
            if (peer.url == one.url()) ticket = peer.ticket;
    BOOST_TEST(b.report(ticket, false, "203.0.113.9"));
    const auto value = hashes["{" + song(1) + "}d"][redis::print_elder_field(one, 0)];
    BOOST_TEST(redis::parse_entry(redis::print_field(one, 0), value)->health.success < 0.79f);
    b.announce(one, {"p", 8490, {}, 1, {}});  // it leaves
    BOOST_TEST(!elders().contains(one.url()));
    a.now += 301'000;  // all expire
    b.list(somebody);
    BOOST_TEST(elders().empty());
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

BOOST_AUTO_TEST_CASE(a_peer_changes_its_page_once_in_its_life_at_most) {
    Tracker<InRedis> a;
    auto& hashes = a.where.world()->store.hashes;
    const auto now_s = static_cast<std::uint32_t>(a.now / 1000);
    for (redis::Node node = 1; node < 1u << 8; ++node)  // four levels of place
        if (std::bit_width(node) % 2 == 1)
            hashes["{" + song(1) + "}d"][redis::print_node(node)] =
                redis::print_change({true, now_s});
    std::set<std::string> pages;
    const auto join = [&](float lat, float lon) {
        a.join(far_apart(1), Location{lat, lon});
        for (const auto& [key, hash] : hashes)
            if (key.starts_with("{" + song(1) + "}p")) pages.insert(key);
        const auto found = a.list({somebody.ip, Location{lat, lon}});
        BOOST_REQUIRE(found.size() == 1u);
        BOOST_TEST(*found[0].km < 20);  // it is where it says, wherever its entry lies
        a.now += 1001;
    };
    for (int i = 0; i < 20; ++i)
        join(-50.0f + 5 * static_cast<float>(i), -150.0f + 15 * static_cast<float>(i));
    BOOST_TEST(pages.size() == 2u);
    a.now += 290'000;
    join(0, 0);
    BOOST_TEST(pages.size() == 3u);
}

BOOST_AUTO_TEST_CASE(pages_that_nobody_reads_become_one_again) {
    Tracker<InRedis> a;
    a.join(far_apart(1), berlin);
    auto& directory = a.where.world()->store.hashes["{" + song(1) + "}d"];
    const auto old_s = static_cast<std::uint32_t>(a.now / 1000) - 3600;
    for (int i = 0; i < 1500; ++i) {  // as if crowds had gone from place to place
        const auto path = redis::path_of(static_cast<swarm::Cell>(i * 43), 0, 0);
        for (unsigned level = 0; level < 8; ++level)
            if (directory.size() < 2000)
                directory[redis::print_node(redis::node_of(path, level))] =
                    redis::print_change({true, old_s});
    }
    BOOST_TEST(directory.size() >= 1900u);
    for (int i = 0; i < 1500; ++i, a.now += 2500) {
        if (i % 100 == 0) a.join(far_apart(1), berlin);
        a.list({somebody.ip, berlin});
    }
    BOOST_TEST(directory.size() <= 20u);
}

// A key without members ends, and what comes next is another key, which has no end yet.
BOOST_AUTO_TEST_CASE(a_page_that_was_empty_expires_too) {
    Tracker<InRedis> a;
    a.join(far_apart(1));
    a.announce(far_apart(1), {"p", 8490, {}, 1, {}});
    a.join(far_apart(2));
    a.now += 3600'000;
    auto& store = a.where.world()->store;
    std::vector<std::string> keys;
    for (const auto& [key, hash] : store.hashes) keys.push_back(key);
    for (const auto& key : keys) store({"HLEN", key});
    BOOST_TEST(store.hashes.empty());
}

BOOST_AUTO_TEST_CASE(newcomers_to_a_page_cost_few_commands) {
    Tracker<InRedis> a;
    for (int i = 0; i < 100; ++i) a.join(far_apart(i));
    auto& commands = a.where.world()->store.commands;
    BOOST_TEST(commands["HRANDFIELD"] <= 70u);
    // of states and places twice each, as they come and are reached; of sketches; of one page
    BOOST_TEST(commands["EXPIRE"] <= 610u);
}

BOOST_AUTO_TEST_SUITE_END()
