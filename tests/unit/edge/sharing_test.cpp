#include "edge/sharing.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::edge;
using http::Seconds;

namespace {

const http::Time now{Seconds{1'700'000'000}};

http::Request asking(http::Fields fields = {}) {
    http::Request request;
    request.method = "GET";
    request.target = "/";
    request.fields = std::move(fields);
    return request;
}

http::Stored come(http::Fields fields, int status = 200) {
    fields.add("Date", http::print_date(now));
    return {status, std::move(fields), {}, now, now};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edge_sharing)

BOOST_AUTO_TEST_CASE(a_fresh_response_is_for_all_waiting_requests) {
    BOOST_TEST((share(come({{"Cache-Control", "max-age=1"}}), asking(), now) == Share::all));
    BOOST_TEST((share(come({{"Cache-Control", "max-age=60"}}, 503), asking(), now) == Share::all));
}

BOOST_AUTO_TEST_CASE(a_response_that_must_be_validated_is_not_shared) {
    for (const auto* rule :
         {"no-cache", "max-age=60, no-cache", "max-age=0", "s-maxage=0, max-age=9",
          "max-age=0, must-revalidate", "max-age=0, stale-if-error=60"})
        BOOST_TEST((share(come({{"Cache-Control", rule}, {"ETag", "\"a\""}}), asking(), now) ==
                    Share::nothing),
                   rule);
    BOOST_TEST((share(come({{"Cache-Control", "max-age=60"}, {"Age", "60"}}), asking(), now) ==
                Share::nothing));
    BOOST_TEST((share(come({{"ETag", "\"a\""}}), asking(), now) == Share::nothing));
}

BOOST_AUTO_TEST_CASE(a_response_that_may_be_used_while_it_is_validated_is_shared) {
    BOOST_TEST((share(come({{"Cache-Control", "max-age=0, stale-while-revalidate=9"}}), asking(),
                      now) == Share::all));
}

BOOST_AUTO_TEST_CASE(another_variant_causes_a_request) {
    auto stored = come({{"Cache-Control", "max-age=60"}, {"Vary", "Cookie"}});
    stored.vary = {{"Cookie", "a"}};
    BOOST_TEST((share(stored, asking({{"Cookie", "a"}}), now) == Share::all));
    BOOST_TEST((share(stored, asking({{"Cookie", "b"}}), now) == Share::variant));
    BOOST_TEST((share(stored, asking(), now) == Share::variant));
}

BOOST_AUTO_TEST_CASE(a_reload_accepts_a_response_that_has_just_arrived) {
    const auto stored = come({{"Cache-Control", "max-age=60"}});
    for (const auto* wish : {"no-cache", "max-age=0", "min-fresh=100"})
        BOOST_TEST((share(stored, asking({{"Cache-Control", wish}}), now) == Share::all), wish);
}

BOOST_AUTO_TEST_CASE(a_stale_response_is_for_requests_that_accept_a_stale_one) {
    auto stored = come({{"Cache-Control", "max-age=1, stale-if-error=60"}});
    BOOST_TEST((share_stale(stored, asking(), false, now + Seconds{30}) == Share::all));
    BOOST_TEST((share_stale(stored, asking(), false, now + Seconds{62}) == Share::nothing));
    BOOST_TEST((share_stale(stored, asking({{"Cache-Control", "no-cache"}}), true,
                            now + Seconds{30}) == Share::nothing));
    stored = come({{"Cache-Control", "max-age=1"}});
    BOOST_TEST((share_stale(stored, asking(), true, now + Seconds{30}) == Share::all));
    BOOST_TEST((share_stale(stored, asking(), false, now + Seconds{30}) == Share::nothing));
}

BOOST_AUTO_TEST_CASE(requests_that_want_different_things_have_different_keys) {
    BOOST_TEST(sharing_key(asking()) == "");
    BOOST_TEST(sharing_key(asking({{"Cache-Control", "no-cache"}})) !=
               sharing_key(asking({{"Pragma", "no-cache"}})));
    BOOST_TEST(sharing_key(asking({{"Cache-Control", "max-age=0"}})) !=
               sharing_key(asking({{"Cache-Control", "no-cache"}})));
}

BOOST_AUTO_TEST_SUITE_END()
