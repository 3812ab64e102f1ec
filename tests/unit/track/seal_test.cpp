#include "track/seal.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <vector>

using namespace stretto;
using track::AesSeal;

namespace {

std::uint64_t tag(AesSeal& seal, std::uint64_t hour, const AesSeal::Block& block) {
    std::uint64_t tag = 0;
    seal.tags(hour, {&block, 1}, {&tag, 1});
    return tag;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(track_seal)

BOOST_AUTO_TEST_CASE(a_tag_is_half_of_a_block_of_aes_under_the_hours_key) {
    // by other means: openssl enc -aes-128-ecb -nopad of hour and 0, then of peer and network
    AesSeal seal{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    BOOST_TEST(tag(seal, 1000, {42, 7}) == 0xde000f5b897b56b8u);
}
BOOST_AUTO_TEST_CASE(it_is_the_same_alone_and_among_others) {
    AesSeal seal{{1}};
    const std::vector<AesSeal::Block> blocks{{1, 7}, {2, 7}, {1, 8}};
    std::vector<std::uint64_t> tags(3);
    seal.tags(5, blocks, tags);
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(tags[i] == tag(seal, 5, blocks[i]));
    seal.tags(5, {}, {});
}
BOOST_AUTO_TEST_CASE(secret_hour_peer_and_network_all_change_it) {
    AesSeal one{{1}}, other{{2}};
    const std::set<std::uint64_t> tags{tag(one, 5, {1, 7}), tag(other, 5, {1, 7}),
                                       tag(one, 6, {1, 7}), tag(one, 7, {1, 7}),
                                       tag(one, 5, {2, 7}), tag(one, 5, {1, 8})};
    BOOST_TEST(tags.size() == 6u);
    BOOST_TEST(tags.contains(tag(one, 5, {1, 7})));  // of an hour that has been forgotten
}

BOOST_AUTO_TEST_SUITE_END()
