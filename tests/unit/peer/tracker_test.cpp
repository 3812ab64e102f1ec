// The tracker's client against a tracker that says what the test wants, on the same loop.
#include "peer/tracker.hpp"

#include <boost/test/unit_test.hpp>

#include "../folder.hpp"
#include "../toy_server.hpp"

using namespace stretto;
using namespace stretto::peer;

namespace {

struct Fixture {
    net::Loop loop;
    toy::Server server{loop};
    Folder folder;
    store::Kept kept{folder.path, 1u << 20};
    Tracker tracker{loop, server.url, swarm::Location{52.5F, 13.4F}};
    std::string id = toy::Song{}.id();

    Fixture() { server.files["/announce"] = swarm::print_announce_answer({600, 1500, true}); }
    void keep(int chunk) {
        BOOST_REQUIRE(kept.keep(id, song::chunk_path(320, chunk), as_bytes("sound")));
    }
    std::size_t announces() { return server.posted["/announce"].size(); }
    swarm::Announce announced(std::size_t i) {
        const auto said = swarm::parse_announce(server.posted["/announce"].at(i));
        BOOST_REQUIRE(said);
        return *said;
    }
    /// A round trip, in which an announce that is due comes too.
    void turn() {
        bool asked = false;
        tracker.edges([&](const auto&) { asked = true; });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return asked; }));
    }
    bool until_announced(std::size_t times) {
        return toy::run_until(loop, [&] { return announces() >= times; });
    }
};

/// Where nobody listens any more.
std::string nowhere() {
    net::Loop loop;
    return toy::Server{loop}.url;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_tracker, Fixture)

BOOST_AUTO_TEST_CASE(the_cache_is_announced) {
    for (const int chunk : {0, 1, 4}) keep(chunk);
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(until_announced(1));
    const auto said = announced(0);
    BOOST_TEST(said.peer_id == tracker.peer_id());
    BOOST_TEST(said.port == 4711);
    BOOST_TEST(said.upload_kbps == 2500);
    BOOST_REQUIRE(said.location);
    BOOST_TEST(swarm::print_location(*said.location) == "52.5,13.4");
    BOOST_TEST((said.songs == swarm::Songs{{id, {{320, {{0, 1}, {4, 4}}}}}}));
}

BOOST_AUTO_TEST_CASE(an_empty_cache_is_not_announced_until_the_first_chunk) {
    tracker.share(kept, 4711, 2500);
    turn();
    BOOST_TEST(announces() == 0u);
    keep(0);
    tracker.changed();
    BOOST_TEST(until_announced(1));
}

BOOST_AUTO_TEST_CASE(many_changes_become_one_announce) {
    keep(0);
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(until_announced(1));
    for (int chunk = 1; chunk < 6; ++chunk) {
        keep(chunk);
        tracker.changed();
        turn();
    }
    BOOST_TEST(announces() == 1u);
    BOOST_REQUIRE(until_announced(2));
    BOOST_TEST((announced(1).songs[id] == swarm::Have{{320, {{0, 5}}}}));
    turn();
    BOOST_TEST(announces() == 2u);
}

BOOST_AUTO_TEST_CASE(the_tracker_says_when_to_announce_again) {
    server.files["/announce"] = swarm::print_announce_answer({1, 10, true});
    keep(0);
    tracker.share(kept, 4711, 2500);
    BOOST_TEST(until_announced(3));
}

BOOST_AUTO_TEST_CASE(a_removed_song_is_not_uploaded_but_still_announced) {
    server.files["/announce"] = swarm::print_announce_answer({1, 10, true, {id}});
    keep(0);
    std::vector<std::vector<std::string>> withheld;
    tracker.share(kept, 4711, 2500, [&](auto songs) { withheld.push_back(std::move(songs)); });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return withheld.size() == 1; }));
    BOOST_TEST(withheld[0] == std::vector<std::string>{id});
    server.files["/announce"] = swarm::print_announce_answer({1, 10, true});
    BOOST_REQUIRE(toy::run_until(loop, [&] { return withheld.back().empty(); }));
    BOOST_TEST(announced(announces() - 1).songs.contains(id));
}

