#include "swarm/inventory.hpp"

#include <bit>
#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

namespace {

const Layout usual{{96, 160, 320}, 21};  // 210 s: 63 bits
const Layout longer{{96, 160, 320}, 65};
const Have all_of_longer{{96, {{0, 64}}}, {160, {{0, 64}}}, {320, {{0, 64}}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_inventory)

BOOST_AUTO_TEST_CASE(in_three_renditions_three_and_a_half_minutes_have_a_bit_a_chunk) {
    BOOST_TEST(usual.group() == 1);
    const Have have{{96, {{0, 0}, {5, 7}}}, {320, {{20, 20}}}};
    BOOST_TEST((have_of(usual, inventory_of(usual, have)) == have));
    BOOST_TEST(std::popcount(inventory_of(usual, have)) == 5);
    BOOST_TEST(std::popcount(complete(usual)) == 63);
}

BOOST_AUTO_TEST_CASE(in_four_renditions_it_has_a_bit_for_two_chunks) {
    const Layout four{{45, 96, 160, 320}, 21};
    BOOST_TEST(four.group() == 2);
    const auto word = inventory_of(four, {{45, {{0, 2}}}, {320, {{0, 0}, {3, 9}, {20, 20}}}});
    BOOST_TEST((have_of(four, word) == Have{{45, {{0, 1}}}, {320, {{4, 9}, {20, 20}}}}));
    BOOST_TEST(std::popcount(complete(four)) == 44);
}

BOOST_AUTO_TEST_CASE(in_a_longer_song_a_bit_is_set_if_all_of_its_chunks_are_held) {
    BOOST_TEST(longer.group() == 4);
    const auto word = inventory_of(longer, {{160, {{0, 3}, {5, 11}, {64, 64}}}});
    BOOST_TEST((have_of(longer, word) == Have{{160, {{0, 3}, {8, 11}, {64, 64}}}}));
    BOOST_TEST((have_of(longer, inventory_of(longer, all_of_longer)) == all_of_longer));
}

BOOST_AUTO_TEST_CASE(a_peer_with_only_parts_of_groups_may_have_any_chunk) {
    const auto scattered = inventory_of(longer, {{320, {{1, 3}, {5, 5}, {20, 22}}}});
    BOOST_TEST(scattered == 0u);
    BOOST_TEST(may_have(scattered, wanted(longer, 320, 1)));
    const auto first = inventory_of(longer, {{320, {{0, 3}}}});
    BOOST_TEST(may_have(first, wanted(longer, 320, 1)));
    BOOST_TEST(!may_have(first, wanted(longer, 96, 1)));
    BOOST_TEST(!may_have(first, wanted(longer, 320, 4)));
}

BOOST_AUTO_TEST_CASE(no_bit_stands_for_chunks_of_two_renditions) {
    for (int chunks = 1; chunks < 500; ++chunks) {
        const Layout layout{{96, 160, 320}, chunks};
        const Have middle{{160, {{0, chunks - 1}}}};
        BOOST_TEST((have_of(layout, inventory_of(layout, middle)) == middle));
    }
}

BOOST_AUTO_TEST_CASE(every_layout_fits_into_a_word) {
    for (int renditions = 1; renditions <= 16; ++renditions)
        for (const int chunks : {1, 2, 3, 4, 5, 21, 22, 63, 64, 65, 1000, 65536}) {
            Layout layout{{}, chunks};
            for (int r = 0; r < renditions; ++r)
                layout.kbps.push_back(static_cast<std::uint16_t>(r + 1));
            const int rows = (chunks + layout.group() - 1) / layout.group();
            BOOST_TEST(rows * renditions <= 64);
            BOOST_TEST((layout.group() == 1) == (chunks * renditions <= 64));
            BOOST_TEST(std::popcount(complete(layout)) == rows * renditions);
        }
}

BOOST_AUTO_TEST_CASE(it_is_printed_as_the_ranges_are) {
    std::uint64_t word = 1;
    for (const auto& layout :
         {usual, longer, Layout{{96}, 64}, Layout{{96}, 1}, Layout{{1, 2}, 32}})
        for (int i = 0; i < 2000; ++i) {
            word = word * 6364136223846793005u + 1442695040888963407u;
            // some with long rows of ones and zeros, and all and none
            const Inventory have = (i == 0   ? ~Inventory{0}
                                    : i == 1 ? 0
                                             : word | word << (i % 7)) &
                                   complete(layout);
            std::string out;
            append_have(out, layout, have);
            const PeerInfo peer{"p", "http://a", {}, 0.5, 1, have_of(layout, have), ""};
            const auto printed = print_peers_answer(std::vector{peer});
            BOOST_REQUIRE(printed.find("\"have\":" + out + "}") != std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(chunks_outside_the_song_are_ignored) {
    BOOST_TEST(inventory_of(usual, {{128, {{0, 20}}}}) == 0u);
    BOOST_TEST((have_of(usual, inventory_of(usual, {{96, {{19, 65535}, {65535, 65535}}}})) ==
                Have{{96, {{19, 20}}}}));
}

BOOST_AUTO_TEST_CASE(a_chunk_is_looked_for_by_its_bit) {
    const auto has = [](const Have& have, std::optional<int> kbps, std::optional<int> chunk) {
        return (inventory_of(usual, have) & wanted(usual, kbps, chunk)) != 0;
    };
    const Have have{{160, {{3, 4}}}};
    BOOST_TEST(has(have, 160, 3));
    BOOST_TEST(!has(have, 160, 5));
    BOOST_TEST(!has(have, 320, 3));
    BOOST_TEST(has(have, {}, 4));
    BOOST_TEST(has(have, 160, {}));
    BOOST_TEST(!has(have, 96, {}));
    BOOST_TEST(has(have, {}, {}));
    BOOST_TEST(wanted(usual, 160, 21) == 0u);
    BOOST_TEST(wanted(usual, 161, 0) == 0u);
    BOOST_TEST(wanted(longer, 96, 64) == std::uint64_t{1} << 16);
}

BOOST_AUTO_TEST_SUITE_END()
