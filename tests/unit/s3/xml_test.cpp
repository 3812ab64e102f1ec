#include "s3/xml.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::s3;

namespace {

const std::string list =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><ListBucketResult xmlns=\"u\">"
    "<Name>music</Name><IsTruncated>true</IsTruncated><Marker/>"
    "<NextContinuationToken>a&amp;b=</NextContinuationToken>"
    "<Contents><Key>a%2Fb%20c+d</Key><LastModified>1970-01-02T00:00:01.000Z</LastModified>"
    "<ETag>&quot;e&#34;</ETag><Size>7</Size><Owner><DisplayName>J&#246;rg</DisplayName></Owner>"
    "</Contents><CommonPrefixes><Prefix>songs/x/</Prefix></CommonPrefixes></ListBucketResult>";

}  // namespace

BOOST_AUTO_TEST_SUITE(s3_xml)

BOOST_AUTO_TEST_CASE(a_page_of_a_list) {
    const auto page = parse_list(list);
    BOOST_REQUIRE(page);
    BOOST_REQUIRE(page->objects.size() == 1u);
    BOOST_TEST((page->objects[0] == Object{"a/b c d", "\"e\"", 7, 86401}));
    BOOST_REQUIRE(page->prefixes.size() == 1u);
    BOOST_TEST(page->prefixes[0] == "songs/x/");
    BOOST_TEST(page->next == "a&b=");
}

BOOST_AUTO_TEST_CASE(every_list_cut_short_is_malformed) {
    for (std::size_t n = 0; n < list.size(); ++n)
        BOOST_TEST(!parse_list(list.substr(0, n)), "accepted " << list.substr(0, n));
}

BOOST_AUTO_TEST_CASE(what_is_no_list_is_malformed) {
    for (const auto* bad :
         {"", "text", "<Error><Code>x</Code></Error>", "<!DOCTYPE x><ListBucketResult/>",
          "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
          "<ListBucketResult><Contents></Contents></ListBucketResult>",
          "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
          "<ListBucketResult><a></b></ListBucketResult>",
          "<ListBucketResult><a>&e;</a></ListBucketResult>"})
        BOOST_TEST(!parse_list(bad), "accepted " << bad);
    BOOST_TEST(!!parse_list("<ListBucketResult/>"));
}

BOOST_AUTO_TEST_CASE(errors_are_a_code_and_printable_text) {
    const auto error = parse_error(
        "<Error><Code>SlowDown</Code><Message>a\nb "
        "&lt;c&gt;</Message><X><Code>no</Code></X></Error>");
    BOOST_TEST(error.code == "SlowDown");
    BOOST_TEST(error.message == "a?b <c>");
    BOOST_TEST(parse_error("<html>").code == "");
    BOOST_TEST(parse_error("").code == "");
}

BOOST_AUTO_TEST_SUITE_END()