/// With a stretto-rtc beside it.
struct WithGateway : Fixture {
    toy::Server gate{loop};
    std::string other = std::string(32, '7');

    WithGateway() {
        tracker.set_gateway([this] { return Tracker::Gateway{gate.url, std::string(26, 'a')}; });
        gate.files["/announce"] = swarm::print_announce_answer({600, 1500, true});
        keep(0);
        BOOST_REQUIRE(kept.keep(other, song::chunk_path(320, 0), as_bytes("sound")));
        tracker.share(kept, 4711, 2500);
    }
    void answer(bool listed, std::vector<std::string> pages) {
        swarm::AnnounceAnswer answer{1, 10, listed};
        answer.pages = std::move(pages);
        server.files["/announce"] = swarm::print_announce_answer(answer);
    }
    std::size_t through() { return gate.posted["/announce"].size(); }
    swarm::Announce last_through() {
        const auto said = swarm::parse_announce(gate.posted["/announce"].back());
        BOOST_REQUIRE(said);
        return *said;
    }
    bool until_through(std::size_t times) {
        return toy::run_until(loop, [&] { return through() >= times; });
    }
};

BOOST_FIXTURE_TEST_CASE(a_reachable_peer_announces_to_pages_what_they_want, WithGateway) {
    answer(true, {});
    BOOST_REQUIRE(until_announced(2));
    turn();
    BOOST_TEST(through() == 0u);
    answer(true, {other});
    BOOST_REQUIRE(until_through(1));
    BOOST_TEST(last_through().http);
    BOOST_TEST((last_through().songs == swarm::Songs{{other, {{320, {{0, 0}}}}}}));
    // when no page asks any more, it leaves them once
    answer(true, {});
    BOOST_REQUIRE(toy::run_until(loop, [&] { return last_through().leaving(); }));
    const auto before = through();
    BOOST_REQUIRE(until_announced(announces() + 2));
    turn();
    BOOST_TEST(through() == before);
}

BOOST_FIXTURE_TEST_CASE(an_unreachable_peer_announces_all_songs_over_webrtc, WithGateway) {
    answer(false, {other});
    BOOST_REQUIRE(until_through(1));
    BOOST_TEST(!last_through().http);
    BOOST_TEST(last_through().songs.size() == 2u);
    // once it is reached, natives would see it twice
    answer(true, {});
    BOOST_REQUIRE(toy::run_until(loop, [&] { return last_through().leaving(); }));
}

BOOST_AUTO_TEST_CASE(a_leaving_peer_tells_the_tracker) {
    keep(0);
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(until_announced(1));
    bool left = false;
    tracker.leave([&] { left = true; });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return left; }));
    BOOST_REQUIRE(announces() == 2u);
    BOOST_TEST(announced(1).leaving());
    BOOST_TEST(announced(1).port == 4711);
    // and nothing more is announced
    tracker.changed();
    turn();
    BOOST_TEST(announces() == 2u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_during_an_announce_tells_the_tracker_after_it) {
    keep(0);
    std::vector<http::Reply> held;
    server.first = [&](const std::string&, const http::Reply& reply) {
        if (held.empty()) held.push_back(reply);
        return announces() == 1;
    };
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return held.size() == 1; }));
    bool left = false;
    tracker.leave([&] { left = true; });
    BOOST_TEST(!left);
    held.front().send(200, server.files["/announce"]);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return left; }));
    BOOST_REQUIRE(announces() == 2u);
    BOOST_TEST(announced(1).leaving());
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_during_an_announce_waits_no_longer_than_a_second) {
    keep(0);
    std::vector<http::Reply> held;
    server.first = [&](const std::string&, const http::Reply& reply) {
        held.push_back(reply);
        return true;
    };
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return held.size() == 1; }));
    int left = 0;
    tracker.leave([&] { ++left; });
    BOOST_TEST(toy::run_until(
        loop, [&] { return left > 0; }, std::chrono::seconds{4}));
    BOOST_TEST(announces() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refused_announce_needs_no_leaving) {
    keep(0);
    std::vector<http::Reply> held;
    server.first = [&](const std::string&, const http::Reply& reply) {
        held.push_back(reply);
        return true;
    };
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return held.size() == 1; }));
    bool left = false;
    tracker.leave([&] { left = true; });
    held.front().send(403, "no");
    BOOST_TEST(toy::run_until(loop, [&] { return left; }));
    server.first = nullptr;
    turn();
    BOOST_TEST(announces() == 1u);
}

