// The client of a Redis Cluster, against made-up servers that move slots, fail and are silent.
#include "redis/client.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "fake.hpp"

using namespace stretto;
using namespace stretto::redis;

namespace {

std::string range(int first, int last, int port) {
    return list({number(first), number(last), list({bulk("127.0.0.1"), number(port)})});
}
const std::string alone = "-ERR This instance has cluster support disabled\r\n";

Client::Limits limits() {
    Client::Limits limits;
    limits.least_pause_ms = 5;
    limits.most_pause_ms = 50;
    return limits;
}

struct World {
    std::unique_ptr<Client> open(std::initializer_list<int> ports, Login login = {},
                                 Client::Limits l = limits()) {
        std::vector<Server> seeds;
        for (const int port : ports) seeds.push_back({"127.0.0.1", port});
        return std::make_unique<Client>(loop, seeds, login, l);
    }
    /// The answer to a question; "away", or "-" and an error.
    std::string ask(Client& client, std::string_view key,
                    std::initializer_list<std::string_view> words) {
        std::optional<std::string> said;
        client.ask(key, words, [&](const Reply& reply) {
            said = reply.is_away()          ? "away"
                   : !reply.error().empty() ? text("-", reply.error())
                                            : std::string{reply.text()};
        });
        BOOST_REQUIRE_MESSAGE(run_until(loop, [&] { return said.has_value(); }), "no answer");
        return *said;
    }
    net::Loop loop;
};

/// Answers the greeting and CLUSTER SLOTS, and leaves the rest.
FakeServer::Answer with(std::function<std::string()> slots, FakeServer::Answer rest) {
    return [=](const Words& words) {
        if (words[0] == "PING") return std::string{"+PONG\r\n"};
        if (words[0] == "CLUSTER") return slots();
        return rest(words);
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_client)

BOOST_AUTO_TEST_CASE(a_single_server_without_a_cluster_has_all_slots) {
    World w;
    FakeServer server{w.loop, with([] { return alone; },
                                   [](const Words& words) { return bulk(words[1] + "!"); })};
    const auto client = w.open({server.port()});
    BOOST_TEST(w.ask(*client, "a", {"GET", "a"}) == "a!");
    BOOST_TEST(w.ask(*client, "b", {"GET", "b"}) == "b!");
    BOOST_TEST(server.connections() == 1u);
    BOOST_TEST(client->pending() == 0u);
    BOOST_TEST(client->servers() == 1u);
}

BOOST_AUTO_TEST_CASE(each_key_goes_to_the_server_of_its_slot) {
    World w;
    std::string slots;
    const auto at = [&] { return slots; };
    FakeServer low{w.loop, with(at, [](const Words&) { return bulk("low"); })};
    FakeServer high{w.loop, with(at, [](const Words&) { return bulk("high"); })};
    slots = list({range(0, 8191, low.port()), range(8192, 16383, high.port())});
    const auto client = w.open({high.port()});
    for (const char* key : {"a", "b", "{x}1", "song", "12"})
        BOOST_TEST(w.ask(*client, key, {"GET", key}) == (slot_of(key) < 8192 ? "low" : "high"));
    BOOST_TEST(client->counters().moved == 0u);
}

BOOST_AUTO_TEST_CASE(a_moved_slot_is_followed_and_remembered) {
    World w;
    std::string slots, moved;
    FakeServer fresh{w.loop, with([&] { return slots; }, [](const Words&) { return bulk("new"); })};
    FakeServer old{w.loop, with([&] { return slots; }, [&](const Words&) { return moved; })};
    slots = list({range(0, 16383, old.port())});
    moved = text("-MOVED ", slot_of("k"), " 127.0.0.1:", fresh.port(), "\r\n");
    const auto client = w.open({old.port()});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "new");
    slots = list({range(0, 16383, fresh.port())});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "new");
    BOOST_TEST(client->counters().moved == 1u);
    BOOST_TEST(run_until(w.loop, [&] { return client->servers() == 1; }));
}

