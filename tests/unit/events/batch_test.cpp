#include "events/batch.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

using namespace stretto;
using namespace stretto::events;

namespace {

Result<Batch> take(std::string_view body) {
    Reader reader;
    return take_batch(reader, Bytes{body.begin(), body.end()},
                      {1764000000123, 1763999999999, "192.0.2.0"});
}

constexpr const char* song = "1gcyaec7dh22va24fyjpv1qwv1rfkps2";

std::string line(int seq, std::string_view more = "") {
    return text(R"({"event":"progress","seq":)", seq,
                R"(,"time_ms":1764000000000,"session":"s","listener":"l","place":"","song":")",
                song, "\"", more, "}");
}

std::string why(std::string_view body) {
    const auto batch = take(body);
    return batch ? "taken" : batch.error().why;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(events_batch)

BOOST_AUTO_TEST_CASE(each_line_gets_its_time_of_arrival_and_address_after_its_own_keys) {
    const auto batch = take(line(0, R"(,"heard_ms":5)") + "\n" + line(1) + "\n");
    BOOST_REQUIRE(batch);
    BOOST_TEST(batch->count == 2U);
    BOOST_TEST(batch->lines.starts_with(line(0, R"(,"heard_ms":5)").substr(0, 100)));
    const auto first = nlohmann::json::parse(batch->lines.substr(0, batch->lines.find('\n')));
    BOOST_TEST(first["received_ms"] == 1764000000123);
    BOOST_TEST(first["sent_ms"] == 1763999999999);
    BOOST_TEST(first["address"] == "192.0.2.0");
    BOOST_TEST(first["heard_ms"] == 5);
    BOOST_TEST(batch->lines.ends_with("\"}\n"));
}
BOOST_AUTO_TEST_CASE(a_stored_line_is_read_as_the_same_event) {
    auto batch = take(line(7));
    BOOST_REQUIRE(batch);
    const auto size = batch->lines.size() - 1;
    batch->lines.append(Reader::padding, ' ');
    Reader reader;
    Event event;
    BOOST_TEST((reader.read(std::string_view{batch->lines}.substr(0, size), event) == Line::event));
    BOOST_TEST(event.seq == 7);
    BOOST_TEST(event.received_ms == 1764000000123);
    BOOST_TEST(event.address == "192.0.2.0");
}
BOOST_AUTO_TEST_CASE(a_last_line_needs_no_line_feed_and_blanks_and_empty_lines_are_left_out) {
    const auto plain = take(line(0) + "\n" + line(1) + "\n");
    const auto odd = take("\n" + line(0) + " \t\r\n\r\n\n" + line(1));
    BOOST_REQUIRE(plain);
    BOOST_REQUIRE(odd);
    BOOST_TEST(odd->lines == plain->lines);
    BOOST_TEST(odd->count == 2U);
    BOOST_TEST(take("\n\n")->count == 0U);
}
BOOST_AUTO_TEST_CASE(one_invalid_line_refuses_all_and_is_named) {
    BOOST_TEST(why(line(0) + "\n{\"a\":1}\n" + line(1)) ==
               "line 2: a required key is missing or invalid");
    BOOST_TEST(why(line(0) + "\n\n" + line(1).substr(0, 40)) ==
               "line 3: not one whole JSON object");
    for (const auto* other : {"[]", "null", "x", "\"text\"", "{}}", "\xff", "\xef\xbb\xbf{}"})
        BOOST_TEST(why(other).starts_with("line 1: "), other);
}
BOOST_AUTO_TEST_CASE(every_line_cut_short_is_refused) {
    const auto whole = line(3, R"(,"title":"\u00e9","x":[1,{"y":null}])");
    BOOST_TEST(why(whole) == "taken");
    for (std::size_t n = 1; n < whole.size(); ++n)
        BOOST_TEST(why(std::string_view{whole}.substr(0, n)) != "taken", n);
}
BOOST_AUTO_TEST_CASE(keys_that_a_report_ignores_must_be_json_too) {
    for (const auto* more :
         {R"(,"x":[1,,2])", R"(,"x":tru)", R"(,"x":{"a":1,})", R"(,"x":01)", R"(,"x":"\q")",
          ",\"x\":\"\t\"", R"(,"x":1e999)", R"(,"x":)", ",\"x\":\"\xc3\"", R"(,"x":1 2)"})
        BOOST_TEST(why(line(0, more)) == "line 1: not one whole JSON object", more);
    BOOST_TEST(why(line(0, R"(,"x":[1,{"y":[true,null,-1.5e3]}])")) == "taken");
}
BOOST_AUTO_TEST_CASE(depth_is_bounded) {
    const auto deep = [](std::size_t n) {
        return text(R"(,"x":)", std::string(n, '['), std::string(n, ']'));
    };
    BOOST_TEST(why(line(0, deep(10))) == "taken");
    BOOST_TEST(why(line(0, deep(1000))) == "line 1: not one whole JSON object");
}
BOOST_AUTO_TEST_CASE(a_client_cannot_set_the_servers_keys) {
    BOOST_TEST(why(line(0, R"(,"received_ms":1)")) ==
               "line 1: has a key that only the server adds");
    BOOST_TEST(why(line(0, R"(,"address":"10.0.0.1")")) ==
               "line 1: has a key that only the server adds");
    BOOST_TEST(why(line(0, R"(,"addr\u0065ss":"10.0.0.1")")) ==
               "line 1: has a key that only the server adds");
    BOOST_TEST(why(line(0, R"(,"sent_ms":1)")) == "line 1: has a key that only the server adds");
    BOOST_TEST(why(line(0, R"(,"token":"t")")) == "line 1: has a key that only the server adds");
    BOOST_TEST(why(line(0, R"(,"address":1)")) == "line 1: a required key is missing or invalid");
}
BOOST_AUTO_TEST_CASE(invalid_ids_are_refused) {
    const auto with = [](const std::string& from, const std::string& to) {
        auto changed = line(0);
        changed.replace(changed.find(from), from.size(), to);
        return why(changed);
    };
    for (const std::string id :
         {"x", "1gcyaec7dh22va24fyjpv1qwv1rfkps", "1gcyaec7dh22va24fyjpv1qwv1rfkps22",
          "1GCYAEC7DH22VA24FYJPV1QWV1RFKPS2", "ilouaec7dh22va24fyjpv1qwv1rfkps2"})
        BOOST_TEST(with(song, id) == "line 1: its song is not an id", id);
    for (const std::string id : {" ", "a b", "<b>", "\\u202e", "\\n", "\xc3\xa9", "a,b", "'"}) {
        BOOST_TEST(with("\"s\"", '"' + id + '"') == "line 1: its session is not an id", id);
        BOOST_TEST(with("\"l\"", '"' + id + '"') == "line 1: its listener is not an id", id);
    }
    BOOST_TEST(with("\"s\"", "\"0190a6e0-7c1b-4f77-a1b2-0123456789ab\"") == "taken");
    BOOST_TEST(with("\"l\"", "\"anna@example.com\"") == "taken");
}
BOOST_AUTO_TEST_CASE(lines_are_counted_and_bounded) {
    std::string body;
    for (std::size_t i = 0; i < most_batch_lines; ++i) body += line(static_cast<int>(i)) + "\n";
    BOOST_TEST(take(body)->count == most_batch_lines);
    BOOST_TEST(!take(body)->too_many);
    body += line(1);
    BOOST_TEST(take(body)->too_many);
    BOOST_TEST(take(body)->lines.empty());
}
BOOST_AUTO_TEST_CASE(a_line_that_a_report_would_find_too_long_is_refused) {
    const auto of_size = [](std::size_t size) {
        const auto bare = line(0, R"(,"x":"")").size();
        return line(0, R"(,"x":")" + std::string(size - bare, 'a') + "\"");
    };
    BOOST_TEST(why(of_size(most_line_bytes - 100)) == "taken");
    BOOST_TEST(why(of_size(most_line_bytes)) == "line 1: longer than 64 kB");
    BOOST_TEST(why(of_size(most_line_bytes + 1)).starts_with("line 1: "));
}

BOOST_AUTO_TEST_SUITE_END()
