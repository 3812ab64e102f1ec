// What of the tracker is HTTP: methods, fields, errors, and what it tells of itself.
#include "track/site.hpp"

#include "../toy_server.hpp"
#include "http/ask.hpp"
#include "swarm/memory.hpp"

using namespace stretto;
using namespace stretto::track;

namespace {

using swarm::Endpoint;

/// Of whom there are more to forget than fit in a turn.
class ManyPeers final : public swarm::Peers {
   public:
    explicit ManyPeers(std::uint64_t now)
        : near_({}, 1, std::make_unique<swarm::PlainSeal>(1), now) {}
    void announce(const Endpoint& peer, const swarm::Announce& said, std::uint64_t now,
                  const Done<Announced>& done) override {
        near_.announce(peer, said, now, done);
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
        near_.list(query, asker, now, done);
    }
    void layout(const std::string& song, const Done<std::optional<swarm::Layout>>& done) override {
        near_.layout(song, done);
    }
    void report(const swarm::Report& report, const swarm::Ip& reporter, std::uint64_t now,
                const Done<bool>& done) override {
        near_.report(report, reporter, now, done);
    }
    void expire(std::uint64_t, const Done<bool>& done) override { done(++turns < 20); }
    void stats(const Done<swarm::PeersStats>& done) override { near_.stats(done); }
    void biggest(std::size_t most, const Done<std::vector<swarm::SwarmStats>>& done) override {
        near_.biggest(most, done);
    }
    int turns = 0;

   private:
    swarm::MemoryPeers near_;
};

struct Fixture {
    net::Loop loop;
    toy::Server origin{loop};
    ManyPeers peers{loop.now_ms()};
    swarm::Edges edges{{{"eu", "http://eu.example", swarm::Location{52, 13}, {}}}};
    Manifests manifests{loop, origin.url, {}};
    Prober prober{loop, {}};
    http::AccessLog log{"", false};
    http::Limiter limiter{0};
    http::Shared shared{{}, log, limiter};
    http::Status status{"tracker", "track", shared};
    Site site{{loop, peers, edges, manifests, prober, shared, status},
              {},
              1,
              std::make_unique<swarm::PlainSeal>(2)};
    http::Server server{loop, site, {}, shared};
    std::optional<http::Upstream> client;

