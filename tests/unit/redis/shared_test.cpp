// What trackers of a cluster share: their time.
#include "redis/shared.hpp"

#include "tracker.hpp"

using namespace stretto;
using namespace stretto::redis_test;

BOOST_AUTO_TEST_SUITE(redis_shared)

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

BOOST_AUTO_TEST_SUITE_END()
