#include "base/own.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>

using namespace stretto;

namespace {

struct Thing {
    int freed = 0;
};
void free_thing(Thing* thing) { ++thing->freed; }
void free_by_address(Thing** thing) {
    ++(*thing)->freed;
    *thing = nullptr;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_own)

BOOST_AUTO_TEST_CASE(the_owner_frees_once_by_pointer_or_by_address) {
    Thing thing;
    { const std::unique_ptr<Thing, Freed<free_thing>> owner{&thing}; }
    BOOST_TEST(thing.freed == 1);
    { const std::unique_ptr<Thing, FreedByAddress<free_by_address>> owner{&thing}; }
    BOOST_TEST(thing.freed == 2);
}

BOOST_AUTO_TEST_SUITE_END()
