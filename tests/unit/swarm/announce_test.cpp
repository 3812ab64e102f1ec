#include "swarm/announce.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::swarm;

namespace {

const std::string one(32, '1'), two(32, '2');

const Announce whole{"Abc-1_z",
                     8490,
                     Location{52.5f, 13.4f},
                     5000,
                     {{one, {{96, {{0, 20}}}, {320, {{0, 3}, {7, 7}}}}}, {two, {}}}};
const std::string announce_text =
    R"({"peer_id":"Abc-1_z","port":8490,"location":"52.5,13.4",)"
    R"("upload_kbps":5000,"songs":{"11111111111111111111111111111111":)"
    R"({"96":[[0,20]],"320":[[0,3],[7,7]]},)"
    R"("22222222222222222222222222222222":{}}})";
const PeerInfo peer{"p1", "http://[2001:db8::1]:8490", 12.0,      0.875,
                    5000, {{320, {{0, 20}}}},          "a-ticket"};
const EdgeInfo edge{"eu-west", "http://192.0.2.1:8481", Location{52.5f, 13.4f}, 3.0};

std::string announce_with(std::string_view member) {
    return text(R"({"peer_id":"p","port":1,)", member, "}");
}
std::string query_with(std::string_view member) {
    return text(R"({"song_id":")", one, R"(",)", member, "}");
}
std::string why(const auto& result) { return result ? "accepted" : result.error().why; }

/// Each prefix of a good text is refused.
template <class Parse>
void cut(const std::string& good, Parse parse) {
    BOOST_TEST(bool(parse(good)), why(parse(good)));
    for (std::size_t n = 0; n < good.size(); ++n)
        BOOST_TEST(!parse(std::string_view{good}.substr(0, n)), "accepted " << good.substr(0, n));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_announce)

BOOST_AUTO_TEST_CASE(an_announce_is_printed_and_read_back) {
    BOOST_TEST(print_announce(whole) == announce_text);
    const auto again = parse_announce(announce_text);
    BOOST_REQUIRE(bool(again));
    BOOST_TEST((*again == whole));
    BOOST_TEST(!again->leaving());
}

BOOST_AUTO_TEST_CASE(a_query_a_report_and_the_answers_too) {
    const PeersQuery query{one, 320, 7, Location{-33.9f, 151.2f}, 8, "p1", 8490};
    BOOST_TEST((*parse_peers_query(print_peers_query(query)) == query));
    const PeersQuery page{one, {}, {}, {}, 16, "p1", 0, true, "", false};
    BOOST_TEST((*parse_peers_query(print_peers_query(page)) == page));
    const PeersQuery least{one, {}, {}, {}, 16, "", 0};
    BOOST_TEST((*parse_peers_query(print_peers_query(least)) == least));
    const Report report{"0123abcd", false, "hash", 1234, 400000};
    BOOST_TEST((*parse_report(print_report(report)) == report));
    const AnnounceAnswer answer{100,   300,       true, {one}, "", "stun:192.0.2.1:8490",
                                "key", {one, two}};
    BOOST_TEST((*parse_announce_answer(print_announce_answer(answer)) == answer));
    PeerInfo nowhere = peer;
    nowhere.km.reset();
    const std::vector<PeerInfo> peers{peer, nowhere};
    BOOST_TEST((*parse_peers_answer(print_peers_answer(peers)) == peers));
    BOOST_TEST(parse_peers_answer(print_peers_answer({}))->empty());
    EdgeInfo there{"b", "https://b.example", {}, {}};
    const std::vector<EdgeInfo> edges{edge, there};
    BOOST_TEST((*parse_edges_answer(print_edges_answer(edges)) == edges));
}

BOOST_AUTO_TEST_CASE(a_start_holds_the_manifest_as_it_is) {
    const SongAnswer answer{one, {96, 320}, {peer}, {edge}, "{\"format\":\"x\",\"n\":[1,2]}\n"};
    const auto printed = print_song_answer(answer);
    BOOST_TEST(printed.ends_with(",\"manifest\":{\"format\":\"x\",\"n\":[1,2]}}"));
    const auto again = parse_song_answer(printed);
    BOOST_REQUIRE(bool(again));
    BOOST_TEST(again->song_id == one);
    BOOST_TEST(again->bitrates == answer.bitrates, boost::test_tools::per_element());
    BOOST_TEST((again->peers == answer.peers && again->edges == answer.edges));
    BOOST_TEST(again->manifest + "\n" == answer.manifest);
    const auto without = print_song_answer({one, {}, {}, {}, ""});
    BOOST_TEST(without ==
               R"({"song_id":")" + one + R"(","available_bitrates":[],"peers":[],"edges":[]})");
    BOOST_TEST(parse_song_answer(without)->manifest.empty());
    BOOST_TEST(!again->peers_first);
    const auto sparing = print_song_answer({one, {}, {}, {}, "", true});
    BOOST_TEST(sparing.ends_with(R"(,"peers_first":true})"));
    BOOST_TEST(parse_song_answer(sparing)->peers_first);
    cut(printed, parse_song_answer);
}

BOOST_AUTO_TEST_CASE(no_text_breaks_the_json_around_it) {
    PeerInfo odd = peer;
    odd.url = "http://a\"},{\\\"/";
    const std::vector<PeerInfo> peers{odd, peer};
    BOOST_TEST((*parse_peers_answer(print_peers_answer(peers)) == peers));
    EdgeInfo there = edge;
    there.url = odd.url;
    const std::vector<EdgeInfo> edges{there};
    BOOST_TEST((*parse_edges_answer(print_edges_answer(edges)) == edges));
    odd.peer_id = "\xff\n";  // which parse never lets through
    BOOST_TEST(!parse_peers_answer(print_peers_answer({odd})));
}

BOOST_AUTO_TEST_CASE(every_text_cut_short_is_malformed) {
    cut(announce_text, parse_announce);
    cut(print_peers_query({one, 320, 7, Location{}, 8, "p1", 8490}), parse_peers_query);
    cut(print_report({"0123abcd", false, "hash", 1234, 400000}), parse_report);
    cut(print_peers_answer({peer}), parse_peers_answer);
    cut(print_edges_answer({edge}), parse_edges_answer);
}

BOOST_AUTO_TEST_CASE(a_peer_can_leave_in_three_ways) {
    for (const auto* said : {R"("songs":{})", R"("left":true)", R"("songs":null)"})
        BOOST_TEST(parse_announce(announce_with(said))->leaving(), said);
    const auto songs = text(R"("songs":{")", one, R"(":{"96":[[0,1]]}})");
    BOOST_TEST(!parse_announce(announce_with(songs))->leaving());
    BOOST_TEST(parse_announce(announce_with(songs + R"(,"left":true)"))->leaving());
    BOOST_TEST(parse_announce(text(R"({"peer_id":"p",)", songs, "}"))->leaving());
}

BOOST_AUTO_TEST_CASE(the_seed_articles_my_location_is_a_location) {
    BOOST_TEST((parse_peers_query(query_with(R"("my_location":"52.52,13.40")"))->location ==
                Location{52.5f, 13.4f}));
    BOOST_TEST(
        (parse_peers_query(query_with(R"("location":"1,2","my_location":"3,4")"))->location ==
         Location{1, 2}));
    BOOST_TEST(!parse_peers_query(query_with(R"("location":"")"))->location);
}

BOOST_AUTO_TEST_CASE(amounts_are_brought_back_into_their_range) {
    const auto upload = [](const char* n) {
        return parse_announce(announce_with(text(R"("upload_kbps":)", n)))->upload_kbps;
    };
    BOOST_TEST(upload("-1") == 0);
    BOOST_TEST(upload("1e300") == most_kbps);
    BOOST_TEST(upload("18446744073709551615") == most_kbps);
    BOOST_TEST(upload("2.9") == 2);
    const auto want = [](const char* n) {
        return parse_peers_query(query_with(text(R"("want":)", n)))->want;
    };
    BOOST_TEST(want("0") == 1);
    BOOST_TEST(want("-5") == 1);
    BOOST_TEST(want("1000000") == static_cast<int>(most_peers));
    const auto answer = parse_announce_answer(R"({"interval":-1,"ttl":1e30})");
    BOOST_TEST(answer->interval_s == 1);
    BOOST_TEST(answer->ttl_s == 7 * 86400);
}

BOOST_AUTO_TEST_CASE(a_name_is_valid_or_refused) {
    for (const auto* bad :
         {R"("port":65536)", R"("port":-1)", R"("port":1.5)", R"("port":"1")", R"("port":1e99)",
          R"("location":"x")", R"("location":5)", R"("location":"91,0")", R"("songs":[])",
          R"("songs":{"x":{}})", R"("upload_kbps":"5")", R"("left":1)", R"("peer_id":"a b")",
          R"("peer_id":"")", R"("peer_id":7)", "\"peer_id\":\"\xff\""})
        BOOST_TEST(!parse_announce(announce_with(bad)), "accepted " << bad);
    BOOST_TEST(!parse_announce(announce_with(R"("peer_id":")" + std::string(65, 'a') + '"')));
    for (const auto* bad :
         {R"({"96":[[1,0]]})", R"({"96":[[0]]})", R"({"96":[[0,1,2]]})", R"({"96":[0,1]})",
          R"({"96":[[-1,1]]})", R"({"96":[[0,65536]]})", R"({"96":[[0,1.5]]})", R"({"0":[]})",
          R"({"96k":[]})", R"({"65536":[]})", R"({"":[]})", R"({"96":{}})", "[]", "1"})
        BOOST_TEST(!parse_announce(announce_with(text(R"("songs":{")", one, "\":", bad, "}"))),
                   "accepted " << bad);
    for (const auto* bad : {R"("kbps":0)", R"("kbps":"320")", R"("chunk_index":-1)",
                            R"("chunk_index":65536)", R"("peer_id":"/")", R"("song_id":"x")"})
        BOOST_TEST(!parse_peers_query(query_with(bad)), "accepted " << bad);
    for (const auto* bad : {R"({"ok":true})", R"({"ticket":"a","ok":1})", R"({"ticket":"a b"})",
                            "{\"ticket\":\"a\",\"why\":\"\\u0007\"}"})
        BOOST_TEST(!parse_report(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(an_answer_is_a_strangers_text_too) {
    const auto with = [](std::string_view member) {
        return text(R"({"peers":[{"peer_id":"p","url":"http://192.0.2.1:8490",)", member, "}]}");
    };
    BOOST_TEST(bool(parse_peers_answer(with(R"("health":5,"km":-3,"upload_kbps":1e99)"))));
    BOOST_TEST(parse_peers_answer(with(R"("health":5)"))->front().health == 1);
    for (const auto* bad :
         {R"("url":"file:///etc/passwd")", R"("url":"http://a b")", "\"url\":\"http://\\u0000\"",
          R"("url":5)", R"("ticket":"\n")", R"("have":[])", R"("health":"1")"})
        BOOST_TEST(!parse_peers_answer(with(bad)), "accepted " << bad);
    std::vector<PeerInfo> many(most_peers + 1, peer);
    BOOST_TEST(!parse_peers_answer(print_peers_answer(many)));
    many.pop_back();
    BOOST_TEST(bool(parse_peers_answer(print_peers_answer(many))));
    for (const auto* bad : {"[]", "{}", "null", R"({"peers":{}})", R"({"peers":[1]})"})
        BOOST_TEST(!parse_peers_answer(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(huge_and_deep_texts_are_refused) {
    BOOST_TEST(!parse_announce(std::string(60000, '[')));
    std::string deep;
    for (int i = 0; i < 10000; ++i) deep += "{\"a\":";
    BOOST_TEST(!parse_announce(deep));
    const std::string nested = std::string(30000, '[') + std::string(30000, ']');
    BOOST_TEST(!parse_announce(announce_with("\"songs\":" + nested)));
    BOOST_TEST(!parse_announce(announce_with("\"what\":" + nested)));
    // what is not known is passed over
    BOOST_TEST(bool(parse_announce(announce_with(R"("what":[{"a":[1]}],"songs":{})"))));
    BOOST_TEST(!parse_announce(announce_text + std::string(most_request_bytes, ' ')));
    std::string songs;
    for (std::size_t i = 0; i <= most_songs; ++i)
        songs += text(i ? "," : "", "\"", std::string(28, '0'), 1000 + i, "\":{}");
    BOOST_TEST(!parse_announce(announce_with("\"songs\":{" + songs + "}")));
}

BOOST_AUTO_TEST_CASE(thousands_of_unknown_keys_take_no_longer_than_as_many_bytes) {
    std::string keys;
    for (int i = 0; i < 6000; ++i) keys += text("\"", i, "\":0,");
    // a search for each among all others would take minutes for these, under the sanitizers at that
    for (int i = 0; i < 200; ++i) BOOST_TEST(bool(parse_announce(announce_with(keys + "\"a\":0"))));
}

BOOST_AUTO_TEST_CASE(an_announce_omits_songs_that_do_not_fit) {
    Announce all = whole;
    for (int i = 1000; i < 3000; ++i) all.songs[text(std::string(28, '0'), i)] = {{96, {{0, 20}}}};
    auto again = parse_announce(print_announce(all));
    BOOST_REQUIRE(bool(again));
    BOOST_TEST(again->songs.size() == most_songs);
    for (auto& [id, have] : all.songs) have[320] = Ranges(60, ChunkRange{100, 200});
    const auto printed = print_announce(all);
    BOOST_TEST(printed.size() <= most_request_bytes);
    BOOST_TEST(printed.size() > most_request_bytes - 2000);
    again = parse_announce(printed);
    BOOST_REQUIRE(bool(again));
    BOOST_TEST(again->songs.begin()->first == all.songs.begin()->first);
}

BOOST_AUTO_TEST_CASE(a_file_of_edges_names_each_once) {
    const auto edges = parse_edges_file(
        R"([{"name":"eu-west","url":"http://192.0.2.1:8481","location":"52.5,13.4"},)"
        R"({"name":"us-east","url":"https://us.example"}])");
    BOOST_REQUIRE(bool(edges));
    BOOST_TEST(edges->size() == 2u);
    BOOST_TEST((edges->front().location == Location{52.5f, 13.4f}));
    BOOST_TEST(!edges->back().location);
    BOOST_TEST(parse_edges_file("[]")->empty());
    for (const auto* bad :
         {"", "{}", "[1]", R"([{"name":"a"}])", R"([{"url":"http://a"}])",
          R"([{"name":"a b","url":"http://a"}])", R"([{"name":"a","url":"ftp://a"}])",
          R"([{"name":"a","url":"http://a"},{"name":"a","url":"http://b"}])",
          R"([{"name":"a","url":"http://a"},{"name":"b","url":"http://a"}])"})
        BOOST_TEST(!parse_edges_file(bad), "accepted " << bad);
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_not_json) {
    BOOST_TEST(!parse_announce({}));
    BOOST_TEST(!parse_peers_query({}));
    BOOST_TEST(!parse_report({}));
    BOOST_TEST(!parse_song_answer({}));
}

BOOST_AUTO_TEST_SUITE_END()
