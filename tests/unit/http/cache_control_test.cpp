#include "http/cache_control.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

long long max_age(std::string_view value) {
    return parse_cache_control(value).max_age.value_or(Seconds{-1}).count();
}
long long cdn_max_age(std::string value) {
    const auto control = cdn_cache_control({{"CDN-Cache-Control", std::move(value)}});
    if (!control) return -2;
    return control->max_age.value_or(Seconds{-1}).count();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_cache_control)

BOOST_AUTO_TEST_CASE(every_directive_is_known) {  // RFC 9111 5.2
    const auto all = parse_cache_control(
        "max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4, min-fresh=5, "
        "max-stale=6, no-store, no-cache, private, public, must-revalidate, proxy-revalidate, "
        "no-transform, only-if-cached, must-understand, immutable, other, other=7");
    BOOST_TEST((all.max_age == Seconds{1} && all.s_maxage == Seconds{2}));
    BOOST_TEST((all.stale_while_revalidate == Seconds{3} && all.stale_if_error == Seconds{4}));
    BOOST_TEST((all.min_fresh == Seconds{5} && all.max_stale == Seconds{6}));
    BOOST_TEST((all.no_store && all.no_cache && all.is_private && all.is_public));
    BOOST_TEST((all.must_revalidate && all.proxy_revalidate && all.no_transform));
    BOOST_TEST((all.only_if_cached && all.must_understand && all.immutable));
    const auto none = parse_cache_control("no-storex, xprivate, max-agex=5");
    BOOST_TEST((!none.no_store && !none.is_private && !none.max_age));
}
BOOST_AUTO_TEST_CASE(names_have_any_case) {  // 5.2
    BOOST_TEST(parse_cache_control("No-StOrE").no_store);
    BOOST_TEST(max_age("MaX-aGe=3600") == 3600);
}
BOOST_AUTO_TEST_CASE(numbers_are_digits_plain_or_quoted) {  // 1.2.2, 5.2
    BOOST_TEST(max_age("max-age=3600") == 3600);
    BOOST_TEST(max_age("max-age=003600") == 3600);
    BOOST_TEST(max_age("max-age=\"3600\"") == 3600);
    BOOST_TEST(max_age("max-age=2147483648") == 2147483648);
    BOOST_TEST(max_age("max-age=99999999999") == 2147483648);
    BOOST_TEST(max_age("max-age=99999999999999999999999") == 2147483648);
}
BOOST_AUTO_TEST_CASE(an_invalid_number_means_stale) {  // 4.2.1
    for (const auto value :
         {"max-age", "max-age=", "max-age=-1", "max-age=+1", "max-age=3600.0", "max-age=3600.5",
          "max-age=a3600", "max-age=3600a", "max-age='3600'", "max-age =3600", "max-age= 3600",
          "max-age=\"\"", "max-age=\"3600", "max-age=0x10", "max-age=1 2", "max-age=\" 1\""})
        BOOST_TEST(max_age(value) == 0, value);
}
BOOST_AUTO_TEST_CASE(the_strictest_of_several_holds) {  // 4.2.1
    BOOST_TEST(max_age("max-age=1800, max-age=1") == 1);
    BOOST_TEST(max_age("max-age=1, max-age=1800") == 1);
    BOOST_TEST(max_age("max-age=1800, max-age=x") == 0);
    BOOST_TEST(
        (cache_control({{"Cache-Control", "max-age=9"}, {"cache-control", "max-age=3"}}).max_age ==
         Seconds{3}));
    const auto asked = parse_cache_control("min-fresh=1, min-fresh=5, max-stale, max-stale=7");
    BOOST_TEST((asked.min_fresh == Seconds{5} && asked.max_stale == Seconds{7}));
    BOOST_TEST((parse_cache_control("max-stale").max_stale == Seconds::max()));
    BOOST_TEST((parse_cache_control("max-stale=x").max_stale == Seconds{0}));
}
BOOST_AUTO_TEST_CASE(a_quoted_word_is_not_a_directive) {  // 5.2
    BOOST_TEST(max_age("extension=\"max-age=3600\", max-age=1") == 1);
    BOOST_TEST(max_age("max-age=1, extension=\"max-age=3600\"") == 1);
    BOOST_TEST(!parse_cache_control("x=\"a, no-store, b\"").no_store);
    BOOST_TEST(!parse_cache_control("x=\"a\\\", no-store, b\"").no_store);
}
BOOST_AUTO_TEST_CASE(an_open_quote_hides_nothing) {
    BOOST_TEST(parse_cache_control("x=\"a, no-store").no_store);
    BOOST_TEST(
        cache_control({{"Cache-Control", "x=\"a"}, {"Cache-Control", "no-store, y=\"b"}}).no_store);
}
BOOST_AUTO_TEST_CASE(no_cache_and_private_may_name_fields) {  // 5.2.2.4, 5.2.2.7
    const auto some = parse_cache_control("no-cache=\"Set-Cookie, X\", private=Y");
    BOOST_TEST((!some.no_cache && !some.is_private));
    BOOST_TEST((some.no_cache_fields == std::vector<std::string>{"Set-Cookie", "X"}));
    BOOST_TEST((some.private_fields == std::vector<std::string>{"Y"}));
    BOOST_TEST(parse_cache_control("no-cache=\"\"").no_cache);
    BOOST_TEST(parse_cache_control("private=").is_private);
    BOOST_TEST(parse_cache_control("no-cache=X, no-cache").no_cache);
    BOOST_TEST(parse_cache_control("no-store=x").no_store);
    BOOST_TEST(parse_cache_control("no-store =x").no_store);
}
BOOST_AUTO_TEST_CASE(pragma_counts_without_cache_control) {  // 5.4
    BOOST_TEST(request_control({{"Pragma", "x, No-Cache"}}).no_cache);
    BOOST_TEST(!request_control({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=1"}}).no_cache);
    BOOST_TEST(!governing({{"Pragma", "no-cache"}}).no_cache);
}

BOOST_AUTO_TEST_CASE(cdn_cache_control_replaces_cache_control) {  // RFC 9213 2.2
    const auto rules =
        governing({{"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "no-store, s-maxage=5"}});
    BOOST_TEST((rules.max_age == Seconds{60} && !rules.no_store && !rules.s_maxage));
    BOOST_TEST(
        governing({{"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=60"}}).no_store);
}
BOOST_AUTO_TEST_CASE(cdn_cache_control_is_a_structured_dictionary) {  // RFC 9213 2.1
    BOOST_TEST(cdn_max_age("max-age=60;x=1, foobar, y=1.5") == 60);
    BOOST_TEST(cdn_max_age("max-age=1, max-age=60") == 60);  // the last one, by RFC 8941
    BOOST_TEST(cdn_max_age("max-age=-5") == 0);
    BOOST_TEST(cdn_max_age("max-age=99999999999") == 2147483648);
    BOOST_TEST(cdn_max_age("private") == -1);
    BOOST_TEST(!cdn_cache_control({{"CDN-Cache-Control", "no-store=?0, a"}})->no_store);
    BOOST_TEST((cdn_cache_control({{"CDN-Cache-Control", "no-cache=\"A, B\""}})->no_cache_fields ==
                std::vector<std::string>{"A", "B"}));
    BOOST_TEST((cdn_cache_control(
                    {{"CDN-Cache-Control", "max-age=7"}, {"CDN-Cache-Control", "must-revalidate"}})
                    ->max_age == Seconds{7}));
}
BOOST_AUTO_TEST_CASE(an_invalid_cdn_cache_control_is_ignored) {  // RFC 9213 2.2, RFC 8941 2
    for (const auto value : {"", " ", "max-age=10000, &&&&&", "max-age=\"10000\"", "max-age=1.5",
                             "max-age", "MaX-aGe=3600", "max-age =100", "max-age= 100",
                             "max-age=60,", "max-age=60, no_cache=\"x", "s-maxage=x"})
        BOOST_TEST(cdn_max_age(value) == -2, value);
    BOOST_TEST(governing({{"CDN-Cache-Control", "&"}, {"Cache-Control", "no-store"}}).no_store);
}

BOOST_AUTO_TEST_SUITE_END()
