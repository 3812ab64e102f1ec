#include "http/address.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

std::string refusal(std::string (*check)(const std::string&), const std::string& url) {
    try {
        return "accepted as " + check(url);
    } catch (const Error& error) {
        BOOST_TEST(error.exit() == EX_USAGE);
        return error.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_address)

BOOST_AUTO_TEST_CASE(a_scheme_may_have_any_case) {
    BOOST_TEST(is_url("HTTP://host"));
    BOOST_TEST(is_url("hTTps://host"));
    for (const auto* no : {"", "http", "http:/", "httpx://host", "ftp://host", "/http://host"})
        BOOST_TEST(!is_url(no), no);
    BOOST_TEST(check_server("HTTP://Host/Path") == "http://Host/Path");
    BOOST_TEST(check_server("https://[::1]:8480/") == "https://[::1]:8480/");
    BOOST_TEST(check_url("Http://ann:Pass@host/list.m3u8?a=B") ==
               "http://ann:Pass@host/list.m3u8?a=B");
}
BOOST_AUTO_TEST_CASE(an_address_that_no_request_could_reach_is_refused) {
    for (const auto* url :
         {"", "host:80", "http://", "https:///path", "http://[::1", "http://127.0.0.1:99999",
          "http://127.0.0.1:0", "http://127.0.0.1:x", "http://a b/", "ftp://host"})
        for (const auto check : {check_url, check_server})
            BOOST_TEST(refusal(check, url).ends_with("is not an http:// address"), url);
}
BOOST_AUTO_TEST_CASE(a_server_has_no_query) {
    for (const auto* url :
         {"http://host?x=1", "http://host/?x=1", "http://host/#x", "http://host?"})
        BOOST_TEST(refusal(check_server, url).ends_with("has no query and no fragment"), url);
}
BOOST_AUTO_TEST_CASE(no_refusal_tells_a_password) {
    for (const auto* url : {"http://ann:s3cret@host:99999", "http://ann:s3cret@host?x"})
        BOOST_TEST(refusal(check_server, url).find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
