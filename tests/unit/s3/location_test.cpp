#include "s3/location.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::s3;

BOOST_AUTO_TEST_SUITE(s3_location)

BOOST_AUTO_TEST_CASE(a_location_is_a_bucket_and_perhaps_a_prefix) {
    BOOST_TEST((*parse_location("s3://music") == Location{"music", ""}));
    BOOST_TEST((*parse_location("s3://music/") == Location{"music", ""}));
    BOOST_TEST((*parse_location("s3://my.music/a/b c/") == Location{"my.music", "a/b c"}));
    for (const auto* bad :
         {"", "s3:", "s3://", "s3://ab", "s3:///x", "s3://music//x", "s3://music/../x",
          "s3://music/x/.", "s3://mu sic", "s3://-ab", "http://music/x", "s3://music/a\nb"})
        BOOST_TEST(!parse_location(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(profiles_are_read_as_other_programs_write_them) {
    const auto all = parse_profiles(
        "ignored = 1\n# text\n[default]\r\naws_access_key_id = A\r\n  nested = 1\nkey=a=b\n"
        "[ profile b ]\nregion=eu-west-1\ns3 =\n    addressing_style = path\n[torn\nkey = 2\n");
    BOOST_TEST(all.size() == 2u);
    BOOST_TEST(all.at("default").at("aws_access_key_id") == "A");
    BOOST_TEST(all.at("default").at("key") == "a=b");
    BOOST_TEST(!all.at("default").contains("nested"));
    BOOST_TEST(all.at("profile b").at("region") == "eu-west-1");
    BOOST_TEST(all.at("profile b").at("s3") == "");
}

BOOST_AUTO_TEST_SUITE_END()
