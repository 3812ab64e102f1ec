// One row for each requirement of RFC 9111 on a shared cache that can be decided without a socket.
#include "http/freshness.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

namespace {

constexpr Time t0{Seconds{1767225600}};
constexpr Time at(long long seconds) { return t0 + Seconds{seconds}; }
std::string date(long long seconds) { return print_date(at(seconds)); }

Request get(Fields fields = {}) { return {"GET", "/", 1, std::move(fields)}; }
Request asking(std::string cache_control) {
    return get({{"Cache-Control", std::move(cache_control)}});
}

/// Stored at t0, without delay, as the origin sent it at t0.
Stored stored(Fields fields, int status = 200, const Request& request = get()) {
    if (!fields.has("Date")) fields.add("Date", date(0));
    return to_store(request, {status, std::move(fields)}, t0, t0);
}
Stored controlled(std::string cache_control) {
    return stored({{"Cache-Control", std::move(cache_control)}, {"ETag", "\"a\""}});
}

bool kept(Fields fields, int status = 200, const Request& request = get()) {
    return may_store(request, {status, std::move(fields)}, t0);
}
bool kept(std::string cache_control, const Request& request = get()) {
    return kept({{"Cache-Control", std::move(cache_control)}}, 200, request);
}

long long life(Fields fields, int status = 200) {
    return lifetime(stored(std::move(fields), status)).count();
}

/// "fresh", "aside", "stale" or "ask".
std::string used(const Stored& what, long long after, const Request& request = get()) {
    switch (use(what, request, at(after))) {
        case Use::fresh:
            return "fresh";
        case Use::stale_now:
            return "aside";
        case Use::stale_asked:
            return "stale";
        case Use::validate:
            return "ask";
    }
    return "";
}
std::string used(std::string cache_control, long long after, const Request& request = get()) {
    return used(controlled(std::move(cache_control)), after, request);
}
bool on_error(std::string cache_control, long long after, bool disconnected,
              const Request& request = get()) {
    return use_on_error(controlled(std::move(cache_control)), request, disconnected, at(after));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_freshness)

BOOST_AUTO_TEST_CASE(a_clock_is_compared_with_the_time_of_the_request) {
    const auto skew = [](Fields fields) {
        return clock_skew({200, std::move(fields)}, at(0), at(5)).count();
    };
    BOOST_TEST(skew({}) == 0);
    BOOST_TEST(skew({{"Date", "yesterday"}}) == 0);
    for (const auto s : {0, 3, 5}) BOOST_TEST(skew({{"Date", date(s)}}) == 0, s);
    BOOST_TEST(skew({{"Date", date(6)}}) == 1);
    BOOST_TEST(skew({{"Date", date(3605)}}) == 3600);
    BOOST_TEST(skew({{"Date", date(-90)}}) == -90);
    // it was sent a while ago, and a cache kept it
    BOOST_TEST(skew({{"Date", date(-90)}, {"Age", "92"}}) == 0);
    BOOST_TEST(skew({{"Date", date(-90)}, {"Age", "10"}}) == -80);
    BOOST_TEST(skew({{"Date", date(0)}, {"Age", "100"}}) == 95);
    // an age that is as large as one can be
    BOOST_TEST(skew({{"Date", date(0)}, {"Age", "99999999999999999999"}}) > 0);
    // our own clock went back meanwhile
    BOOST_TEST(clock_skew({200, {{"Date", date(0)}}}, at(9), at(0)).count() == 0);
}
BOOST_AUTO_TEST_CASE(s3_only_get_is_stored) {
    const Fields fresh{{"Cache-Control", "max-age=60"}};
    for (const auto method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "get"})
        BOOST_TEST(!may_store({method, "/", 1, {}}, {200, fresh}, t0), method);
    BOOST_TEST(kept("max-age=60"));
    // a body is in no cache key
    BOOST_TEST(!kept("max-age=60", get({{"Content-Length", "5"}})));
    BOOST_TEST(!kept("max-age=60", get({{"Transfer-Encoding", "chunked"}})));
    BOOST_TEST(kept("max-age=60", get({{"Content-Length", "0"}})));
}
BOOST_AUTO_TEST_CASE(s3_final_statuses_with_a_lifetime_are_stored) {
    const Fields fresh{{"Cache-Control", "max-age=60"}};
    for (const int status : {200, 203, 204, 299, 301, 302, 303, 307, 308, 400,
                             403, 404, 410, 451, 499, 500, 502, 503, 504, 599})
        BOOST_TEST(kept(fresh, status), status);
    for (const int status : {100, 101, 103, 304}) BOOST_TEST(!kept(fresh, status), status);
}
BOOST_AUTO_TEST_CASE(s3_without_a_lifetime_only_heuristically_cacheable_statuses_are_stored) {
    const Fields dated{{"Last-Modified", date(-1000)}};
    for (const int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
        BOOST_TEST(kept(dated, status), status);
    for (const int status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 299})
        BOOST_TEST(!kept(dated, status), status);
    BOOST_TEST(kept({{"Last-Modified", date(-1000)}, {"Cache-Control", "public"}}, 302));
    BOOST_TEST(!kept(Fields{}));  // it could neither be used nor validated
    BOOST_TEST(kept({{"ETag", "\"a\""}}));
    BOOST_TEST(kept({{"Expires", date(60)}, {"Date", date(0)}}));
    BOOST_TEST(!kept({{"Expires", "0"}}));
    BOOST_TEST(kept({{"Expires", "0"}, {"ETag", "\"a\""}}));
    BOOST_TEST(!kept("max-age=0"));
    BOOST_TEST(kept("max-age=0, stale-while-revalidate=5"));
    BOOST_TEST(!kept({{"Cache-Control", "max-age=60"}, {"Age", "60"}}));
}
BOOST_AUTO_TEST_CASE(s3_no_store_and_private) {  // 5.2.1.5, 5.2.2.5, 5.2.2.7
    BOOST_TEST(!kept("max-age=60, no-store"));
    BOOST_TEST(!kept("max-age=60, No-Store"));
    BOOST_TEST(!kept("no-store, public, max-age=60"));
    BOOST_TEST(!kept("private, max-age=60"));
    BOOST_TEST(!kept("private, public, s-maxage=60"));
    BOOST_TEST(kept("private=\"X\", max-age=60"));
    BOOST_TEST(!kept({{"Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}}));
    BOOST_TEST(!kept("max-age=60", asking("no-store")));
}
BOOST_AUTO_TEST_CASE(s5_2_2_3_must_understand_stands_in_for_no_store) {
    const Fields both{{"Cache-Control", "must-understand, no-store, max-age=60"}};
    BOOST_TEST(kept(both, 200));
    BOOST_TEST(kept(both, 404));
    BOOST_TEST(!kept(both, 299));
    BOOST_TEST(!kept({{"Cache-Control", "must-understand, max-age=60"}}, 299));
}
BOOST_AUTO_TEST_CASE(s5_2_2_4_no_cache_is_stored_to_be_validated) {
    BOOST_TEST(kept({{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}}));
    BOOST_TEST(!kept("no-cache, max-age=60"));
}
BOOST_AUTO_TEST_CASE(s3_5_authorization_wants_leave) {
    const auto known = get({{"Authorization", "Basic x"}});
    BOOST_TEST(!kept("max-age=60", known));
    BOOST_TEST(kept("max-age=60, public", known));
    BOOST_TEST(kept("max-age=60, must-revalidate", known));
    BOOST_TEST(kept("s-maxage=60", known));
    BOOST_TEST(!kept("max-age=60, proxy-revalidate", known));
    BOOST_TEST(!kept("max-age=60, public, private", known));
}
BOOST_AUTO_TEST_CASE(s3_3_parts_only_with_their_place) {
    const auto part = [](Fields fields) {
        fields.add("Cache-Control", "max-age=60");
        return kept(std::move(fields), 206);
    };
    BOOST_TEST(part({{"Content-Range", "bytes 0-9/100"}}));
    BOOST_TEST(!part({}));
    BOOST_TEST(!part({{"Content-Range", "bytes 0-9/*"}}));
    BOOST_TEST(!part({{"Content-Type", "multipart/byteranges; boundary=x"}}));
    BOOST_TEST(!part({{"Content-Range", "bytes 0-9/100"}, {"Content-Range", "bytes 5-9/100"}}));
}
BOOST_AUTO_TEST_CASE(s7_3_set_cookie_is_kept_with_explicit_freshness_alone) {
    const Field cookie{"Set-Cookie", "a=b"}, tag{"ETag", "\"a\""};
    BOOST_TEST(kept({{"Cache-Control", "max-age=60"}, cookie}));
    BOOST_TEST(kept({{"Expires", date(60)}, cookie}));
    BOOST_TEST(!kept({{"Last-Modified", date(-100000)}, tag, cookie}));
    BOOST_TEST(!kept({{"Cache-Control", "public"}, tag, cookie}));
    BOOST_TEST(!kept({{"Cache-Control", "no-cache, max-age=60"}, tag, cookie}));
    BOOST_TEST(!kept({{"Cache-Control", "max-age=0"}, tag, cookie}));
    BOOST_TEST(!kept({{"Expires", date(-1)}, tag, cookie}));
    // a field that is not kept binds nothing
    BOOST_TEST(kept({{"Cache-Control", "no-cache=\"Set-Cookie\""},
                     {"Last-Modified", date(-100000)},
                     tag,
                     cookie}));
}
BOOST_AUTO_TEST_CASE(s7_3_a_304_brings_no_cookie_without_freshness) {
    auto s = stored({{"Cache-Control", "max-age=60"}, {"ETag", "\"a\""}});
    freshen(s, {304, {{"Cache-Control", "no-cache"}, {"Set-Cookie", "a=b"}}}, at(1), at(1));
    BOOST_TEST(!s.fields.has("Set-Cookie"));
}
BOOST_AUTO_TEST_CASE(s4_1_vary_star_is_never_stored) {
    for (const auto vary : {"*", "*, *", ", *", "*, Foo", "Foo, *"})
        BOOST_TEST(!kept({{"Cache-Control", "max-age=60"}, {"Vary", vary}}), vary);
    BOOST_TEST(!kept({{"Cache-Control", "max-age=60"}, {"Vary", ""}, {"Vary", "*"}}));
}

BOOST_AUTO_TEST_CASE(s3_1_the_stored_fields) {
    const auto s = stored({{"Cache-Control", "max-age=60, no-cache=\"A\", private=\"B, c\""},
                           {"Connection", "close, X-Hop"},
                           {"X-Hop", "1"},
                           {"Keep-Alive", "5"},
                           {"Transfer-Encoding", "chunked"},
                           {"Proxy-Authenticate", "x"},
                           {"Proxy-Authentication-Info", "x"},
                           {"A", "1"},
                           {"B", "2"},
                           {"C", "3"},
                           {"D", "4"},
                           {"Set-Cookie", "a=b"}});
    BOOST_TEST(
        (s.fields == Fields{{"Cache-Control", "max-age=60, no-cache=\"A\", private=\"B, c\""},
                            {"D", "4"},
                            {"Set-Cookie", "a=b"},
                            {"Date", date(0)}}));
    // CDN-Cache-Control does not undo what Cache-Control says of fields
    BOOST_TEST(
        !stored(
             {{"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "private=\"A\""}, {"A", "1"}})
             .fields.has("A"));
}
BOOST_AUTO_TEST_CASE(rfc_9110_6_6_1_a_missing_date_is_added) {
    const auto noted = [](Fields fields) {
        return *to_store(get(), {200, std::move(fields)}, at(1), at(2)).fields.find("Date");
    };
    BOOST_TEST(noted({}) == date(2));
    BOOST_TEST(noted({{"Date", "today"}}) == date(2));
    BOOST_TEST(noted({{"Date", date(-5)}}) == date(-5));
}

BOOST_AUTO_TEST_CASE(s4_1_vary_selects) {
    const auto varies = [](std::string vary, Fields then, Fields now) {
        const auto s = stored({{"Cache-Control", "max-age=60"}, {"Vary", std::move(vary)}}, 200,
                              get(std::move(then)));
        return vary_matches(s, get(std::move(now)));
    };
    BOOST_TEST(vary_matches(controlled("max-age=60"), get({{"Foo", "1"}})));
    BOOST_TEST(varies("Foo", {{"Foo", "1"}}, {{"foo", "1"}, {"Bar", "2"}}));
    BOOST_TEST(varies("fOO", {{"Foo", "1"}}, {{"Foo", "1"}}));
    BOOST_TEST(!varies("Foo", {{"Foo", "1"}}, {{"Foo", "2"}}));
    BOOST_TEST(!varies("Foo", {{"Foo", "a"}}, {{"Foo", "A"}}));
    BOOST_TEST(!varies("Foo", {{"Foo", "1"}}, {}));
    BOOST_TEST(!varies("Foo", {}, {{"Foo", "1"}}));
    BOOST_TEST(varies("Foo", {}, {}));
    BOOST_TEST(!varies("Foo", {}, {{"Foo", ""}}));
    BOOST_TEST(varies("Foo, Bar", {{"Foo", "1"}, {"Bar", "2"}}, {{"Bar", "2"}, {"Foo", "1"}}));
    BOOST_TEST(!varies("Foo, Bar", {{"Foo", "1"}, {"Bar", "2"}}, {{"Foo", "1"}, {"Bar", "3"}}));
    BOOST_TEST(varies("Foo", {{"Foo", "1,2"}}, {{"Foo", "1"}, {"Foo", " 2"}}));
    BOOST_TEST(varies("Foo", {{"Foo", "1 ,\t2"}}, {{"Foo", "1, 2"}}));
    BOOST_TEST(!varies("Foo", {{"Foo", "1, 2"}}, {{"Foo", "2, 1"}}));
    BOOST_TEST(!varies("Foo", {{"Foo", "1 2"}}, {{"Foo", "1, 2"}}));
    BOOST_TEST(!varies("*", {}, {}));
    BOOST_TEST(!varies("Foo, *", {}, {}));
}

BOOST_AUTO_TEST_CASE(s4_2_1_the_sources_of_the_lifetime) {
    const auto expires = date(50);
    BOOST_TEST(life({{"Cache-Control", "max-age=60"}}) == 60);
    BOOST_TEST(life({{"Cache-Control", "max-age=60, s-maxage=5"}}) == 5);
    BOOST_TEST(life({{"Cache-Control", "max-age=60"}, {"Expires", expires}}) == 60);
    BOOST_TEST(life({{"Cache-Control", "max-age=0"}, {"Expires", expires}}) == 0);
    BOOST_TEST(life({{"Cache-Control", "s-maxage=x, max-age=60"}, {"Expires", expires}}) == 0);
    BOOST_TEST(life({{"Expires", expires}}) == 50);
    BOOST_TEST(life({{"Cache-Control", "public"}, {"Expires", expires}}) == 50);
    BOOST_TEST(life({{"Expires", expires}, {"Date", date(-10)}}) == 60);
    BOOST_TEST(life({{"Expires", date(-50)}}) == 0);
    BOOST_TEST(life({}) == 0);
    // the time it came stands in for a Date that is none
    BOOST_TEST(lifetime({200, {{"Expires", expires}}, {}, t0, t0}).count() == 50);
}
BOOST_AUTO_TEST_CASE(s5_3_an_invalid_expires_is_past) {
    for (const auto value : {"0", "-1", "", "soon", "Thu, 18 Aug 2050 02:01:18 UTC",
                             "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT"}) {
        BOOST_TEST(life({{"Expires", value}}) == 0, value);
        BOOST_TEST(life({{"Expires", value}, {"Last-Modified", date(-1000)}}) == 0, value);
    }
    BOOST_TEST(life({{"Expires", date(50)}, {"Expires", date(60)}}) == 0);
    BOOST_TEST(life({{"Expires", "THU, 18 AUG 2050 02:01:18 gmt"}}) > 0);
    BOOST_TEST(life({{"Expires", "Thursday, 18-Aug-50 02:01:18 GMT"}}) > 0);
    BOOST_TEST(life({{"Expires", "Thu Aug 18 02:01:18 2050"}}) > 0);
    BOOST_TEST(life({{"Expires", "Fri, 31 Dec 9999 23:59:59 GMT"}}) > 0);
}
BOOST_AUTO_TEST_CASE(s4_2_2_a_tenth_of_the_time_unchanged) {
    BOOST_TEST(life({{"Last-Modified", date(-1000)}}) == 100);
    BOOST_TEST(life({{"Last-Modified", date(-1000)}, {"Date", date(-500)}}) == 50);
    BOOST_TEST(life({{"Last-Modified", date(-100 * 86400)}}) == 86400);
    BOOST_TEST(life({{"Last-Modified", date(1000)}}) == 0);
    BOOST_TEST(life({{"Last-Modified", "once"}}) == 0);
    BOOST_TEST(life({{"Last-Modified", date(-1000)}}, 302) == 0);
    BOOST_TEST(life({{"Last-Modified", date(-1000)}, {"Cache-Control", "public"}}, 302) == 100);
    BOOST_TEST(life({{"Last-Modified", date(-1000)}, {"Cache-Control", "max-age=5"}}) == 5);
}
BOOST_AUTO_TEST_CASE(rfc_9213_2_2_cdn_cache_control_alone_sets_the_lifetime) {
    BOOST_TEST(life({{"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "max-age=1"}}) == 60);
    BOOST_TEST(life({{"CDN-Cache-Control", "max-age=1"}, {"Cache-Control", "max-age=60"}}) == 1);
    BOOST_TEST(life({{"CDN-Cache-Control", "max-age=60"}, {"Expires", date(-5)}}) == 60);
    BOOST_TEST(life({{"CDN-Cache-Control", "max-age=60"}, {"Expires", "0"}}) == 60);
    BOOST_TEST(life({{"CDN-Cache-Control", "foo"}, {"Expires", date(50)}}) == 0);
    BOOST_TEST(life({{"CDN-Cache-Control", "&"}, {"Expires", date(50)}}) == 50);
    BOOST_TEST(!kept({{"CDN-Cache-Control", "private"}, {"Cache-Control", "max-age=60"}}));
    BOOST_TEST(!kept({{"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=60"}}));
    BOOST_TEST(kept({{"CDN-Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}}));
    BOOST_TEST(!kept({{"CDN-Cache-Control", "max-age=\"60\""}, {"Cache-Control", "no-store"}}));
    BOOST_TEST(used(stored({{"CDN-Cache-Control", "no-cache"}, {"Cache-Control", "max-age=60"}}),
                    1) == "ask");
}

BOOST_AUTO_TEST_CASE(s4_2_3_age) {
    const auto age = [](Fields fields, long long requested, long long received, long long now) {
        const auto s = to_store(get(), {200, std::move(fields)}, at(requested), at(received));
        return current_age(s, at(now)).count();
    };
    BOOST_TEST(age({{"Date", date(0)}}, 0, 0, 7) == 7);
    BOOST_TEST(age({{"Date", date(0)}}, 0, 3, 7) == 7);                    // apparent_age
    BOOST_TEST(age({{"Date", date(100)}}, 0, 0, 7) == 7);                  // our clock is behind
    BOOST_TEST(age({{"Date", date(0)}, {"Age", "10"}}, 0, 0, 7) == 17);    // age_value
    BOOST_TEST(age({{"Date", date(3)}, {"Age", "10"}}, 0, 3, 7) == 17);    // response_delay
    BOOST_TEST(age({{"Date", date(-20)}, {"Age", "10"}}, 0, 0, 7) == 27);  // the greater one
    BOOST_TEST(age({}, 0, 3, 7) == 7);                                     // no Date
    BOOST_TEST(age({{"Date", "x"}}, 3, 3, 7) == 4);
    BOOST_TEST(age({{"Date", date(0)}}, 0, 0, -50) == 0);  // a clock set back
}
BOOST_AUTO_TEST_CASE(s5_1_an_invalid_age_is_ignored) {
    const auto age = [](Fields fields) {
        fields.add("Date", date(0));
        return current_age(to_store(get(), {200, std::move(fields)}, t0, t0), t0).count();
    };
    for (const auto value : {"", "abc", "-7200", "7200.0", "+5", "\"5\"", "5a", ","})
        BOOST_TEST(age({{"Age", value}}) == 0, value);
    BOOST_TEST(age({{"Age", "7200, 0"}}) == 7200);  // the first member
    BOOST_TEST(age({{"Age", "0,7200"}}) == 0);
    BOOST_TEST(age({{"Age", "7200"}, {"Age", "0"}}) == 7200);
    BOOST_TEST(age({{"Age", "99999999999999999999"}}) == 2147483648);
}

BOOST_AUTO_TEST_CASE(s4_2_fresh_until_its_age_is_its_lifetime) {
    BOOST_TEST(used("max-age=60", 0) == "fresh");
    BOOST_TEST(used("max-age=60", 59) == "fresh");
    BOOST_TEST(used("max-age=60", 60) == "ask");
    BOOST_TEST(used("max-age=0", 0) == "ask");
    BOOST_TEST(used(stored({{"Cache-Control", "max-age=3600"}, {"Age", "7200"}}), 0) == "ask");
    BOOST_TEST(used("max-age=99999999999", 2000000000) == "fresh");
}
BOOST_AUTO_TEST_CASE(s5_2_2_4_no_cache_always_validates) {
    BOOST_TEST(used("max-age=60, no-cache", 1) == "ask");
    BOOST_TEST(used("max-age=60, no-cache=\"X\"", 1) == "fresh");
    BOOST_TEST(used("max-age=60, no-cache, stale-while-revalidate=60", 61) == "ask");
}
BOOST_AUTO_TEST_CASE(s5_2_1_the_directives_of_a_request) {
    BOOST_TEST(used("max-age=60", 1, asking("no-cache")) == "ask");
    BOOST_TEST(used("max-age=60", 1, get({{"Pragma", "no-cache"}})) == "ask");
    BOOST_TEST(used("max-age=60", 0, asking("max-age=0")) == "ask");
    BOOST_TEST(used("max-age=60", 4, asking("max-age=5")) == "fresh");
    BOOST_TEST(used("max-age=60", 6, asking("max-age=5")) == "ask");
    BOOST_TEST(used("max-age=60", 6, asking("max-age=x")) == "ask");
    BOOST_TEST(used("max-age=60", 50, asking("min-fresh=10")) == "fresh");
    BOOST_TEST(used("max-age=60", 51, asking("min-fresh=10")) == "ask");
    BOOST_TEST(used("max-age=60", 61, asking("max-stale")) == "stale");
    BOOST_TEST(used("max-age=60", 65, asking("max-stale=5")) == "stale");
    BOOST_TEST(used("max-age=60", 66, asking("max-stale=5")) == "ask");
    BOOST_TEST(used("max-age=60", 61, asking("max-stale, no-cache")) == "ask");
    BOOST_TEST(used("max-age=60", 61, asking("max-stale, min-fresh=1")) == "ask");
    BOOST_TEST(used("max-age=60", 1, asking("no-store")) == "fresh");
    BOOST_TEST(used("max-age=60", 1, asking("only-if-cached")) == "fresh");
    // 5.2.1.1: max-age "unless max-stale is also present"
    BOOST_TEST(used("max-age=60", 9, asking("max-age=5, max-stale=5")) == "fresh");
    BOOST_TEST(used("max-age=60", 11, asking("max-age=5, max-stale=5")) == "ask");
    BOOST_TEST(used("max-age=60", 62, asking("max-age=60, max-stale=5")) == "stale");
}
BOOST_AUTO_TEST_CASE(s4_2_4_responses_that_must_not_be_used_stale) {
    for (const auto forbids : {"must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=60"}) {
        const auto rules = std::string{"max-age=60, "} + forbids;
        BOOST_TEST(used(rules, 61, asking("max-stale")) == "ask", forbids);
        BOOST_TEST(!on_error(rules, 61, true), forbids);
        BOOST_TEST(!on_error(rules, 61, false), forbids);
        BOOST_TEST(!on_error(rules, 61, true, asking("stale-if-error=60")), forbids);
    }
    BOOST_TEST(used("max-age=60, must-revalidate", 1) == "fresh");
    BOOST_TEST(used("max-age=60, must-revalidate", 61) == "ask");
}
BOOST_AUTO_TEST_CASE(rfc_5861_3_stale_while_revalidate) {
    const std::string rules = "max-age=60, stale-while-revalidate=30";
    BOOST_TEST(used(rules, 59) == "fresh");
    BOOST_TEST(used(rules, 60) == "aside");
    BOOST_TEST(used(rules, 89) == "aside");
    BOOST_TEST(used(rules, 90) == "ask");
    BOOST_TEST(used("max-age=60, stale-while-revalidate=0", 60) == "ask");
    BOOST_TEST(used("s-maxage=60, stale-while-revalidate=30", 61) == "aside");
    BOOST_TEST(used(rules + ", must-revalidate", 61) == "ask");
    BOOST_TEST(used(rules + ", proxy-revalidate", 61) == "ask");
    BOOST_TEST(used(rules, 61, asking("max-age=0")) == "ask");
    BOOST_TEST(used(rules, 61, asking("min-fresh=1")) == "ask");
    BOOST_TEST(used(rules, 95, asking("max-stale=60")) == "stale");
}
BOOST_AUTO_TEST_CASE(rfc_8246_immutable_is_not_reloaded) {
    BOOST_TEST(used("max-age=60, immutable", 1, asking("max-age=0")) == "fresh");
    BOOST_TEST(used("max-age=60, immutable", 1, asking("no-cache")) == "ask");
    BOOST_TEST(used("max-age=60, immutable", 61) == "ask");
    BOOST_TEST(used("max-age=60, immutable", 61, asking("max-age=0")) == "ask");
}
BOOST_AUTO_TEST_CASE(s4_2_4_and_rfc_5861_4_when_upstream_fails) {
    BOOST_TEST(on_error("max-age=60", 1000, true));  // disconnected
    BOOST_TEST(!on_error("max-age=60", 61, false));  // a 5xx is an answer
    BOOST_TEST(on_error("max-age=60, stale-if-error=30", 89, false));
    BOOST_TEST(on_error("max-age=60, stale-if-error=30", 89, true));
    BOOST_TEST(!on_error("max-age=60, stale-if-error=30", 90, false));
    BOOST_TEST(!on_error("max-age=60, stale-if-error=30", 90, true));
    BOOST_TEST(on_error("s-maxage=60, stale-if-error=30", 89, false));
    BOOST_TEST(!on_error("max-age=60, stale-if-error=30, must-revalidate", 61, true));
    BOOST_TEST(on_error("max-age=60", 61, false, asking("stale-if-error=5")));
    BOOST_TEST(!on_error("max-age=60", 66, false, asking("stale-if-error=5")));
    BOOST_TEST(on_error("max-age=60", 1, false, asking("max-age=0")));  // fresh after all
    BOOST_TEST(!on_error("max-age=60", 1, true, asking("no-cache")));
}

BOOST_AUTO_TEST_CASE(s4_3_1_the_request_that_validates) {
    const auto s = stored({{"ETag", "W/\"a\""}, {"Last-Modified", date(-10)}});
    const auto asks = validation(get({{"Accept", "x"},
                                      {"If-None-Match", "\"b\""},
                                      {"If-Match", "\"b\""},
                                      {"If-Modified-Since", date(5)},
                                      {"If-Unmodified-Since", date(5)},
                                      {"If-Range", "\"b\""},
                                      {"Range", "bytes=0-1"}}),
                                 s);
    BOOST_TEST(
        (asks.fields ==
         Fields{{"Accept", "x"}, {"If-None-Match", "W/\"a\""}, {"If-Modified-Since", date(-10)}}));
    BOOST_TEST(validation(get(), stored({})).fields.size() == 0u);
}
BOOST_AUTO_TEST_CASE(s4_3_4_which_stored_response_a_304_speaks_of) {
    const auto speaks = [](Fields news, Fields olds) {
        return selects({304, std::move(news)}, stored(std::move(olds)));
    };
    BOOST_TEST(speaks({{"ETag", "\"a\""}}, {{"ETag", "\"a\""}}));
    BOOST_TEST(!speaks({{"ETag", "\"a\""}}, {{"ETag", "\"b\""}}));
    BOOST_TEST(!speaks({{"ETag", "\"a\""}}, {{"ETag", "W/\"a\""}}));  // strong wants strong
    BOOST_TEST(speaks({{"ETag", "W/\"a\""}}, {{"ETag", "W/\"a\""}}));
    BOOST_TEST(speaks({{"ETag", "W/\"a\""}}, {{"ETag", "\"a\""}}));
    BOOST_TEST(!speaks({{"ETag", "\"a\""}, {"Last-Modified", date(0)}},
                       {{"ETag", "\"b\""}, {"Last-Modified", date(0)}}));
    BOOST_TEST(!speaks({{"ETag", "\"a\""}}, {{"Last-Modified", date(0)}}));
    BOOST_TEST(speaks({{"Last-Modified", date(0)}}, {{"Last-Modified", date(0)}}));
    BOOST_TEST(
        speaks({{"Last-Modified", date(0)}}, {{"ETag", "\"a\""}, {"Last-Modified", date(0)}}));
    BOOST_TEST(!speaks({{"Last-Modified", date(0)}}, {{"Last-Modified", date(1)}}));
    BOOST_TEST(speaks({}, {}));
    // 4.3.3: it answers what was asked, which was about this one
    BOOST_TEST(speaks({}, {{"ETag", "\"a\""}}));
    BOOST_TEST(speaks({}, {{"Last-Modified", date(0)}}));
}
BOOST_AUTO_TEST_CASE(s3_2_the_fields_that_a_304_renews) {
    auto s = stored({{"Cache-Control", "max-age=1"},
                     {"ETag", "\"a\""},
                     {"Content-Length", "5"},
                     {"Content-Encoding", "gzip"},
                     {"Content-Type", "text/plain"},
                     {"Set-Cookie", "a=b"},
                     {"Set-Cookie", "c=d"},
                     {"Test", "old"},
                     {"Kept", "yes"},
                     {"Age", "30"}});
    freshen(s,
            {304,
             {{"Cache-Control", "max-age=60, private=\"Secret\""},
              {"Date", date(100)},
              {"ETag", "W/\"a\""},
              {"Content-Length", "0"},
              {"Content-Encoding", "br"},
              {"Content-Range", "bytes 0-1/2"},
              {"Content-Type", "text/html"},
              {"Set-Cookie", "e=f"},
              {"Connection", "close, X-Hop"},
              {"X-Hop", "1"},
              {"Secret", "1"},
              {"Test", "new"},
              {"Test", "newer"}}},
            at(99), at(101));
    BOOST_TEST((s.fields == Fields{{"ETag", "\"a\""},
                                   {"Content-Length", "5"},
                                   {"Content-Encoding", "gzip"},
                                   {"Kept", "yes"},
                                   {"Cache-Control", "max-age=60, private=\"Secret\""},
                                   {"Date", date(100)},
                                   {"Content-Type", "text/html"},
                                   {"Set-Cookie", "e=f"},
                                   {"Test", "new"},
                                   {"Test", "newer"}}));
    BOOST_TEST((s.requested == at(99) && s.received == at(101)));
    BOOST_TEST(used(s, 158) == "fresh");
    BOOST_TEST(used(s, 161) == "ask");
}
BOOST_AUTO_TEST_CASE(s4_2_3_a_304_without_age_or_date_makes_new) {
    auto s = stored({{"Cache-Control", "max-age=60"}, {"Age", "50"}});
    freshen(s, {304, {}}, at(1000), at(1000));
    BOOST_TEST(*s.fields.find("Date") == date(1000));
    BOOST_TEST(current_age(s, at(1005)).count() == 5);
    freshen(s, {304, {{"Age", "7"}}}, at(2000), at(2000));
    BOOST_TEST(current_age(s, at(2005)).count() == 12);
}
BOOST_AUTO_TEST_CASE(s4_3_5_a_head_freshens_or_makes_stale) {
    const auto freshens = [](Fields fields, int status = 200) {
        auto s = stored({{"Cache-Control", "max-age=1"},
                         {"ETag", "\"a\""},
                         {"Last-Modified", date(-9)},
                         {"Content-Length", "5"}});
        fields.add("Cache-Control", "max-age=60");
        const bool yes = freshen_by_head(s, {status, std::move(fields)}, at(10), at(10));
        BOOST_TEST((lifetime(s).count() == (yes ? 60 : 1)));
        return yes;
    };
    BOOST_TEST(freshens({}));
    BOOST_TEST(freshens({{"ETag", "\"a\""}, {"Last-Modified", date(-9)}, {"Content-Length", "5"}}));
    BOOST_TEST(!freshens({{"ETag", "\"b\""}}));
    BOOST_TEST(!freshens({{"Last-Modified", date(-8)}}));
    BOOST_TEST(!freshens({{"ETag", "\"a\""}, {"Content-Length", "6"}}));
    BOOST_TEST(!freshens({}, 404));
    auto bare = stored({{"Cache-Control", "max-age=1"}});
    BOOST_TEST(!freshen_by_head(bare, {200, {{"ETag", "\"a\""}}}, at(10), at(10)));
}

BOOST_AUTO_TEST_SUITE_END()
