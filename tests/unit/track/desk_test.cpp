#include "track/desk.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>

#include "swarm/memory.hpp"

using namespace stretto;
using namespace stretto::track;
using swarm::Endpoint;

namespace {

const std::string id = "0123456789abcdefghjkmnpqrstvwxyz", other(32, '7');
const swarm::Ip here = *swarm::parse_ip("192.0.2.1"), there = *swarm::parse_ip("198.51.100.7");

/// Peers that lie elsewhere: what they say comes when the test lets it come.
class FarPeers final : public swarm::Peers {
   public:
    explicit FarPeers(std::uint64_t now)
        : near_({}, 1, std::make_unique<swarm::PlainSeal>(1), now) {}

    void announce(const Endpoint& peer, const swarm::Announce& said, std::uint64_t now,
                  const Done<Announced>& done) override {
        if (away) return later([=] { done({Announced::away, false, false, 0, {}}); });
        later([=, this] { near_.announce(peer, said, now, done); });
    }
    void has(const Endpoint& peer, std::uint32_t stamp, const std::string& song,
             const swarm::Layout& layout, const swarm::Have& have) override {
        near_.has(peer, stamp, song, layout, have);
    }
    void proved(const Endpoint& peer, bool reached, std::uint64_t now) override {
        near_.proved(peer, reached, now);
    }
    void list(const swarm::PeersQuery& query, const swarm::Asker& asker, std::uint64_t now,
              const Done<std::string_view>& done) override {
        later([=, this] { near_.list(query, asker, now, done); });
    }
    void layout(const std::string& song, const Done<std::optional<swarm::Layout>>& done) override {
        later([=, this] { near_.layout(song, done); });
    }
    void report(const swarm::Report& report, const swarm::Ip& reporter, std::uint64_t now,
                const Done<bool>& done) override {
        later([=, this] { near_.report(report, reporter, now, done); });
    }
    void expire(std::uint64_t now, const Done<bool>& done) override { near_.expire(now, done); }
    void stats(const Done<swarm::PeersStats>& done) override { near_.stats(done); }
    void biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) override {
        near_.biggest(most, done);
    }
    void come() {
        for (; !waiting_.empty(); waiting_.pop_front()) waiting_.front()();
    }
    bool waits() const { return !waiting_.empty(); }
    bool away = false;

   private:
    void later(std::function<void()> what) { waiting_.push_back(std::move(what)); }
    swarm::MemoryPeers near_;
    std::deque<std::function<void()>> waiting_;
};

/// A desk whose clock, origin and network are the test's.
struct Desks {
    explicit Desks(DeskOptions options = {})
        : desk(around(), std::move(options), 1, std::make_unique<swarm::PlainSeal>(2)) {}

    Desk::Around around() {
        return {peers, edges, [this] { return now; },
                [this](const std::string& song, Manifests::Done done) {
                    finds.emplace_back(song, std::move(done));
                },
                [this](const Endpoint& peer, std::function<void(bool)> done) {
                    connects.emplace_back(peer, std::move(done));
                }};
    }
    /// The answer once all that it waits for is there; -1 when it waits for more.
    Desk::Answer ask(bool post, std::string_view path, std::string_view query,
                     const std::string& body = {}, const swarm::Ip& ip = here) {
        const auto answer = std::make_shared<Desk::Answer>();
        answer->status = -1;
        desk.answer({post, path, query, as_bytes(body), ip},
                    [answer](Desk::Answer&& came) { *answer = std::move(came); });
        for (int turns = 0; turns < 10 && (peers.waits() || !finds.empty()); ++turns) {
            peers.come();
            for (auto& [song, done] : std::exchange(finds, {})) done(found(song));
        }
        return *answer;
    }
    Desk::Answer get(std::string_view path, std::string_view query = {}) {
        return ask(false, path, query);
    }
    Desk::Answer announce(std::string_view songs, const swarm::Ip& ip = here, int port = 8490) {
        return ask(true, "/announce", "",
                   text(R"({"peer_id":"p","port":)", port, R"(,"songs":{)", songs, "}}"), ip);
    }
    Desk::Answer peers_of(const std::string& song, const swarm::Ip& ip = there) {
        return ask(true, "/peers", "", text(R"({"song_id":")", song, R"("})"), ip);
    }
    Found found(const std::string& song) {
        if (origin_status != 200) return {nullptr, origin_status, "the origin is away"};
        if (song == "missing") return {nullptr, 404, "no such song"};
        auto one = std::make_shared<Song>();
        one->id = song == "name" ? id : song;
        one->layout.kbps = {96, 320};
        one->layout.chunks = 20;
        one->manifest = R"({"a":1})";
        return {one, 200, {}};
    }
    void connect_all(bool reached) {
        for (auto& [peer, done] : std::exchange(connects, {})) done(reached);
    }

