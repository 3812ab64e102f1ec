#include "song/id.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace stretto::song;

BOOST_AUTO_TEST_SUITE(song_id)

BOOST_AUTO_TEST_CASE(an_id_is_32_characters_of_lower_case_crockford) {
    const std::string id = "0sjqzgcjx6zr45y51mtvrghnmvt55aax";
    BOOST_TEST(is_id(id));
    BOOST_TEST(!is_id(id.substr(1)));
    for (char wrong : {'i', 'l', 'o', 'u', 'A', '-'}) {
        auto other = id;
        other[5] = wrong;
        BOOST_TEST(!is_id(other), other);
    }
}
BOOST_AUTO_TEST_CASE(a_name_contains_no_path_and_does_not_look_like_an_id) {
    for (const char* good : {"a", "0", "machine-wars", "a.b_c-d"}) BOOST_TEST(is_name(good), good);
    for (const char* bad :
         {"", ".a", "-a", "a/b", "a..b", "A", "a b", "0sjqzgcjx6zr45y51mtvrghnmvt55aax"})
        BOOST_TEST(!is_name(bad), bad);
    BOOST_TEST(is_name(std::string(64, 'u')));
    BOOST_TEST(!is_name(std::string(65, 'u')));
}

BOOST_AUTO_TEST_SUITE_END()