BOOST_AUTO_TEST_CASE(a_key_on_its_way_is_asked_for_at_the_other_server) {
    World w;
    std::string slots, ask;
    bool asking = false;
    FakeServer to{w.loop, with([&] { return slots; },
                               [&](const Words& words) -> std::string {
                                   if (words[0] == "ASKING") return asking = true, fine;
                                   return std::exchange(asking, false) ? bulk("there")
                                                                       : "-ERR not asking\r\n";
                               })};
    FakeServer from{w.loop, with([&] { return slots; }, [&](const Words&) { return ask; })};
    slots = list({range(0, 16383, from.port())});
    ask = text("-ASK ", slot_of("k"), " 127.0.0.1:", to.port(), "\r\n");
    const auto client = w.open({from.port()});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "there");
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "there");  // the slot has not moved
    BOOST_TEST(client->counters().moved == 2u);
}

BOOST_AUTO_TEST_CASE(what_passes_is_tried_again_and_what_does_not_is_said) {
    for (const char* error : {"TRYAGAIN", "CLUSTERDOWN", "LOADING"}) {
        World w;
        int tries = 0;
        FakeServer server{w.loop, with([] { return alone; },
                                       [&](const Words&) {
                                           return ++tries < 3 ? text("-", error, " later\r\n")
                                                              : bulk("done");
                                       })};
        const auto client = w.open({server.port()});
        BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "done");
        BOOST_TEST(client->counters().retried >= 2u);
    }
    World w;
    FakeServer server{
        w.loop, with([] { return alone; },
                     [](const Words&) { return std::string{"-OOM command not allowed\r\n"}; })};
    const auto client = w.open({server.port()});
    BOOST_TEST(w.ask(*client, "k", {"SET", "k", "v"}) == "-OOM command not allowed");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_is_down_is_not_asked_by_everybody) {
    World w;
    int tries = 0;
    bool down = true;
    FakeServer server{w.loop, with([] { return alone; },
                                   [&](const Words&) {
                                       ++tries;
                                       return down ? "-CLUSTERDOWN The cluster is down\r\n"
                                                   : bulk("up");
                                   })};
    const auto client = w.open({server.port()});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    BOOST_TEST(tries == 3);
    for (int i = 0; i < 10; ++i) BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    BOOST_TEST(tries <= 6);
    down = false;
    std::optional<std::string> told;
    client->tell("k", {"SET", "k", "v"}, [&](const Reply& reply) { told = reply.text(); });
    BOOST_TEST(run_until(w.loop, [&] { return told.has_value(); }));
    BOOST_TEST(*told == "up");
}

BOOST_AUTO_TEST_CASE(redirects_in_a_circle_end) {
    World w;
    int one_port = 0, two_port = 0;
    const auto slots = [&] { return list({range(0, 16383, one_port)}); };
    const auto to = [](int port) {
        return text("-MOVED ", slot_of("k"), " 127.0.0.1:", port, "\r\n");
    };
    FakeServer one{w.loop, with(slots, [&](const Words&) { return to(two_port); })};
    FakeServer two{w.loop, with(slots, [&](const Words&) { return to(one_port); })};
    one_port = one.port(), two_port = two.port();
    const auto client = w.open({one_port});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    BOOST_TEST(one.seen.size() + two.seen.size() < 200u);
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_fails_questions_soon_and_is_found_again) {
    World w;
    std::optional<FakeServer> server;
    const auto answer = with([] { return alone; }, [](const Words&) { return bulk("here"); });
    server.emplace(w.loop, answer);
    const int port = server->port();
    const auto client = w.open({port});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "here");
    server.reset();
    BOOST_TEST(run_until(w.loop, [&] { return client->counters().broken > 1; }));
    BOOST_TEST(!client->trouble().empty());
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    std::optional<std::string> told;  // a statement waits
    client->tell("k", {"SET", "k", "v"}, [&](const Reply& reply) { told = reply.text(); });
    server.emplace(w.loop, answer, port);
    BOOST_TEST(run_until(w.loop, [&] { return told.has_value(); }));
    BOOST_TEST(*told == "here");
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "here");
}

BOOST_AUTO_TEST_CASE(a_silent_server_fails_and_takes_no_more_questions) {
    World w;
    bool silent = false;
    FakeServer server{w.loop, [&](const Words& words) {
                          if (silent) return std::string{};
                          return with([] { return alone; },
                                      [](const Words&) { return bulk("here"); })(words);
                      }};
    auto l = limits();
    l.times.answer = std::chrono::milliseconds{100};
    const auto client = w.open({server.port()}, {}, l);
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "here");
    silent = true;
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    const auto seen = [&] { return std::ranges::count(server.seen, Words{"GET", "k"}); };
    const auto before = seen();
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "away");
    BOOST_TEST(seen() == before);  // its kernel accepts connections still
    silent = false;
    BOOST_TEST(run_until(w.loop, [&] { return client->servers_well() == 1; }));
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "here");
}

