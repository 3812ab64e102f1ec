#include "store/summary.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::store;

namespace {

Summary sample() {
    Summary summary;
    summary.id = std::string(32, 'a');
    summary.names = {"one", "two"};
    summary.tags = {{"TITLE", {"A \"quoted\"\n title", "second"}}, {"ARTIST", {}}};
    summary.seconds = 45.123456789;
    summary.bytes = 1994614;
    summary.bitrates = {96, 320};
    summary.lufs = -17.81;
    summary.covers = {{96, std::string(64, 'b')}};
    return summary;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(store_summary)

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back) {
    auto other = sample();
    other.tags_key = "one";
    other.lufs.reset();
    other.tags.erase("ARTIST");
    auto first = sample();
    first.tags.erase("ARTIST");  // a tag without values is none
    const auto lines = print_summaries({first, other});
    const auto again = parse_summaries(lines);
    BOOST_REQUIRE(again);
    BOOST_REQUIRE(again->size() == 2u);
    BOOST_TEST(((*again)[0] == first));
    BOOST_TEST(((*again)[1] == other));
    for (std::size_t n = 1; n < lines.size(); ++n)
        if (lines[n - 1] != '\n') BOOST_TEST(!parse_summaries(lines.substr(0, n)));
}

BOOST_AUTO_TEST_CASE(what_no_song_has_is_malformed) {
    const auto with = [](std::string_view from, std::string_view to) {
        auto lines = print_summaries({sample()});
        const auto at = lines.find(from);
        BOOST_REQUIRE(at != lines.npos);
        return lines.replace(at, from.size(), to);
    };
    BOOST_TEST(!!parse_summaries(with("\"names\"", "\"more\":1,\"names\"")));
    BOOST_TEST(!parse_summaries(with("aaaa", "../a")));
    BOOST_TEST(!parse_summaries(with("\"one\"", "\"../one\"")));
    BOOST_TEST(!parse_summaries(with("1994614", "-1")));
    BOOST_TEST(!parse_summaries(with("bbbb", "bb/b")));
    BOOST_TEST(!parse_summaries(with("[96,320]", "[0]")));
}

BOOST_AUTO_TEST_SUITE_END()
