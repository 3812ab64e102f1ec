#include "http/place.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::http;

BOOST_AUTO_TEST_SUITE(http_place)

BOOST_AUTO_TEST_CASE(a_url_is_split_into_its_parts) {
    const auto plain = parse_place("http://music.example:8480/a/b//");
    BOOST_TEST(plain.known);
    BOOST_TEST(plain.origin == "http://music.example:8480");
    BOOST_TEST(plain.authority == "music.example:8480");
    BOOST_TEST(plain.prefix == "/a/b");
    BOOST_TEST(plain.url() == "http://music.example:8480/a/b");
    BOOST_TEST(!plain.has_user());
    const auto short_one = parse_place("https://music.example");
    BOOST_TEST(short_one.authority == "music.example");
    BOOST_TEST(short_one.prefix == "");
    BOOST_TEST(parse_place("http://[2001:db8::1]:80").authority == "[2001:db8::1]:80");
    BOOST_TEST(parse_place("127.0.0.1:8480").url() == "http://127.0.0.1:8480");
}
BOOST_AUTO_TEST_CASE(its_printed_form_contains_no_password) {
    for (const auto* url : {"http://ann:s3cret@music.example", "http://ann:s3%63ret@music.example",
                            "http://ann:a@s3cret@music.example", "ftp://ann:s3cret@music.example",
                            "http://ann:s3cret@music.example:99999999", "http://ann:s3cret@",
                            "ann:s3cret@host", "http://ann:s3cret@bad host/"}) {
        const auto place = parse_place(url);
        for (const auto& printed : {place.url(), place.authority, without_userinfo(url)}) {
            BOOST_TEST(printed.find("cret") == std::string::npos, url << ": " << printed);
            BOOST_TEST(printed.find("ann") == std::string::npos, url << ": " << printed);
        }
    }
    const auto place = parse_place("http://ann:s3%63ret%3A@music.example/p");
    BOOST_TEST(place.url() == "http://music.example/p");
    BOOST_TEST(place.user == "ann");
    BOOST_TEST(place.password == "s3cret:");
    BOOST_TEST(parse_place("http://:only@music.example").has_user());
}
BOOST_AUTO_TEST_CASE(an_url_that_is_not_http_has_no_place) {
    for (const auto* url : {"", "http://", "ftp://music.example", "file:///etc/passwd",
                            "http://bad host/", "http://music.example:x/"})
        BOOST_TEST(!parse_place(url).known, url);
}
BOOST_AUTO_TEST_CASE(a_url_is_split_where_its_host_ends) {
    const auto split = [](const char* url) {
        const auto parts = split_url(url);
        return parts.base + " " + parts.target;
    };
    BOOST_TEST(split("http://a.example:81/x/y?q=/z#part") == "http://a.example:81 /x/y?q=/z");
    BOOST_TEST(split("http://a.example?q=/z") == "http://a.example /?q=/z");
    BOOST_TEST(split("https://ann:pass@a.example") == "https://ann:pass@a.example /");
    BOOST_TEST(split("http://a.example#/x") == "http://a.example /");
    BOOST_TEST(split("a.example/x") == "a.example /x");
    BOOST_TEST(split("http://[::1]/") == "http://[::1] /");
    BOOST_TEST(split("") == " /");
}
BOOST_AUTO_TEST_CASE(a_redirection_leads_to_an_absolute_or_a_relative_url) {
    const auto from = [](const std::string& location) {
        const auto to = redirection("http://a.example:81/x/y?q", location);
        return to ? *to : "none: " + to.error().why;
    };
    BOOST_TEST(from("/z") == "http://a.example:81/z");
    BOOST_TEST(from("z?k") == "http://a.example:81/x/z?k");
    BOOST_TEST(from("//b.example/z") == "http://b.example/z");
    BOOST_TEST(from("https://b.example/z#part") == "https://b.example/z");
    BOOST_TEST(from("http://eve:pass@b.example/") == "http://b.example/");
    for (const auto* bad : {"file:///etc/passwd", "gopher://b.example/", "http://bad host/"})
        BOOST_TEST(from(bad).starts_with("none: "), bad);
}
BOOST_AUTO_TEST_CASE(no_redirection_leads_from_https_to_http) {
    BOOST_TEST(!redirection("https://a.example/", "http://a.example/"));
    BOOST_TEST(*redirection("https://a.example/", "/b") == "https://a.example/b");
}

BOOST_AUTO_TEST_SUITE_END()
