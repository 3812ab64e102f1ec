#include "http/message.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::http;

BOOST_AUTO_TEST_SUITE(http_message)

BOOST_AUTO_TEST_CASE(names_are_the_same_in_any_case) {  // RFC 9110 5.1
    BOOST_TEST(same_token("Content-Length", "cONTENT-lENGTH"));
    BOOST_TEST(!same_token("Content-Length", "Content-Lengt"));
    BOOST_TEST(!same_token("[", "{"));  // 0x20 apart, as letters of two cases are
    BOOST_TEST(!same_token("\xc4", "\xe4"));
}
BOOST_AUTO_TEST_CASE(set_replaces_all_where_the_first_stood) {
    Fields fields{{"A", "1"}, {"Via", "x"}, {"B", "2"}, {"via", "y"}};
    fields.set("VIA", "z");
    BOOST_TEST((fields == Fields{{"A", "1"}, {"Via", "z"}, {"B", "2"}}));
    fields.set("C", "3");
    BOOST_TEST(*fields.find("c") == "3");
    fields.remove("a");
    BOOST_TEST(!fields.has("A"));
    BOOST_TEST(fields.size() == 3u);
}
BOOST_AUTO_TEST_CASE(lines_of_one_name_are_one_list) {  // RFC 9110 5.3
    const Fields fields{{"Vary", "Accept"}, {"X", "1"}, {"vary", "Range"}};
    BOOST_TEST(*fields.joined("Vary") == "Accept, Range");
    BOOST_TEST(fields.count("VARY") == 2u);
    BOOST_TEST(!fields.joined("Via").has_value());
    BOOST_TEST(has_token(fields, "Vary", "range"));
    BOOST_TEST(!has_token(fields, "Vary", "rang"));
}
BOOST_AUTO_TEST_CASE(commas_in_quotes_do_not_separate) {  // RFC 9110 5.6.1
    const auto members = list_members(" ,a,\t b=\"c,\\\",d\" ,, e ,");
    BOOST_REQUIRE(members.size() == 3u);
    BOOST_TEST(members[0] == "a");
    BOOST_TEST(members[1] == "b=\"c,\\\",d\"");
    BOOST_TEST(members[2] == "e");
    BOOST_TEST(list_members(" , ,").empty());
}
BOOST_AUTO_TEST_CASE(an_unclosed_quote_hides_no_directive) {
    for (const auto value : {"a=\"b, no-store", "a=\"b\\\", no-store"})
        BOOST_TEST(list_members(value).back() == "no-store", value);
}
BOOST_AUTO_TEST_CASE(a_head_is_printed_with_its_reason) {
    BOOST_TEST(print_head({404, {{"Age", "1"}, {"ETag", "\"x\""}}}) ==
               "HTTP/1.1 404 Not Found\r\nAge: 1\r\nETag: \"x\"\r\n\r\n");
    BOOST_TEST(print_head({299, {}}) == "HTTP/1.1 299 \r\n\r\n");
}
BOOST_AUTO_TEST_CASE(fields_of_one_connection_are_removed) {  // RFC 9110 7.6.1
    Fields fields{{"Connection", "close, X-Hop"},
                  {"Date", "d"},
                  {"x-hop", "1"},
                  {"Keep-Alive", "5"},
                  {"TE", "trailers"},
                  {"Trailer", "X"},
                  {"Transfer-Encoding", "x"},
                  {"Upgrade", "h2c"},
                  {"Proxy-Connection", "x"},
                  {"Proxy-Authenticate", "x"},
                  {"connection", "other"},
                  {"Other", "x"},
                  {"Proxy-Authorization", "x"},
                  {"ETag", "e"},
                  {"X-Hop", "2"},
                  {"Proxy-Authentication-Info", "x"}};
    remove_hop_by_hop(fields);
    BOOST_TEST((fields == Fields{{"Date", "d"}, {"ETag", "e"}}));
}

BOOST_AUTO_TEST_SUITE_END()
