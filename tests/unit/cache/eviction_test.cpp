#include "cache/eviction.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

using namespace stretto::cache;

namespace {

Key hash(std::uint64_t x) {
    x = (x + 1) * 0x9e3779b97f4a7c15;
    return (x ^ x >> 32) * 0xd1b54a32d192ed03;
}
Key chunk_key(std::uint64_t song, std::uint32_t chunk, std::uint16_t kbps) {
    return hash(song << 32 | chunk << 16 | kbps);
}
Hint chunk_hint(std::uint64_t song, std::uint32_t chunk, std::uint16_t kbps,
                std::uint32_t of = 20) {
    return {Hint::Kind::chunk, hash(song), chunk, of, kbps};
}
/// One request, fetched when it misses; whether it hit.
bool ask(Eviction& cache, Key key, std::uint64_t bytes, const Hint& hint = {}) {
    if (cache.hit(key)) return true;
    cache.insert(key, bytes, hint);
    return false;
}
bool ask_chunk(Eviction& cache, std::uint64_t song, std::uint32_t chunk, std::uint16_t kbps) {
    return ask(cache, chunk_key(song, chunk, kbps), 1000, chunk_hint(song, chunk, kbps));
}
void play(Eviction& cache, std::uint64_t song, std::uint16_t kbps = 160) {
    for (std::uint32_t k = 0; k < 20; ++k) ask_chunk(cache, song, k, kbps);
}
int chunks_in(const Eviction& cache, std::uint64_t song, std::uint16_t kbps = 160) {
    int n = 0;
    for (std::uint32_t k = 0; k < 20; ++k) n += cache.contains(chunk_key(song, k, kbps));
    return n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cache_eviction)

BOOST_AUTO_TEST_CASE(objects_that_fit_stay) {
    Eviction cache{10'000};
    for (Key key = 0; key < 10; ++key) {
        BOOST_TEST(!cache.hit(key));
        BOOST_TEST(cache.insert(key, 1000).empty());
    }
    for (Key key = 0; key < 10; ++key) BOOST_TEST(cache.hit(key));
    BOOST_TEST(cache.bytes() == 10'000u);
    BOOST_TEST(cache.size() == 10u);
}
BOOST_AUTO_TEST_CASE(room_is_reserved_for_transfers) {
    Eviction cache{10'000};
    for (Key key = 0; key < 10; ++key) cache.insert(key, 1000);
    BOOST_TEST(cache.reserve(2500).size() == 3u);
    BOOST_TEST(cache.bytes() == 7000u);
    BOOST_TEST(cache.reserved() == 2500u);
    BOOST_TEST(cache.insert(10, 1000).size() == 1u);
    cache.give_back(2500);
    BOOST_TEST(cache.insert(11, 1000).empty());
    BOOST_TEST(cache.bytes() == 8000u);
    BOOST_TEST(cache.reserve(20'000).size() == 8u);  // more than there is: all that can go, goes
    cache.give_back(20'000);
    BOOST_TEST(cache.reserved() == 0u);
}
BOOST_AUTO_TEST_CASE(more_than_an_eighth_of_the_capacity_is_not_taken) {
    Eviction cache{8000};
    BOOST_TEST(cache.insert(1, 1000).empty());
    BOOST_TEST((cache.insert(2, 1001) == std::vector<Key>{2}));
    BOOST_TEST((cache.insert(3, ~std::uint64_t{0}) == std::vector<Key>{3}));
    BOOST_TEST(!cache.contains(2));
    BOOST_TEST(cache.contains(1));
    BOOST_TEST(cache.bytes() == 1000u);
}
BOOST_AUTO_TEST_CASE(a_cache_of_nothing_takes_nothing) {
    Eviction cache{0};
    BOOST_TEST((cache.insert(1, 1) == std::vector<Key>{1}));
    BOOST_TEST(cache.insert(2, 0).empty());
    BOOST_TEST(cache.bytes() == 0u);
}
BOOST_AUTO_TEST_CASE(an_erased_object_frees_its_bytes) {
    Eviction cache{10'000};
    for (Key key = 0; key < 10; ++key) cache.insert(key, 1000);
    cache.erase(3);
    cache.erase(3);
    cache.erase(77);
    BOOST_TEST(!cache.hit(3));
    BOOST_TEST(cache.bytes() == 9000u);
    BOOST_TEST(cache.insert(11, 1000).empty());
}
BOOST_AUTO_TEST_CASE(inserted_again_it_has_its_new_size) {
    Eviction cache{10'000};
    cache.insert(1, 1000);
    BOOST_TEST(cache.insert(1, 300).empty());
    BOOST_TEST(cache.bytes() == 300u);
    BOOST_TEST(cache.size() == 1u);
    BOOST_TEST((cache.insert(1, 5000) == std::vector<Key>{1}));
    BOOST_TEST(!cache.contains(1));
}
BOOST_AUTO_TEST_CASE(a_scan_does_not_evict_popular_objects) {
    Eviction cache{100'000};
    for (int round = 0; round < 3; ++round)
        for (Key key = 0; key < 50; ++key) ask(cache, hash(key), 1000);
    for (Key key = 1000; key < 2000; ++key) ask(cache, hash(key), 1000);
    int left = 0;
    for (Key key = 0; key < 50; ++key) left += cache.contains(hash(key));
    BOOST_TEST(left > 45);
}
BOOST_AUTO_TEST_CASE(a_dropped_object_keeps_its_count_when_it_returns) {
    Eviction cache{100'000};
    for (int round = 0; round < 3; ++round)
        for (Key key = 0; key < 90; ++key) ask(cache, hash(key), 1000);
    for (int round = 0; round < 4; ++round) {  // never in for long enough to be asked for again
        ask(cache, hash(500), 1000);
        for (Key key = 0; key < 100; ++key) ask(cache, hash(10'000 + 1000 * round + key), 1000);
    }
    BOOST_TEST(cache.contains(hash(500)));
}
BOOST_AUTO_TEST_CASE(an_object_that_was_popular_earlier_is_evicted) {
    Eviction cache{100'000};
    for (int round = 0; round < 50; ++round)
        for (Key key = 0; key < 100; ++key) ask(cache, hash(key), 1000);
    for (int round = 0; round < 300; ++round)
        for (Key key = 1000; key < 1100; ++key) ask(cache, hash(key), 1000);
    int left = 0;
    for (Key key = 1000; key < 1100; ++key) left += cache.contains(hash(key));
    BOOST_TEST(left > 90);
}
BOOST_AUTO_TEST_CASE(a_second_request_soon_after_the_first_is_a_hit_however_full_the_cache) {
    Eviction cache{1'000'000};
    for (int round = 0; round < 9; ++round)
        for (Key key = 0; key < 1000; ++key) ask(cache, hash(key), 1000);
    for (Key key = 2000; key < 2100; ++key) {  // those taken out again are not in the way
        cache.insert(hash(key), 1000);
        cache.erase(hash(key));
    }
    for (Key key = 5000; key < 5100; ++key) {
        cache.insert(hash(key), 1000);
        BOOST_TEST(cache.hit(hash(key)));
    }
}
BOOST_AUTO_TEST_CASE(the_first_request_of_another_bitrate_of_a_known_song_is_admitted) {
    Eviction cache{400'000};
    for (std::uint64_t song = 0; song < 200; ++song) play(cache, 1000 + song);
    for (int round = 0; round < 20; ++round) play(cache, 1, 160), play(cache, 900 + round, 320);
    play(cache, 1, 320);
    for (std::uint64_t song = 0; song < 100; ++song) play(cache, 5000 + song, 320);
    BOOST_TEST(chunks_in(cache, 1, 320) == 20);
    // and that was the song's doing
    BOOST_TEST(chunks_in(cache, 919, 320) < 20);
}
BOOST_AUTO_TEST_CASE(the_beginning_of_a_song_outlives_its_end) {
    Eviction cache{200'000};
    for (int round = 0; round < 5; ++round)
        for (std::uint64_t song = 0; song < 100; ++song) play(cache, song);
    int early = 0, late = 0;
    for (std::uint64_t song = 0; song < 100; ++song)
        for (std::uint32_t k = 0; k < 20; ++k)
            (k < 5 ? early : late) += cache.contains(chunk_key(song, k, 160));
    BOOST_TEST(early * 15 > 2 * late * 5);
}
BOOST_AUTO_TEST_CASE(the_bitrate_that_is_used_more_is_kept_more) {
    Eviction cache{200'000};
    int kept[2] = {};
    for (std::uint64_t song = 1000; song < 1200; ++song) {  // each is played at both
        for (int i = 0; i < 4; ++i) play(cache, 1, 160);
        play(cache, song, song % 2 ? 96 : 160);
        play(cache, song, song % 2 ? 160 : 96);
    }
    for (std::uint64_t song = 1000; song < 1200; ++song) {
        kept[0] += chunks_in(cache, song, 96);
        kept[1] += chunks_in(cache, song, 160);
    }
    BOOST_TEST(kept[1] > 2 * kept[0]);
}
BOOST_AUTO_TEST_CASE(of_two_equally_popular_objects_the_smaller_is_kept) {
    Eviction cache{1'000'000};
    for (Key key = 0; key < 2000; ++key) ask(cache, hash(key), key % 2 ? 400 : 3600);
    int small = 0, large = 0;
    for (Key key = 0; key < 2000; ++key) (key % 2 ? small : large) += cache.contains(hash(key));
    BOOST_TEST(small > 2 * large);
}
BOOST_AUTO_TEST_CASE(the_same_requests_drop_the_same_objects) {
    const auto run = [] {
        std::mt19937 dice{5};
        Eviction cache{50'000};
        std::vector<Key> all;
        for (int i = 0; i < 20'000; ++i) {
            const auto song = dice() % 400 * (dice() % 400) / 400;
            const auto k = dice() % 20;
            if (cache.hit(chunk_key(song, k, 160))) continue;
            const auto dropped =
                cache.insert(chunk_key(song, k, 160), 500 + dice() % 900, chunk_hint(song, k, 160));
            all.insert(all.end(), dropped.begin(), dropped.end());
        }
        return all;
    };
    const auto once = run();
    BOOST_TEST(once.size() > 1000u);
    BOOST_TEST((once == run()));
}
BOOST_AUTO_TEST_CASE(it_agrees_with_a_naive_model_of_its_content) {
    std::mt19937 engine{3};
    const auto dice = [&](std::uint64_t n) { return static_cast<std::uint32_t>(engine() % n); };
    for (std::uint64_t capacity : {1'000u, 20'000u, 1'000'000u}) {
        Eviction cache{capacity};
        std::map<Key, std::uint64_t> model;
        for (int i = 0; i < 30'000; ++i) {
            const Key key = hash(dice(300));
            const auto bytes = dice(20) ? dice(1000) : dice(capacity / 4);
            const Hint hint{static_cast<Hint::Kind>(dice(4)), dice(50), dice(70), dice(70),
                            static_cast<std::uint16_t>(dice(4) * 96)};
            switch (dice(8)) {
                case 0:
                    cache.erase(key);
                    model.erase(key);
                    break;
                case 1:
                case 2:
                case 3:
                    BOOST_REQUIRE(cache.hit(key) == model.contains(key));
                    break;
                default:
                    model[key] = bytes;
                    for (const auto dropped : cache.insert(key, bytes, hint))
                        BOOST_REQUIRE(model.erase(dropped) == 1);
            }
            std::uint64_t sum = 0;
            for (const auto& [_, size] : model) sum += size;
            BOOST_REQUIRE(cache.bytes() == sum);
            BOOST_REQUIRE(cache.size() == model.size());
            BOOST_REQUIRE(cache.bytes() <= capacity);
            BOOST_REQUIRE(cache.contains(key) == model.contains(key));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
