#include "report/session.hpp"

#include <boost/test/unit_test.hpp>

#include "report/partial.hpp"

using namespace stretto;
using namespace stretto::report;

namespace {

struct Fixture {
    events::Event at(std::int64_t ms, events::Kind kind) {
        events::Event e;
        e.kind = kind;
        e.seq = seq++;
        e.time_ms = ms;
        return e;
    }
    void chunk(const char* source, std::int64_t bytes, std::int64_t audio, std::int64_t used) {
        auto e = at(0, events::Kind::chunk);
        e.from = "eu-west";
        e.source = source;
        e.kbps = 160;
        e.bytes = bytes;
        e.audio_ms = audio;
        e.used_ms = used;
        session.add(e, names);
    }
    void end(std::int64_t ms, std::int64_t heard, const char* why) {
        auto e = at(ms, events::Kind::end);
        e.heard_ms = heard;
        e.why = why;
        session.add(e, names);
    }
    std::int64_t seq = 0;
    Dictionary names;
    Session session;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(report_session, Fixture)

BOOST_AUTO_TEST_CASE(time_heard_is_limited_to_the_time_passed) {
    session.add(at(1000, events::Kind::start), names);
    end(11'000, 99'000, "skipped");
    BOOST_TEST(session.heard() == 10'000);
}

BOOST_AUTO_TEST_CASE(an_upload_is_the_sum_since_the_last_line_and_may_be_of_many_chunks) {
    auto upload = at(0, events::Kind::upload);
    upload.bytes = 5'000'000'000;  // hours of sharing, told when the player ends
    session.add(upload, names);
    BOOST_TEST(session.uploaded == 5'000'000'000);
}

BOOST_AUTO_TEST_CASE(no_chunk_has_more_bytes_than_a_chunk_can_have_so_sums_do_not_overflow) {
    constexpr auto huge = events::most_number;
    for (int i = 0; i < 10'000; ++i) {
        chunk("peer", huge, huge, huge);
        auto resume = at(0, events::Kind::resume);
        resume.ms = huge;
        session.add(resume, names);
        auto upload = at(0, events::Kind::upload);
        upload.bytes = huge;
        session.add(upload, names);
    }
    BOOST_REQUIRE(session.got.size() == 1);
    BOOST_TEST(session.got[0].bytes == std::int64_t{10'000} << 26);
    BOOST_TEST(session.got[0].kept_ms == 10'000 * 60'000);
    BOOST_TEST(session.uploaded == std::int64_t{10'000} << 36);
    BOOST_TEST(session.stalled_ms == 10'000 * std::int64_t{86'400'000});
    // and what a partial report says of it can be read
    session.song = names.songs("song");
    session.place = names.places("home");
    BOOST_TEST(static_cast<bool>(parse_partial(print_partial("id", session, names), names)));
}

BOOST_AUTO_TEST_CASE(a_song_shorter_than_30_s_is_played_when_all_of_it_was_heard) {
    chunk("cache", 100, 12'000, 12'000);
    end(20'000, 11'500, "finished");
    BOOST_TEST(session.is_play(session.heard()));
    BOOST_TEST(!session.is_play(10'000));
}

BOOST_AUTO_TEST_CASE(a_short_song_that_was_left_or_has_no_chunks_is_not_a_play) {
    chunk("cache", 100, 12'000, 12'000);
    end(20'000, 12'000, "skipped");
    BOOST_TEST(!session.is_play(session.heard()));
    session = {};
    end(20'000, 12'000, "finished");
    BOOST_TEST(!session.is_play(session.heard()));
}

BOOST_AUTO_TEST_CASE(without_chunks_the_last_line_tells_how_long_a_short_song_is) {
    const auto scrobble = [&](std::int64_t heard, std::int64_t length, const char* why) {
        session = {};
        session.add(at(1'000, events::Kind::start), names);
        auto e = at(26'000, events::Kind::end);
        e.heard_ms = heard;
        e.audio_ms = length;
        e.why = why;
        session.add(e, names);
        return session.is_play(session.heard());
    };
    BOOST_TEST(scrobble(25'000, 25'000, "finished"));
    BOOST_TEST(!scrobble(25'000, 28'000, "finished"));
    BOOST_TEST(!scrobble(25'000, 25'000, "skipped"));
    BOOST_TEST(!scrobble(25'000, -1, "finished"));
    BOOST_TEST(!scrobble(0, 500, "finished"));
    scrobble(25'000, 25'000, "finished");
    chunk("cache", 100, 29'000, 29'000);
    BOOST_TEST(!session.is_play(session.heard()));  // its chunks know better
}

BOOST_AUTO_TEST_CASE(bytes_never_heard_are_dropped_ones_and_those_after_the_end) {
    chunk("edge", 1000, 10'000, 10'000);
    chunk("edge", 1000, 10'000, 5'000);  // half of it was dropped
    chunk("cache", 500, 5'000, 5'000);   // costs nobody anything
    end(60'000, 10'000, "skipped");
    // of 2000 fetched bytes 1500 were kept, and half of what was kept was heard
    BOOST_TEST(session.wasted() == 2000 - 750);
}

BOOST_AUTO_TEST_CASE(a_stall_that_the_session_ended_in_counts_till_then) {
    session.add(at(0, events::Kind::start), names);
    session.add(at(10'000, events::Kind::stall), names);
    auto resume = at(12'000, events::Kind::resume);
    resume.ms = 2000;
    session.add(resume, names);
    session.add(at(20'000, events::Kind::stall), names);
    end(23'000, 10'000, "skipped");
    BOOST_TEST(session.stalled() == 5000);
    BOOST_TEST(session.stalls == 2);
}

BOOST_AUTO_TEST_CASE(an_edge_that_does_not_say_hit_had_it_not) {
    chunk("edge", 1000, 10'000, -1);
    BOOST_TEST_REQUIRE(session.got.size() == 1u);
    BOOST_TEST((session.got[0].source == Source::edge_miss));
    BOOST_TEST(session.got[0].kept_ms == 10'000);
    chunk("moon", 1000, 10'000, -1);
    BOOST_TEST(session.got.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