BOOST_AUTO_TEST_CASE(a_silent_tracker_does_not_delay_leaving) {
    keep(0);
    tracker.share(kept, 4711, 2500);
    BOOST_REQUIRE(until_announced(1));
    std::vector<http::Reply> held;
    server.first = [&](const std::string&, const http::Reply& reply) {
        held.push_back(reply);
        return true;
    };
    int left = 0;
    tracker.leave([&] { ++left; });
    // a request that is not answered is given up after 5 s: that would be too late
    BOOST_TEST(toy::run_until(
        loop, [&] { return left > 0; }, std::chrono::seconds{4}));
    BOOST_TEST(held.size() == 1u);
    held.front().send(200, "at last");
    server.first = nullptr;
    turn();
    BOOST_TEST(left == 1);
}

BOOST_AUTO_TEST_CASE(an_unreachable_tracker_is_not_a_failure) {
    Tracker gone{loop, nowhere(), {}};
    int answers = 0;
    gone.song("song", false, [&](const auto& answer, int status, const std::string& why) {
        ++answers;
        BOOST_TEST(!answer);
        BOOST_TEST(status == 0);
        BOOST_TEST(!why.empty());
    });
    gone.peers(id, 320, 16, [&](const auto& peers) { answers += !peers; });
    gone.edges([&](const auto& edges) { answers += !edges; });
    gone.report({"ticket", true, "", 1, 1});
    keep(0);
    gone.share(kept, 4711, 2500);
    gone.changed();
    BOOST_REQUIRE(toy::run_until(loop, [&] { return answers == 3; }));
    bool left = false;
    gone.leave([&] { left = true; });
    BOOST_TEST(toy::run_until(loop, [&] { return left; }));
}

BOOST_AUTO_TEST_CASE(an_invalid_response_is_ignored) {
    for (const char* path : {"/peers", "/edges", "/songs/song"}) server.files[path] = "[1, 2";
    int answers = 0;
    tracker.song("song", false, [&](const auto& answer, int status, const std::string& why) {
        ++answers;
        BOOST_TEST(!answer);
        BOOST_TEST(status == 0);
        BOOST_TEST(!why.empty());
    });
    tracker.peers(id, 320, 16, [&](const auto& peers) { answers += !peers; });
    tracker.edges([&](const auto& edges) { answers += !edges; });
    BOOST_TEST(toy::run_until(loop, [&] { return answers == 3; }));
}

BOOST_AUTO_TEST_CASE(a_request_contains_the_location_and_the_wanted_chunks) {
    swarm::SongAnswer answer;
    answer.song_id = id;
    answer.bitrates = {320};
    answer.edges = {{"e1", "http://192.0.2.1:8480", {}, {}}};
    server.files["/songs/song"] = swarm::print_song_answer(answer);
    server.files["/peers"] = swarm::print_peers_answer({});
    int answers = 0;
    tracker.song("song", false, [&](const auto& got, int status, const std::string&) {
        ++answers;
        BOOST_REQUIRE(got);
        BOOST_TEST(status == 200);
        BOOST_TEST(got->song_id == id);
        BOOST_TEST(got->edges.size() == 1u);
    });
    tracker.peers(id, 320, 7, [&](const auto& peers) { answers += peers && peers->empty(); });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return answers == 2; }));
    BOOST_TEST(server.asked.contains("/songs/song?location=52.5,13.4"));
    const auto query = swarm::parse_peers_query(server.posted["/peers"].at(0));
    BOOST_REQUIRE(query);
    BOOST_TEST(query->song_id == id);
    BOOST_TEST(query->want == 7);
    BOOST_TEST(query->peer_id == tracker.peer_id());
}

BOOST_AUTO_TEST_SUITE_END()
