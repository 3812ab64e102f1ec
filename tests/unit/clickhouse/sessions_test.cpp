#include "clickhouse/sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::clickhouse;

namespace {

constexpr std::int64_t none = report::Clock::none;

struct Chunk {
    std::uint64_t position;
    std::int64_t time_ms;
    std::int8_t source;
    std::string server;
    std::int64_t kbps, bytes, audio_ms, used_ms, first_byte_ms;
};

struct Answer {
    std::string session = "s", listener = "anna", song = "x", place = "here", address = "10.1.2.3",
                title = "T", artist = "A", ending = "finished";
    std::int64_t events = 9, heard = 31'000, sound = 1'000, startup = 200, last_stall = 0,
                 end_seq = 8, length = 25'000, begun = none, received = -1, first_ms = 1'000,
                 last_ms = 40'000;
    std::vector<Chunk> chunks;
    std::vector<std::pair<std::uint64_t, std::string>> rejects;

    Bytes bytes() const {
        Bytes out;
        RowWriter to{out};
        for (const auto& text : {session, listener, song, place, address, title, artist, ending})
            to.text(text);
        to.number(std::uint8_t{1});
        for (const auto value : {events, heard, sound, startup}) to.number(value);
        for (int i = 0; i < 3; ++i) to.number(std::int64_t{0});  // stalls, resumes, stalled
        to.number(last_stall);
        for (int i = 0; i < 2; ++i) to.number(std::int64_t{0});  // switches, uploaded
        for (const auto value : {end_seq, length, begun, received}) to.number(value);
        to.length(1);
        for (const auto value : {first_ms, last_ms, std::int64_t{9}, none, none}) to.number(value);
        to.length(chunks.size());
        for (const auto& c : chunks) {
            to.number(c.position);
            to.number(c.time_ms);
            to.number(c.source);
            to.text(c.server);
            for (const auto value : {c.kbps, c.bytes, c.audio_ms, c.used_ms, c.first_byte_ms})
                to.number(value);
        }
        to.length(rejects.size());
        for (const auto& [position, server] : rejects) {
            to.number(position);
            to.text(server);
        }
        return out;
    }
};

Result<Row> read(const Bytes& bytes, report::Dictionary& names) {
    RowReader from{bytes};
    return read_session(from, names, "salt");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clickhouse_sessions)

BOOST_AUTO_TEST_CASE(a_row_is_a_session) {
    report::Dictionary names;
    Answer answer;
    answer.chunks = {{7, 2'000, 2, "peer-1", 96, 500, 4'000, -1, 30},
                     {5, 1'500, 3, "eu-west", 96, 1'000, 10'000, 5'000, 40}};
    answer.rejects = {{9, "bad"}, {8, "bad"}};
    const auto row = read(answer.bytes(), names);
    BOOST_TEST_REQUIRE(bool(row));
    const auto& s = row->session;
    BOOST_TEST(row->id == "s");
    BOOST_TEST(row->events == 9);
    BOOST_TEST(s.listener == report::listener_key("salt", "anna"));
    BOOST_TEST(names.addresses[s.address] == "10.1.2.0");
    BOOST_TEST(s.heard() == 31'000);
    BOOST_TEST(s.startup_ms == 200);
    BOOST_TEST((s.ending == report::Ending::finished));
    BOOST_TEST(s.length_ms == 25'000);
    BOOST_TEST(s.token);
    BOOST_TEST_REQUIRE(s.got.size() == 2u);
    // in the order of the lines, not of the answer
    BOOST_TEST((s.got[0].source == report::Source::edge_hit));
    BOOST_TEST(s.got[0].kept_bytes == 500);
    BOOST_TEST((s.got[1].source == report::Source::peer));
    BOOST_TEST(s.got[1].kept_ms == 4'000);
    BOOST_TEST_REQUIRE(s.rejects.size() == 1u);
    BOOST_TEST(s.rejects[0].second == 2);
}

BOOST_AUTO_TEST_CASE(none_is_unknown) {
    report::Dictionary names;
    Answer answer;
    answer.sound = answer.startup = none;
    answer.heard = answer.end_seq = -1;
    answer.address = answer.ending = "";
    const auto row = read(answer.bytes(), names);
    BOOST_TEST_REQUIRE(bool(row));
    BOOST_TEST(row->session.sound_ms == -1);
    BOOST_TEST(row->session.startup_ms == -1);
    BOOST_TEST(row->session.heard_ms == 0);
    BOOST_TEST((row->session.ending == report::Ending::none));
    BOOST_TEST(row->session.address == report::no_name);
}

BOOST_AUTO_TEST_CASE(every_row_cut_short_is_malformed) {
    report::Dictionary names;
    Answer answer;
    answer.chunks = {{5, 1'500, 3, "eu-west", 96, 1'000, 10'000, 5'000, 40}};
    answer.rejects = {{8, "bad"}};
    const auto whole = answer.bytes();
    for (std::size_t n = 0; n < whole.size(); ++n)
        BOOST_TEST(!read({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}, names),
                   "accepted " << n << " bytes");
}

BOOST_AUTO_TEST_CASE(a_strangers_numbers_end_no_report) {
    report::Dictionary names;
    Answer answer;
    // the largest that an event may have
    answer.startup = answer.heard = answer.received = events::most_number;
    answer.chunks = {{5, 1'500, 4, "e", events::most_number, events::most_number,
                      events::most_number, events::most_number, events::most_number}};
    BOOST_TEST(bool(read(answer.bytes(), names)));
}

BOOST_AUTO_TEST_CASE(wrong_times_are_malformed) {
    report::Dictionary names;
    for (const auto wrong : {std::int64_t{-1}, events::most_time_ms + 1}) {
        Answer answer;
        answer.first_ms = wrong;
        BOOST_TEST(!read(answer.bytes(), names));
    }
    Answer turned;
    turned.last_ms = turned.first_ms - 1;
    BOOST_TEST(!read(turned.bytes(), names));
}

BOOST_AUTO_TEST_SUITE_END()
