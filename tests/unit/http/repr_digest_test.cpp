#include "http/repr_digest.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::http;

BOOST_AUTO_TEST_SUITE(http_repr_digest)

// RFC 9530 appendix A
const std::string known = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";

BOOST_AUTO_TEST_CASE(we_print_the_same_as_other_programs) {
    const auto digest = sha256(as_bytes("{\"hello\": \"world\"}\n"));
    BOOST_TEST(print_repr_digest(digest) == known);
    BOOST_TEST((repr_digest({{"Repr-Digest", known}}) == digest));
}
BOOST_AUTO_TEST_CASE(other_algorithms_are_ignored) {
    BOOST_TEST(!repr_digest({{"Repr-Digest", "md5=:AAAA:, sha-512=:AAAA:"}}));
    BOOST_TEST(repr_digest({{"Repr-Digest", "md5=:AAAA:"}, {"Repr-Digest", known}}).has_value());
}
BOOST_AUTO_TEST_CASE(an_invalid_digest_is_ignored) {
    for (const auto* text :
         {"", "sha-256", "sha-256=1", "sha-256=:AAAA:", "sha-256=:%:", ",", "RK/0"})
        BOOST_TEST(!repr_digest({{"Repr-Digest", text}}), text);
    BOOST_TEST(!repr_digest({}));
}
BOOST_AUTO_TEST_CASE(with_a_weak_etag_the_bytes_may_differ_from_the_digest) {
    BOOST_TEST(!repr_digest({{"ETag", "W/\"a\""}, {"Repr-Digest", known}}));
    BOOST_TEST(repr_digest({{"ETag", "\"a\""}, {"Repr-Digest", known}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
