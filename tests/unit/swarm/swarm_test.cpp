#include "swarm/swarm.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

using namespace stretto::swarm;

namespace {

const Location berlin{52.5f, 13.4f}, sydney{-33.9f, 151.2f}, lima{-12.0f, -77.0f};

/// Peer i has link i; its cell is said when it is added.
struct Book final : Swarm::Notes {
    Cell cell_of(std::uint32_t peer) const override { return cells.at(peer); }
    void fetch(std::uint32_t) const override {}
    void fetch_link(std::uint32_t) const override {}
    Network network_of(std::uint32_t peer) const override {
        const auto found = networks.find(peer);
        return found == networks.end() ? peer : found->second;
    }
    void moved(std::uint32_t link, std::uint32_t position) override { positions[link] = position; }
    void add(std::uint32_t peer, std::optional<Location> place, Inventory have = 1) {
        cells[peer] = stretto::swarm::cell_of(place);
        members[peer] = have;
        swarm.add({have, peer, peer}, *this);
    }
    void remove(std::uint32_t peer) {
        swarm.remove(peer, positions.at(peer), *this);
        positions.erase(peer), members.erase(peer);
    }
    std::set<std::uint32_t> pick(std::optional<Location> from, Inventory wanted,
                                 std::uint64_t seed = 1) {
        std::vector<Member> out;
        swarm.pick(from, wanted, seed, *this, out);
        std::set<std::uint32_t> peers;
        for (const auto& member : out) {
            BOOST_TEST(may_have(member.have, wanted));
            peers.insert(member.peer);
        }
        BOOST_TEST(peers.size() == out.size());  // nobody twice
        return peers;
    }
    void check() {
        BOOST_TEST(swarm.size() == members.size());
        for (const auto& [peer, have] : members) {
            const auto& member = swarm.at(peer, positions.at(peer), *this);
            BOOST_REQUIRE(member.peer == peer);
            BOOST_TEST(member.have == have);
        }
        std::size_t n = 0;
        swarm.each([&](const Member& member) {
            ++n;
            BOOST_TEST(members.contains(member.peer));
        });
        BOOST_TEST(n == members.size());
    }
    Swarm swarm;
    std::map<std::uint32_t, Cell> cells;
    std::map<std::uint32_t, std::uint32_t> positions;
    std::map<std::uint32_t, Inventory> members;
    std::map<std::uint32_t, Network> networks;  // others have one each
};

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_swarm)

BOOST_AUTO_TEST_CASE(all_peers_of_a_small_swarm_that_have_it_are_picked) {
    Book book;
    for (std::uint32_t i = 0; i < 40; ++i) book.add(i, i % 2 ? berlin : sydney, i % 4 ? 1 : 2);
    BOOST_TEST(book.pick(berlin, 1).size() == 30u);
    BOOST_TEST(book.pick({}, 2).size() == 10u);
    BOOST_TEST(book.pick(berlin, 4).empty());
    BOOST_TEST(Book{}.pick(berlin, 1).empty());
}

BOOST_AUTO_TEST_CASE(peers_with_unknown_chunks_are_picked_too) {
    Book book;
    for (std::uint32_t i = 0; i < 40; ++i) book.add(i, berlin, i % 4 ? 2 : 0);
    BOOST_TEST(book.pick(berlin, 1).size() == 10u);
    BOOST_TEST(book.pick(berlin, 2).size() == 40u);
}

BOOST_AUTO_TEST_CASE(the_nearest_members_of_a_large_swarm_come_first) {
    Book book;
    for (std::uint32_t i = 0; i < 300; ++i) book.add(i, i < 50 ? berlin : i < 150 ? sydney : lima);
    BOOST_TEST(book.swarm.is_big());
    const auto in_berlin = book.pick(berlin, 1);
    BOOST_TEST(in_berlin.size() == Swarm::enough);
    BOOST_TEST(std::ranges::count_if(in_berlin, [](auto i) { return i < 50; }) == 50);
    const auto in_lima = book.pick(lima, 1);
    BOOST_TEST(std::ranges::count_if(in_lima, [](auto i) { return i >= 150; }) == 96);
    BOOST_TEST(book.pick({}, 1).size() == Swarm::enough);
}

BOOST_AUTO_TEST_CASE(many_members_at_one_place_take_turns) {
    Book book;
    for (std::uint32_t i = 0; i < 1000; ++i) book.add(i, berlin);
    std::set<std::uint32_t> seen;
    for (std::uint64_t seed = 0; seed < 100; ++seed) seen.merge(book.pick(berlin, 1, seed * 97));
    BOOST_TEST(seen.size() == 1000u);
}

BOOST_AUTO_TEST_CASE(the_few_peers_with_a_rare_chunk_are_found) {
    Book book;
    for (std::uint32_t i = 0; i < 900; ++i) book.add(i, i % 2 ? berlin : lima, i % 100 ? 1 : 3);
    BOOST_TEST(book.pick(sydney, 2).size() == 9u);
}

BOOST_AUTO_TEST_CASE(members_come_and_go_and_notes_stay_right) {
    Book book;
    std::mt19937 random{1};
    const std::optional<Location> places[] = {berlin, sydney, lima, std::nullopt};
    for (std::uint32_t i = 0; i < 3000; ++i) {
        book.add(i, places[random() % 4], random() % 7);
        // grows to 600 and shrinks to nothing
        while (!book.members.empty() && random() % 1000 < (i < 1200 ? 500u : 560u))
            book.remove(std::next(book.members.begin(), random() % book.members.size())->first);
        if (i % 100 == 0) book.check();
    }
    while (!book.members.empty()) book.remove(book.members.begin()->first);
    book.check();
    BOOST_TEST(book.pick(berlin, 7).empty());
}

BOOST_AUTO_TEST_CASE(the_nearest_and_largest_network_gets_at_most_a_quarter_if_there_are_others) {
    for (const auto far : {berlin, sydney}) {  // in the same cell, and in another
        Book book;
        for (std::uint32_t i = 0; i < 3000; ++i) book.networks[i] = 7, book.add(i, berlin);
        for (std::uint32_t i = 3000; i < 3200; ++i) book.add(i, far);
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            const auto picked = book.pick(berlin, 1, seed);
            BOOST_TEST(picked.size() == Swarm::enough);
            const auto others =
                std::ranges::count_if(picked, [](auto peer) { return peer >= 3000; });
            BOOST_TEST(others > (far == sydney ? 70 : 0));
        }
    }
    Book alone;
    for (std::uint32_t i = 0; i < 200; ++i) alone.networks[i] = 7, alone.add(i, berlin);
    BOOST_TEST(alone.pick(berlin, 1).size() == Swarm::enough);
}

BOOST_AUTO_TEST_SUITE_END()
