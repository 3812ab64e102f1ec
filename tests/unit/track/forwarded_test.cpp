#include "track/forwarded.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::track;

namespace {

std::string read(const http::Fields& fields) {
    const auto ip = forwarded_for(fields);
    return !ip ? "malformed" : *ip ? (*ip)->print() : "none";
}
std::string x(std::string_view value) { return read({{"X-Forwarded-For", std::string{value}}}); }
std::string f(std::string_view value) { return read({{"Forwarded", std::string{value}}}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(track_forwarded)

BOOST_AUTO_TEST_CASE(the_last_address_is_the_proxys_own_word) {
    BOOST_TEST(x("192.0.2.1") == "192.0.2.1");
    BOOST_TEST(x("6.6.6.6, 192.0.2.1") == "192.0.2.1");
    BOOST_TEST(x("2001:db8::1") == "2001:db8::1");
    BOOST_TEST(x("[2001:db8::1]:4711") == "2001:db8::1");
    BOOST_TEST(x("192.0.2.1:4711") == "192.0.2.1");
    BOOST_TEST(f("for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(f("for=6.6.6.6, for=192.0.2.1;proto=https;by=192.0.2.9") == "192.0.2.1");
    BOOST_TEST(f("proto=https; For=\"[2001:db8::1]:4711\"") == "2001:db8::1");
    const http::Fields several{{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.1"}};
    BOOST_TEST(read(several) == "192.0.2.1");
    BOOST_TEST(read({}) == "none");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused) {
    for (const auto* bad :
         {"", ",", "unknown", "_hidden", "192.0.2.1, nobody", "192.0.2", "[::1", "a:b:c"})
        BOOST_TEST(x(bad) == "malformed", bad);
    for (const auto* bad : {"", "for=", "for=unknown", "by=192.0.2.1", "for=192.0.2.1, for=_x",
                            "for=\"192.0.2.1", "for", "for=\"\""})
        BOOST_TEST(f(bad) == "malformed", bad);
}

BOOST_AUTO_TEST_CASE(of_two_fields_one_may_be_forged) {
    const auto both = [](const char* a, const char* b) {
        return read({{"X-Forwarded-For", a}, {"Forwarded", b}});
    };
    BOOST_TEST(both("192.0.2.1", "for=192.0.2.1") == "192.0.2.1");
    BOOST_TEST(both("192.0.2.1", "for=6.6.6.6") == "malformed");
    BOOST_TEST(both("6.6.6.6", "for=unknown") == "malformed");
}

BOOST_AUTO_TEST_SUITE_END()