    std::uint64_t now = 1'000'000;
    int origin_status = 200;
    FarPeers peers{now};
    swarm::Edges edges{{{"eu", "http://eu.example", swarm::Location{52, 13}, {}}}};
    std::vector<std::pair<std::string, Manifests::Done>> finds;
    std::vector<std::pair<Endpoint, std::function<void(bool)>>> connects;
    Desk desk;
};

const std::string all_of_it = "\"" + id + R"(":{"320":[[0,19]]})";

}  // namespace

BOOST_AUTO_TEST_SUITE(track_desk)

BOOST_AUTO_TEST_CASE(a_peer_is_named_once_it_was_reached) {
    Desks t;
    BOOST_TEST(t.announce(all_of_it).body.find("\"listed\":false") != std::string::npos);
    BOOST_TEST_REQUIRE(t.connects.size() == 1u);
    BOOST_TEST((t.connects[0].first == Endpoint{here, 8490}));
    BOOST_TEST(t.peers_of(id).body == R"({"peers":[]})");
    t.connect_all(true);
    BOOST_TEST(t.peers_of(id).body.find("http://192.0.2.1:8490") != std::string::npos);
    BOOST_TEST(t.announce(all_of_it).body.find("\"listed\":true") != std::string::npos);
    BOOST_TEST(t.connects.empty());
    BOOST_TEST(t.desk.counters().reached == 1u);
}
BOOST_AUTO_TEST_CASE(an_unreachable_peer_is_not_named_and_is_tried_again_later) {
    Desks t;
    t.announce(all_of_it);
    t.connect_all(false);
    BOOST_TEST(t.peers_of(id).body == R"({"peers":[]})");
    t.announce(all_of_it);
    BOOST_TEST(t.connects.empty());
    t.now += 30'000;
    t.announce(all_of_it);
    BOOST_TEST(t.connects.size() == 1u);
    BOOST_TEST(t.desk.counters().not_reached == 1u);
}
BOOST_AUTO_TEST_CASE(a_silent_peer_is_forgotten_after_its_ttl) {
    Desks t;
    t.announce(all_of_it);
    t.connect_all(true);
    t.now += 301'000;
    BOOST_TEST(t.peers_of(id).body == R"({"peers":[]})");
}
BOOST_AUTO_TEST_CASE(an_announcing_peer_learns_which_of_its_songs_pages_want) {
    Desks t;
    const auto both = all_of_it + ",\"" + other + R"(":{"320":[[0,19]]})";
    const auto wanted = [&](const std::string& songs) {
        return swarm::parse_announce_answer(t.announce(songs).body)->pages;
    };
    const auto page_asks = [&](const std::string& song) {
        t.ask(true, "/peers", "", text(R"({"song_id":")", song, R"(","rtc":true,"http":false})"),
              there);
    };
    page_asks(id);  // nobody has it: strangers fill no memory with songs that they invent
    BOOST_TEST(wanted(both).empty());
    t.peers_of(id);
    BOOST_TEST(wanted(both).empty());
    page_asks(id);
    BOOST_TEST(wanted(both) == std::vector<std::string>{id}, boost::test_tools::per_element());
    BOOST_TEST(wanted("\"" + other + R"(":{"320":[[0,19]]})").empty());
    // who waits for signals announces all it has there
    const auto rtc =
        text(R"({"peer_id":")", std::string(26, 'a'), R"(","rtc":true,"songs":{)", both, "}}");
    const auto said = swarm::parse_announce_answer(t.ask(true, "/announce", "", rtc).body);
    BOOST_REQUIRE(said);
    BOOST_TEST(said->pages.empty());
    t.now += 299'000;
    BOOST_TEST(wanted(both).size() == 1u);
    t.now += 2'000;
    BOOST_TEST(wanted(both).empty());
}
BOOST_AUTO_TEST_CASE(intervals_are_spread_around_the_setting) {
    Desks t{{100, 300, false, {}}};
    int least = 1000, most = 0;
    for (int i = 0; i < 200; ++i) {
        const auto answer = swarm::parse_announce_answer(t.announce(all_of_it).body);
        BOOST_REQUIRE(answer);
        least = std::min(least, answer->interval_s), most = std::max(most, answer->interval_s);
        BOOST_TEST(answer->ttl_s == 300);
    }
    BOOST_TEST((least >= 75 && least < 80 && most > 120 && most <= 125));
}
BOOST_AUTO_TEST_CASE(a_tracker_that_cannot_ask_its_peers_says_so) {
    Desks t;
    t.peers.away = true;
    const auto answer = t.announce(all_of_it);
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.fields.find("Retry-After: 120") != std::string::npos);
    BOOST_TEST(t.connects.empty());
}
BOOST_AUTO_TEST_CASE(invalid_announces_are_refused_before_any_lookup) {
    Desks t{{120, 300, true, {id}}};
    BOOST_TEST(t.announce(all_of_it, here, 80).status == 400);
    BOOST_TEST(t.ask(true, "/announce", "", "{").status == 400);
    BOOST_TEST(t.announce("\"" + other + R"(":{"96":[[0,1]]})").status == 403);
    BOOST_TEST(t.peers_of(other).status == 403);
    BOOST_TEST(t.get("/songs/" + other).status == 403);
    BOOST_TEST(t.announce(all_of_it).status == 200);
}
BOOST_AUTO_TEST_CASE(a_response_has_the_manifest_peers_and_edges_of_a_song) {
    Desks t;
    const auto answer = swarm::parse_song_answer(t.get("/songs/name").body);
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->song_id == id);
    BOOST_TEST(answer->manifest == R"({"a":1})");
    BOOST_TEST((answer->bitrates == std::vector<int>{96, 320}));
    BOOST_TEST(answer->edges.size() == 1u);
    BOOST_TEST(t.get("/songs/missing").status == 404);
    BOOST_TEST(t.get("/songs/No").status == 404);
    BOOST_TEST(t.get("/songs/name", "want=x").status == 400);
}
BOOST_AUTO_TEST_CASE(while_the_origin_is_down_ids_still_have_peers_but_names_do_not) {
    Desks t;
    t.announce(all_of_it);
    t.connect_all(true);
    t.origin_status = 502;
    const auto answer = swarm::parse_song_answer(t.get("/songs/" + id).body);
    BOOST_REQUIRE(answer);
    BOOST_TEST((answer->bitrates == std::vector<int>{96, 320}));
    BOOST_TEST(answer->manifest == "");
    BOOST_TEST(t.get("/songs/name").status == 502);
    t.origin_status = 404;
    BOOST_TEST(t.get("/songs/" + id).status == 404);
}
BOOST_AUTO_TEST_CASE(without_a_manifest_the_peers_layout_is_enough) {
    Desks t;
    t.announce(all_of_it);
    t.origin_status = 502;
    BOOST_TEST(t.get("/songs/" + id, "manifest=0").status == 200);
    BOOST_TEST(t.finds.empty());
}
BOOST_AUTO_TEST_CASE(songs_of_one_network_are_looked_up_within_bounds) {
    Desks t;
    std::string songs;
    for (int i = 0; i < 40; ++i) {
        std::string one = std::to_string(10000 + i);
        songs += (i ? ",\"" : "\"") + std::string(27, '0') + one + R"(":{"96":[[0,1]]})";
    }
    // the origin does not answer: nothing is taken out of t.finds
    for (int peer = 0; peer < 60; ++peer) {
        const auto body =
            text(R"({"peer_id":"p","port":)", 2000 + peer, R"(,"songs":{)", songs, "}}");
        const auto from = *swarm::parse_ip(text("198.51.100.", peer));
        t.desk.answer({true, "/announce", "", as_bytes(body), from}, [](auto&&) {});
        t.peers.come();
    }
    BOOST_TEST(t.finds.size() == 16u);
    BOOST_TEST(t.desk.counters().look_ups_dropped == 60u * 40 - 16 - 2048);
    std::size_t asked = 0;
    while (!t.finds.empty())
        for (auto& [song, done] : std::exchange(t.finds, {})) done(t.found(song)), ++asked;
    BOOST_TEST(asked == 16u + 2048);  // all were found, which costs nothing
    t.announce(all_of_it, here, 5000);
    BOOST_TEST(t.finds.empty());  // looked up, and answered
}
BOOST_AUTO_TEST_CASE(invented_songs_cost_few_look_ups) {
    Desks t;
    const auto announce = [&](const swarm::Ip& from, int first, int many = 512) {
        std::string songs;
        for (int i = 0; i < many; ++i)
            songs += text(i ? "," : "", '"', std::string(27, '0'), 10000 + first + i,
                          R"(":{"96":[[0,1]]})");
        const auto body = text(R"({"peer_id":"p","port":8490,"songs":{)", songs, "}}");
        t.desk.answer({true, "/announce", "", as_bytes(body), from}, [](auto&&) {});
        std::size_t asked = 0;
        for (t.peers.come(); !t.finds.empty();)
            for (auto& [song, done] : std::exchange(t.finds, {}))
                done({nullptr, 404, "no such song"}), ++asked;
        return asked;
    };
    BOOST_TEST(announce(here, 0) == 32u);
    BOOST_TEST(announce(here, 0) == 0u);
    t.now += 60'000;
    BOOST_TEST(announce(here, 1000) == 6u);  // one more each 10 s
    // what nobody has is not looked up for others either, but what is not known yet
    BOOST_TEST(announce(there, 0, 32) == 0u);
    BOOST_TEST(announce(there, 0) == 32u);
    t.now += 60'000;
    // another network's own song is found all the same
    BOOST_TEST(t.announce(all_of_it, there, 5000).status == 200);
    t.connect_all(true);
    BOOST_TEST(!swarm::parse_peers_answer(t.peers_of(id, here).body)->empty());
}
BOOST_AUTO_TEST_CASE(a_report_counts_for_the_peer_of_its_ticket) {
    Desks t;
    t.announce(all_of_it);
    t.connect_all(true);
    const auto peers = swarm::parse_peers_answer(t.peers_of(id).body);
    BOOST_REQUIRE(peers);
    BOOST_REQUIRE(peers->size() == 1u);
    const auto body = text(R"({"ticket":")", peers->front().ticket, R"(","ok":true})");
    std::uint64_t counted = 0;
    const auto reports = [&] {
        t.peers.stats([&](const swarm::PeersStats& stats) { counted = stats.reports; });
        return counted;
    };
    BOOST_TEST(t.ask(true, "/report", "", body, here).status == 204);
    BOOST_TEST(reports() == 0u);
    BOOST_TEST(t.ask(true, "/report", "", body, there).status == 204);
    BOOST_TEST(reports() == 1u);
    BOOST_TEST(t.ask(true, "/report", "", "{}", there).status == 400);
}
BOOST_AUTO_TEST_CASE(each_path_takes_its_methods) {
    Desks t;
    BOOST_TEST(t.get("/edges").status == 200);
    BOOST_TEST(t.get("/edges", "location=x").status == 400);
    for (const auto* path : {"/announce", "/peers", "/report"})
        BOOST_TEST(t.get(path).status == 405, path);
    for (const auto* path : {"/edges", "/songs/name"})
        BOOST_TEST(t.ask(true, path, "").status == 405, path);
    for (const auto* path : {"/", "", "/edge", "/songs", "/announce/"})
        BOOST_TEST(t.get(path).status == 404, path);
}

