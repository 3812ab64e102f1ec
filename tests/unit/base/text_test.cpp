#include "base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <locale>
#include <sstream>

using namespace stretto;

struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

BOOST_AUTO_TEST_SUITE(base_text)

/// What a C++ stream makes of it.
std::string streamed(const auto& value) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    out << value;
    return out.str();
}

BOOST_AUTO_TEST_CASE(parts_are_joined) {
    const std::string owned = "owned";
    BOOST_TEST(text("a ", owned, ' ', std::string_view{"view"}, 3, "", 4.5) == "a owned view34.5");
    BOOST_TEST(text().empty());
}
BOOST_AUTO_TEST_CASE(numbers_look_as_in_a_stream) {
    for (const double v : {0.0, -0.0, 1.0, 0.1, 1.0 / 3, 1e6, 1234567.0, 1e-5, -2.5e300, 1e100,
                           std::numeric_limits<double>::infinity()})
        BOOST_TEST(text(v) == streamed(v));
    for (const std::int64_t v : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX})
        BOOST_TEST(text(v) == streamed(v));
    BOOST_TEST(text(UINT64_MAX) == streamed(UINT64_MAX));
    BOOST_TEST(text(-7, 7U, static_cast<short>(-3), true) == "-77-31");
}
BOOST_AUTO_TEST_CASE(numbers_are_the_same_in_every_locale) {
    const auto before = std::locale::global(std::locale{std::locale{}, new Commas});
    const auto said = text(1234567, " ", 0.5);
    std::locale::global(before);
    BOOST_TEST(said == "1234567 0.5");
}

BOOST_AUTO_TEST_SUITE_END()
