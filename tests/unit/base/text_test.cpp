#include "base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <locale>

using namespace stretto;

namespace {

struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(base_text)

BOOST_AUTO_TEST_CASE(parts_are_joined) {
    BOOST_TEST(text("chunk ", 3, " of ", 22U, ' ', 1.5) == "chunk 3 of 22 1.5");
}
BOOST_AUTO_TEST_CASE(numbers_are_the_same_in_every_locale) {
    const auto before = std::locale::global(std::locale{std::locale{}, new Commas});
    const auto said = text(1234567, " ", 0.5);
    std::locale::global(before);
    BOOST_TEST(said == "1234567 0.5");
}

BOOST_AUTO_TEST_SUITE_END()