BOOST_AUTO_TEST_CASE(a_removed_song_has_no_peers_and_its_peers_are_informed) {
    Desks t;
    const std::string other(32, '7');
    const auto both = text(all_of_it, ",\"", other, R"(":{"320":[[0,19]]})");
    t.announce(both);
    t.connect_all(true);
    t.desk.set_removed({id});
    BOOST_TEST(t.peers_of(id).body == R"({"peers":[]})");
    BOOST_TEST(t.get("/songs/" + id).status == 404);
    BOOST_TEST(t.get("/songs/name").status == 404);
    BOOST_TEST(t.get("/songs/" + id, "manifest=0").status == 404);
    auto told = swarm::parse_announce_answer(t.announce(both).body);
    BOOST_REQUIRE(told);
    BOOST_TEST(told->removed == std::vector<std::string>{id});
    BOOST_TEST(t.peers_of(other).body.find("http://192.0.2.1:8490") != std::string::npos);
    // nothing else is left to give
    told = swarm::parse_announce_answer(t.announce(all_of_it).body);
    BOOST_REQUIRE(told);
    BOOST_TEST(told->removed == std::vector<std::string>{id});
    BOOST_TEST(t.peers_of(other).body == R"({"peers":[]})");
    t.desk.set_removed({});
    told = swarm::parse_announce_answer(t.announce(both).body);
    BOOST_REQUIRE(told);
    BOOST_TEST(told->removed.empty());
    BOOST_TEST(t.peers_of(id).body.find("http://192.0.2.1:8490") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