BOOST_AUTO_TEST_CASE(a_failed_master_is_replaced_by_what_another_server_says) {
    World w;
    std::string slots;
    const auto at = [&] { return slots; };
    std::optional<FakeServer> master;
    master.emplace(w.loop, with(at, [](const Words&) { return bulk("old"); }));
    FakeServer replica{w.loop, with(at, [](const Words&) { return bulk("promoted"); })};
    slots = list({list({number(0), number(16383), list({bulk("127.0.0.1"), number(master->port())}),
                        list({bulk("127.0.0.1"), number(replica.port())})})});
    const auto client = w.open({master->port()});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "old");
    master.reset();
    slots = list({range(0, 16383, replica.port())});
    std::optional<std::string> told;
    client->tell("k", {"SET", "k", "v"}, [&](const Reply& reply) { told = reply.text(); });
    BOOST_TEST(run_until(w.loop, [&] { return told.has_value(); }));
    BOOST_TEST(*told == "promoted");
}

BOOST_AUTO_TEST_CASE(statements_share_writes) {
    World w;
    FakeServer server{w.loop, with([] { return alone; }, [](const Words&) { return fine; })};
    const auto client = w.open({server.port()});
    w.ask(*client, "k", {"GET", "k"});
    const auto reads = server.reads();
    int told = 0;
    for (int i = 0; i < 100; ++i)
        client->tell("k", {"SET", "k", "v"}, [&](const Reply&) { ++told; });
    BOOST_TEST(run_until(w.loop, [&] { return told == 100; }));
    BOOST_TEST(server.reads() - reads < 5u);
}

BOOST_AUTO_TEST_CASE(what_waits_is_bounded_and_all_is_called_back) {
    World w;
    FakeServer gone{w.loop, [](const Words&) { return std::string{"close"}; }};
    auto l = limits();
    l.commands = 10;
    l.tell_ms = 200;
    const auto client = w.open({gone.port()}, {}, l);
    int away = 0;
    for (int i = 0; i < 50; ++i)
        client->tell("k", {"SET", "k", "v"}, [&](const Reply& reply) { away += reply.is_away(); });
    BOOST_TEST(away == 0);  // never within the call
    BOOST_TEST(client->pending() == 10u);
    BOOST_TEST(run_until(w.loop, [&] { return away == 50; }));
    BOOST_TEST(client->counters().refused == 40u);
    BOOST_TEST(client->pending() == 0u);
}

BOOST_AUTO_TEST_CASE(a_password_is_sent_first_and_a_wrong_one_is_told) {
    World w;
    bool right = false;
    FakeServer server{w.loop, [&](const Words& words) -> std::string {
                          if (words[0] == "AUTH") {
                              right = words == Words{"AUTH", "tracker", "secret"};
                              return right ? fine : "-WRONGPASS invalid\r\n";
                          }
                          if (!right) return "-NOAUTH Authentication required.\r\n";
                          return words[0] == "CLUSTER" ? alone : bulk("in");
                      }};
    const auto client = w.open({server.port()}, {"tracker", "secret"});
    BOOST_TEST(w.ask(*client, "k", {"GET", "k"}) == "in");
    const auto stranger = w.open({server.port()}, {"tracker", "wrong"});
    BOOST_TEST(w.ask(*stranger, "k", {"GET", "k"}) == "away");
    BOOST_TEST(stranger->trouble().find("WRONGPASS") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_client_may_end_with_commands_under_way) {
    World w;
    FakeServer server{w.loop,
                      with([] { return alone; }, [](const Words&) { return std::string{}; })};
    auto client = w.open({server.port()});
    bool called = false;
    client->ask("k", {"GET", "k"}, [&](const Reply&) { called = true; });
    client->tell("k", {"GET", "k"}, [&](const Reply&) { called = true; });
    BOOST_TEST(run_until(w.loop, [&] { return server.seen.size() >= 3; }));
    client.reset();
    net::Timer end{w.loop, [&] { w.loop.stop(); }};
    end.once(std::chrono::milliseconds{20});
    w.loop.run();
    BOOST_TEST(!called);
}

BOOST_AUTO_TEST_SUITE_END()
