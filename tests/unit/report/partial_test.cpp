#include "report/partial.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::report;

namespace {

struct Fixture {
    Fixture() {
        s.listener = ~std::uint64_t{0};
        s.song = names.songs("song");
        s.place = names.places("52.5,13.4");
        s.title = "\"T\"";
        s.clock.add(5, 100, 1'764'000'000'000);
        s.clock.add(70'000, -1, -1);
        s.address = names.addresses("192.0.2.0");
        s.token = true;
        s.heard_ms = 60'000;
        s.startup_ms = 120;
        s.stalls = 2;
        s.ending = Ending::skipped;
        s.end_seq = 9;
        auto& got = s.got.emplace_back();
        got.source = Source::edge_hit;
        got.server = names.servers("eu-west");
        got.bytes = 7;
        s.pieces = {{9, 7, 6, 0, 300}, {10, 0, 0, 0, Piece::no_bucket}};
        s.rejects = {{names.servers("peer"), 4}};
        line = print_partial("id", s, names);
    }
    Dictionary names;
    Session s;
    std::string line;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_partial, Fixture)

BOOST_AUTO_TEST_CASE(a_printed_session_is_parsed_back) {
    BOOST_TEST(is_partial(line));
    Dictionary other;
    other.servers("someone else");
    const auto back = parse_partial(line, other);
    BOOST_TEST_REQUIRE(static_cast<bool>(back));
    BOOST_TEST(back->id == "id");
    BOOST_TEST(back->session.listener == s.listener);
    BOOST_TEST(print_partial("id", back->session, other) == line);
}

BOOST_AUTO_TEST_CASE(log_entries_are_read_back) {
    const Logged logged{~std::uint64_t{0}, 17, 4, names.servers("eu-west"), 0, 3, Told::miss};
    const auto text = print_partial(logged, names);
    BOOST_TEST(is_partial(text));
    Dictionary other;
    other.servers("someone else");
    const auto back = parse_partial(text, other);
    BOOST_TEST_REQUIRE(static_cast<bool>(back));
    BOOST_REQUIRE(back->logged);
    BOOST_TEST(print_partial(*back->logged, other) == text);
    BOOST_TEST(other.servers[back->logged->server] == "eu-west");
    for (std::size_t n = 0; n + 1 < text.size(); ++n)
        BOOST_TEST(!parse_partial(text.substr(0, n), other), text.substr(0, n));
}

BOOST_AUTO_TEST_CASE(counts_come_back) {
    Counts counts;
    counts.lines = 3;
    counts.torn = 1;
    const auto back = parse_partial(print_partial(counts), names);
    BOOST_TEST_REQUIRE(static_cast<bool>(back));
    BOOST_TEST(back->counts_only);
    BOOST_TEST(back->counts.lines == 3);
    BOOST_TEST(back->counts.skipped() == 1);
}

BOOST_AUTO_TEST_CASE(every_line_cut_short_or_changed_to_nonsense_is_malformed) {
    for (std::size_t n = 0; n + 1 < line.size(); ++n)
        BOOST_TEST(!parse_partial(line.substr(0, n), names), "accepted " << line.substr(0, n));
    const auto with = [&](const std::string& from, const std::string& to) {
        auto changed = line;
        changed.replace(changed.find(from), from.size(), to);
        return changed;
    };
    BOOST_TEST(!parse_partial(with("[[5,", "[[-2,"), names));
    BOOST_TEST(!parse_partial(with("[[5,", "[[80000,"), names));
    BOOST_TEST(!parse_partial(with("[[9,0,", "[[9,1,"), names));  // a chunk of no kind
    BOOST_TEST(!parse_partial(with("\"skipped\"", "\"bored\""), names));
    BOOST_TEST(!parse_partial(with("\"edge_hit\"", "\"moon\""), names));
    BOOST_TEST(!parse_partial(with("\"stalls\":2", "\"stalls\":1.5"), names));
    BOOST_TEST(!parse_partial("{\"partial\":\"stretto-partial/1\"}", names));
    BOOST_TEST(!parse_partial("{\"partial\":1}", names));
}

BOOST_AUTO_TEST_CASE(a_number_outside_its_integer_range_is_malformed) {
    Counts counts;
    const Logged logged{1, 17, 4, names.servers("eu-west"), 0, 3, Told::miss};
    int numbers = 0;
    for (const auto& whole : {line, print_partial(counts), print_partial(logged, names),
                              print_reported(~std::uint64_t{0})})
        for (const char* other :
             {"4.7172e+19", "-4.7172e+19", "1e400", "1.5", "7.0", "-9000000000000000000",
              "18446744073709551616", "\"7\"", "true", "[]", "{}"})
            // each run of digits that is a value or an item, not within a text
            for (std::size_t at = 0; (at = whole.find_first_of(":[,", at)) != whole.npos;) {
                const auto end = whole.find_first_not_of("0123456789", ++at);
                if (end == at || end == whole.npos) continue;
                if (whole[end] != ',' && whole[end] != ']' && whole[end] != '}') continue;
                auto changed = whole;
                changed.replace(at, end - at, other);
                ++numbers;
                BOOST_TEST(!parse_partial(changed, names), "accepted " << changed);
            }
    BOOST_TEST(numbers > 300);
}

BOOST_AUTO_TEST_SUITE_END()
