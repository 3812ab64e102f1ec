#include "s3/bucket.hpp"

#include <boost/test/unit_test.hpp>

#include "http/date.hpp"

using namespace stretto;
using namespace stretto::s3;

namespace {

http::Fields dated(std::int64_t ahead_s) {
    const auto now =
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    return {{"Date", http::print_date(now + std::chrono::seconds{ahead_s})}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_bucket)

BOOST_AUTO_TEST_CASE(errors_say_what_can_be_done) {
    const auto exit = [](int status, const char* code) {
        return error_of(status, {code, ""}, {}, "s3://b/x").exit();
    };
    BOOST_TEST(exit(403, "SignatureDoesNotMatch") == EX_NOPERM);
    BOOST_TEST(exit(400, "ExpiredToken") == EX_NOPERM);
    BOOST_TEST(exit(404, "NoSuchBucket") == EX_NOINPUT);
    BOOST_TEST(exit(503, "SlowDown") == EX_TEMPFAIL);
    BOOST_TEST(exit(500, "InternalError") == EX_UNAVAILABLE);
    const std::string skewed = error_of(403, {"RequestTimeTooSkewed", ""}, dated(3600), "x").what();
    BOOST_TEST(skewed.find("behind the server's") != skewed.npos, skewed);
    const std::string ahead = error_of(403, {"AccessDenied", ""}, dated(-3600), "x").what();
    BOOST_TEST(ahead.find("ahead of the server's") != ahead.npos, ahead);
}

BOOST_AUTO_TEST_CASE(what_may_pass_is_tried_again) {
    for (const int status : {429, 500, 502, 503, 504}) BOOST_TEST(is_passing(status, {}));
    for (const int status : {400, 403, 404, 412, 501}) BOOST_TEST(!is_passing(status, {}));
    BOOST_TEST(is_passing(400, {"RequestTimeout", ""}));
}

BOOST_AUTO_TEST_CASE(clocks_that_nearly_agree_are_right) {
    BOOST_TEST(!clock_skew_s(dated(20)).has_value());
    BOOST_TEST(!clock_skew_s({}).has_value());
    BOOST_TEST(std::abs(*clock_skew_s(dated(1000)) + 1000) <= 2);
}

BOOST_AUTO_TEST_CASE(the_url_of_a_bucket) {
    Settings settings;
    settings.region = "eu-west-1";
    BOOST_TEST(bucket_url({"music", "x"}, settings) == "https://music.s3.eu-west-1.amazonaws.com");
    BOOST_TEST(bucket_url({"my.music", ""}, settings) ==
               "https://s3.eu-west-1.amazonaws.com/my.music");
    settings.endpoint = "http://127.0.0.1:7480";
    BOOST_TEST(bucket_url({"music", ""}, settings) == "http://127.0.0.1:7480/music");
}

BOOST_AUTO_TEST_SUITE_END()
