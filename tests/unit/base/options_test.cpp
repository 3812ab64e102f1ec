#include "base/options.hpp"

#include <CLI/CLI.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>

using namespace stretto;

namespace {

struct Bound {
    std::string name;
    int count = 3;
    std::uint64_t size = 0;
    double rate = 1;
    std::optional<double> gain;
    std::vector<std::string> files;
    std::vector<int> kbps{96, 160};
    bool quick = false;
};

/// The parser's complaint, or nothing.
std::string parse(Bound& b, std::vector<std::string> words) {
    Arguments app{"test"};
    app.add_option("--name", b.name, "a name");
    app.add_option("-n,--count", b.count, "a count")->range(1, 10)->capture_default_str();
    app.add_option("--size", b.size, "a size")->bytes();
    auto* rate = app.add_option("--rate", b.rate, "a rate")->at_least(0);
    app.add_option("--gain", b.gain, "a gain")->excludes(rate);
    app.add_option("-b", b.kbps, "bitrates")->delimiter(',')->capture_default_str();
    app.add_flag("--quick", b.quick, "a flag");
    app.add_option("FILE", b.files, "files");
    std::reverse(words.begin(), words.end());
    try {
        app.parser().parse(words);
        return "";
    } catch (const CLI::ParseError& e) {
        return e.what();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(base_options)

BOOST_AUTO_TEST_CASE(each_kind_of_value_is_read) {
    Bound b;
    BOOST_TEST(parse(b, {"--name", "x", "-n", "7", "--size", "2k", "--rate=0.5", "--quick", "-b",
                         "320,96", "one", "two"}) == "");
    BOOST_TEST(b.name == "x");
    BOOST_TEST(b.count == 7);
    BOOST_TEST(b.size == 2000u);
    BOOST_TEST(b.rate == 0.5);
    BOOST_TEST(!b.gain);
    BOOST_TEST(b.quick);
    BOOST_TEST(b.kbps == (std::vector{320, 96}), boost::test_tools::per_element());
    BOOST_TEST(b.files == (std::vector<std::string>{"one", "two"}),
               boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(a_list_option_takes_one_argument_per_occurrence) {
    Bound b;
    BOOST_TEST(parse(b, {"-b", "96", "song.mp3", "-b", "320"}) == "");
    BOOST_TEST(b.kbps == (std::vector{96, 320}), boost::test_tools::per_element());
    BOOST_TEST(b.files.size() == 1u);
}
BOOST_AUTO_TEST_CASE(arguments_fill_one_variable_after_the_other) {
    std::string store, bundle;
    Arguments app{"test"};
    app.add_option("STORE", store, "first")->required();
    app.add_option("BUNDLE", bundle, "second");
    std::vector<std::string> reversed{"b", "a"};
    app.parser().parse(reversed);
    BOOST_TEST(store == "a");
    BOOST_TEST(bundle == "b");
}
BOOST_AUTO_TEST_CASE(wrong_values_are_refused_and_change_nothing) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"-n", "0"},
                                                  {"-n", "11"},
                                                  {"-n", "3x"},
                                                  {"-n", ""},
                                                  {"--size", "many"},
                                                  {"--rate", "-1"},
                                                  {"--rate", "nan"},
                                                  {"-b", "96,x"},
                                                  {"--nmae", "x"},
                                                  {"--rate", "1", "--gain", "2"},
                                                  {"-n", "2", "-n", "3"},
                                                  {"-n", "1.5"},
                                                  {"--gain", "loud"}}) {
        Bound b;
        BOOST_TEST(parse(b, words) != "", words[0] << ' ' << words[1]);
        BOOST_TEST(b.kbps.size() == 2u);
    }
}
BOOST_AUTO_TEST_CASE(the_help_shows_defaults_and_kinds) {
    Bound b;
    Arguments app{"test"};
    app.add_option("-b", b.kbps, "bitrates")->capture_default_str();
    app.add_option("--dir", b.name, "a folder")->type_name("DIR");
    const auto help = app.parser().help();
    BOOST_TEST(help.find("96,160") != std::string::npos, help);
    BOOST_TEST(help.find("--dir DIR") != std::string::npos, help);
}

BOOST_AUTO_TEST_SUITE_END()
