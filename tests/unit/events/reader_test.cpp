#include "events/reader.hpp"

#include <boost/test/unit_test.hpp>

#include "events/writer.hpp"

using namespace stretto::events;

namespace {

struct Fixture {
    Line read(std::string_view line) {
        buffer = std::string{line} + std::string(Reader::padding, '}');
        return reader.read(std::string_view{buffer}.substr(0, line.size()), event);
    }
    std::string buffer;
    Reader reader;
    Event event;
};

constexpr std::string_view chunk =
    R"({"event":"chunk","seq":7,"time_ms":1764000000000,"session":"s","listener":"l","place":"52.5,13.4","song":"id","index":3,"kbps":160,"bytes":200000,"audio_ms":10000,"ms":800,"first_byte_ms":40,"used_ms":9000,"source":"edge","from":"eu-west","hit":false})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(events_reader, Fixture)

BOOST_AUTO_TEST_CASE(a_chunk_is_read) {
    BOOST_TEST((read(chunk) == Line::event));
    BOOST_TEST((event.kind == Kind::chunk));
    BOOST_TEST(event.seq == 7);
    BOOST_TEST(event.time_ms == 1764000000000);
    BOOST_TEST(event.session == "s");
    BOOST_TEST(event.listener == "l");
    BOOST_TEST(event.place == "52.5,13.4");
    BOOST_TEST(event.song == "id");
    BOOST_TEST(event.index == 3);
    BOOST_TEST(event.kbps == 160);
    BOOST_TEST(event.bytes == 200000);
    BOOST_TEST(event.audio_ms == 10000);
    BOOST_TEST(event.ms == 800);
    BOOST_TEST(event.first_byte_ms == 40);
    BOOST_TEST(event.used_ms == 9000);
    BOOST_TEST(event.source == "edge");
    BOOST_TEST(event.from == "eu-west");
    BOOST_TEST((event.hit == false));
    BOOST_TEST(event.heard_ms == -1);
    BOOST_TEST(event.title == "");
}

BOOST_AUTO_TEST_CASE(every_line_cut_short_is_torn) {
    for (std::size_t n = 0; n < chunk.size(); ++n)
        BOOST_TEST((read(chunk.substr(0, n)) == Line::torn), "accepted " << chunk.substr(0, n));
}

BOOST_AUTO_TEST_CASE(a_line_that_runs_into_the_next_is_torn) {
    for (std::size_t n = 1; n <= chunk.size(); ++n) {
        const auto both = std::string{chunk.substr(0, n)} + std::string{chunk};
        BOOST_TEST((read(both) != Line::event), "accepted " << both);
    }
}

BOOST_AUTO_TEST_CASE(a_line_with_a_missing_or_invalid_field_is_foreign) {
    for (
        const auto* line :
        {R"({"time":"now","msg":"hello"})", R"({"event":"end"})", R"({})",
         R"({"event":"end","seq":-1,"time_ms":1,"session":"s","listener":"l","song":"x"})",
         R"({"event":"end","seq":1.5,"time_ms":1,"session":"s","listener":"l","song":"x"})",
         R"({"event":"end","seq":"1","time_ms":1,"session":"s","listener":"l","song":"x"})",
         R"({"event":"end","seq":1,"time_ms":9e18,"session":"s","listener":"l","song":"x"})",
         R"({"event":"end","seq":1,"time_ms":4102444800001,"session":"s","listener":"l","song":"x"})",
         R"({"event":"end","seq":1,"time_ms":1,"session":"","listener":"l","song":"x"})",
         R"({"event":"end","seq":1,"time_ms":1,"session":["s"],"listener":"l","song":"x"})",
         R"({"event":7,"seq":1,"time_ms":1,"session":"s","listener":"l","song":"x"})"})
        BOOST_TEST((read(line) == Line::foreign), "accepted " << line);
    BOOST_TEST((read("[1]") == Line::torn));
    BOOST_TEST((read("127.0.0.0 - - [25/Nov/2026] \"GET / HTTP/1.1\" 200 5") == Line::torn));
}

BOOST_AUTO_TEST_CASE(a_name_too_long_is_foreign_and_a_title_is_cut) {
    const auto line = [](const std::string& session, const std::string& title) {
        return R"({"event":"start","seq":0,"time_ms":1,"session":")" + session +
               R"(","listener":"l","song":"x","title":")" + title + R"("})";
    };
    BOOST_TEST((read(line(std::string(64, 's'), "")) == Line::event));
    BOOST_TEST((read(line(std::string(65, 's'), "")) == Line::foreign));
    BOOST_TEST((read(line("s", std::string(1023, 't') + "\u00e4")) == Line::event));
    BOOST_TEST(event.title == std::string(1023, 't'));
    BOOST_TEST((read(line("s", std::string(70000, 't'))) == Line::foreign));
}

BOOST_AUTO_TEST_CASE(a_bracket_in_place_of_a_value_is_torn) {
    for (const auto* value : {"]", "}", ",", "x", "", "\"a\":1]", "\"a\":1"})
        BOOST_TEST(
            (read(R"({"event":"end","seq":)" + std::string{value} +
                  R"(,"time_ms":1,"session":"s","listener":"l","song":"x"})") == Line::torn));
}

BOOST_AUTO_TEST_CASE(later_versions_may_say_more) {
    BOOST_TEST((
        read(
            R"({"event":"dance","seq":0,"time_ms":1,"session":"s","listener":"l","song":"x","steps":[{"a":1},"}"]})") ==
        Line::event));
    BOOST_TEST((event.kind == Kind::other));
}

BOOST_AUTO_TEST_CASE(a_switch_is_from_a_bitrate) {
    BOOST_TEST((
        read(
            R"({"event":"switch","seq":0,"time_ms":1,"session":"s","listener":"l","song":"x","from":96,"to":160,"why":"up"})") ==
        Line::event));
    BOOST_TEST((event.kind == Kind::switched));
    BOOST_TEST(event.why == "up");
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_torn) {
    auto line = std::string{chunk};
    line[line.find("eu-west")] = '\xff';
    BOOST_TEST((read(line) == Line::torn));
}

BOOST_AUTO_TEST_CASE(a_written_line_is_read_back) {
    std::string line;
    append_line(line, "start",
                {{"seq", 3},
                 {"time_ms", 5},
                 {"session", "s\t1"},
                 {"listener", "\u00fc"},
                 {"place", ""},
                 {"song", "x"}},
                {{"title", "\"\\\x01"}, {"artist", "b"}});
    line.pop_back();
    BOOST_TEST((read(line) == Line::event));
    BOOST_TEST(event.seq == 3);
    BOOST_TEST(event.session == "s\t1");
    BOOST_TEST(event.listener == "\u00fc");
    BOOST_TEST(event.title == "\"\\\x01");
    BOOST_TEST(event.artist == "b");
}

BOOST_AUTO_TEST_SUITE_END()
