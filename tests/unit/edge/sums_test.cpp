#include "edge/sums.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "base/file.hpp"

using namespace stretto;
using namespace stretto::edge;

BOOST_AUTO_TEST_SUITE(edge_sums)

BOOST_AUTO_TEST_CASE(checksums_do_not_depend_on_the_sizes_of_appended_pieces) {
    std::minstd_rand random{1};
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, sum_block - 1, sum_block,
                                     sum_block + 1, 2 * sum_block + 5}) {
        Bytes body(size);
        for (auto& byte : body) byte = static_cast<std::uint8_t>(random());
        Summer summer;
        for (std::size_t at = 0; at < size;) {
            const auto n = std::min<std::size_t>(1 + random() % 200000, size - at);
            summer.add(BytesView{body}.subspan(at, n));
            at += n;
        }
        const auto sums = summer.finish();
        BOOST_TEST(sums.size() == blocks_of(size));
        const auto file = open_spool();
        write_all(file.fd(), body, "spool");
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const auto block = BytesView{body}
                                   .subspan(i * sum_block)
                                   .first(std::min(sum_block, size - i * sum_block));
            BOOST_TEST(sums[i] == sum_of(block));
            BOOST_TEST(block_is_right(file.fd(), size, sums, i));
        }
        BOOST_TEST(!block_is_right(file.fd(), size, sums, sums.size()));
        if (size % sum_block == 0) continue;
        BOOST_TEST(!block_is_right(file.fd(), size + 1, sums, sums.size() - 1));
        const std::uint8_t flipped[] = {static_cast<std::uint8_t>(body[size - 1] ^ 1)};
        BOOST_REQUIRE(try_write_at(file.fd(), flipped, size - 1));
        BOOST_TEST(!block_is_right(file.fd(), size, sums, sums.size() - 1));
    }
}

BOOST_AUTO_TEST_SUITE_END()