    Fixture() {
        auto sockets = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        client.emplace(loop, "http://" + net::local_address(sockets[0].fd()).print(),
                       http::Upstream::Limits{});
        server.listen(std::move(sockets[0]));
    }
    http::Whole ask(const char* method, const std::string& target, const std::string& body = "") {
        http::Request request;
        request.method = method;
        request.target = target;
        std::optional<http::Whole> answer;
        http::ask(*client, std::move(request), Bytes{body.begin(), body.end()}, 1 << 20,
                  [&](http::Whole whole) { answer = std::move(whole); });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return answer.has_value(); }));
        return std::move(*answer);
    }
    static std::string field(const http::Whole& answer, const char* name) {
        const auto* value = answer.fields.find(name);
        return value ? *value : "";
    }
    static bool says(const http::Whole& answer, const std::string& part) {
        return as_text(answer.body).find(part) != std::string::npos;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(track_site, Fixture)

BOOST_AUTO_TEST_CASE(answers_are_json_for_pages_of_any_origin_and_for_now) {
    for (const auto* method : {"GET", "HEAD"}) {
        const auto answer = ask(method, "/edges");
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(field(answer, "Content-Type") == "application/json");
        BOOST_TEST(field(answer, "Cache-Control") == "no-store");
        BOOST_TEST(field(answer, "Access-Control-Allow-Origin") == "*");
        BOOST_TEST(answer.body.empty() == (method == std::string{"HEAD"}));
    }
    BOOST_TEST(ask("GET", "/edges").body.back() == '\n');
}
BOOST_AUTO_TEST_CASE(a_browser_may_ask_before_it_sends_json) {
    const auto answer = ask("OPTIONS", "/announce");
    BOOST_TEST(answer.status == 204);
    BOOST_TEST(field(answer, "Access-Control-Allow-Methods") == "GET, HEAD, POST, OPTIONS");
    BOOST_TEST(field(answer, "Access-Control-Allow-Headers") == "Authorization, Content-Type");
    BOOST_TEST(field(answer, "Access-Control-Max-Age") == "86400");
}
BOOST_AUTO_TEST_CASE(other_methods_are_refused_with_those_that_are_not) {
    const auto put = ask("PUT", "/edges");
    BOOST_TEST(put.status == 405);
    BOOST_TEST(field(put, "Allow") == "GET, HEAD, POST, OPTIONS");
    for (const auto* path : {"/healthz", "/metrics", "/stats.json"}) {
        const auto posted = ask("POST", path, "x");
        BOOST_TEST(posted.status == 405);
        BOOST_TEST(field(posted, "Allow") == "GET, HEAD, OPTIONS");
        BOOST_TEST(ask("GET", path).status == 200, path);
    }
}
BOOST_AUTO_TEST_CASE(error_responses_give_a_reason_and_are_not_cached) {
    for (const auto& [target, status] :
         {std::pair{"/nothing", 404}, {"/%zz", 400}, {"/edges?location=x", 400}}) {
        const auto answer = ask("GET", target);
        BOOST_TEST(answer.status == status, target);
        BOOST_TEST(field(answer, "Cache-Control") == "no-store");
        BOOST_TEST(!answer.body.empty());
    }
}
BOOST_AUTO_TEST_CASE(a_path_is_redirected_to_the_nearest_edge) {
    const auto answer = ask("GET", "/nearest/songs/one/manifest.json?x=1");
    BOOST_TEST(answer.status == 307);
    BOOST_TEST(field(answer, "Location") == "http://eu.example/songs/one/manifest.json?x=1");
    BOOST_TEST(field(answer, "Cache-Control") == "no-store");
    BOOST_TEST(field(answer, "Access-Control-Allow-Origin") == "*");
}
BOOST_AUTO_TEST_CASE(a_song_of_the_origin_is_answered_and_any_other_is_404) {
    const toy::Song song;
    origin.files = song.files;
    BOOST_TEST(ask("GET", "/songs/missing").status == 404);
    const auto answer = ask("GET", "/songs/" + song.id());
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(says(answer, song.id()));
    const auto metrics = ask("GET", "/metrics");
    BOOST_TEST(says(metrics, "stretto_origin_requests_total 2"));
    BOOST_TEST(says(metrics, "stretto_origin_failures_total 1"));
    BOOST_TEST(says(metrics, "stretto_manifests 1"));
}
BOOST_AUTO_TEST_CASE(the_metrics_contain_its_counters) {
    const std::string id(32, '7');
    const auto body = R"({"peer_id":"p","port":8490,"songs":{")" + id + R"(":{"96":[[0,3]]}}})";
    BOOST_TEST(ask("POST", "/announce", body).status == 200);
    BOOST_TEST(ask("POST", "/announce", "{").status == 400);
    const auto metrics = ask("GET", "/metrics");
    BOOST_TEST(says(metrics, "stretto_announces_total 1\n"));
    BOOST_TEST(says(metrics, "stretto_peers_listed 0\n"));
    BOOST_TEST(says(metrics, "stretto_edge_healthy{edge=\"eu\"} 1\n"));
    const auto stats = ask("GET", "/stats.json");
    BOOST_TEST(says(stats, "http://eu.example"));
    BOOST_TEST(says(stats, "\"swarms\""));
}
BOOST_AUTO_TEST_CASE(expired_peers_are_removed_in_steps_between_requests) {
    int beats = 0;  // as often as those who have nothing more to forget are asked
    net::Timer beat{loop, [&] { ++beats; }};
    beat.every(std::chrono::milliseconds{200});
    BOOST_REQUIRE(toy::run_until(loop, [&] { return peers.turns > 0; }));
    BOOST_TEST(peers.turns < 20);
    BOOST_REQUIRE(toy::run_until(loop, [&] { return peers.turns >= 20; }));
    BOOST_TEST(beats < 15);
}

BOOST_AUTO_TEST_SUITE_END()
