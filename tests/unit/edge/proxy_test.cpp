// What an edge answers, and what it asks upstream for it: clients, edge and upstream on one loop,
// where upstream answers when the test lets it.
#include "edge/proxy.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>

#include "../toy_server.hpp"
#include "edge/answer.hpp"
#include "http/ask.hpp"

using namespace stretto;
using namespace stretto::edge;

namespace {

constexpr std::uint64_t megabyte = 1u << 20;
const std::string storable = "Cache-Control: max-age=600\r\nETag: \"one\"\r\n";

struct Fixture : http::Handler {
    net::Loop loop;
    toy::Server behind{loop};
    std::vector<std::string> told;
    Troubles troubles{[this](const std::string& line) { told.push_back(line); }, [] { return 0; }};
    Cache cache{{{}, 0, 8 * megabyte, 64, {}}, troubles};
    Manifests manifests;
    EdgeCounters counters;
    EdgeShared shared{cache, manifests, counters, troubles, "edge", "instance"};
    Flights flights;
    Ranking ranking{{behind.url}, Ranking::By::order};
    Proxy proxy{loop, ranking, {}, shared, flights};

    http::AccessLog log{"", false};
    http::Limiter limiter{0};
    http::Shared front_shared{{}, log, limiter};
    http::Server front{loop, *this, {}, front_shared};
    std::unique_ptr<http::Upstream> client, other_client;

    /// What upstream was asked and has not answered.
    std::deque<std::pair<std::string, http::Reply>> held;

    Fixture() {
        auto sockets = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        const auto url = "http://" + net::local_address(sockets[0].fd()).print();
        for (auto* one : {&client, &other_client})
            *one = std::make_unique<http::Upstream>(loop, url, http::Upstream::Limits{});
        front.listen(std::move(sockets[0]));
        behind.first = [this](const std::string& target, const http::Reply& reply) {
            reply.when_gone([] {});  // has it watched
            held.emplace_back(target, reply);
            return true;
        };
    }
    void handle(http::Incoming&& incoming, http::Reply reply) override {
        const auto target = http::parse_target(incoming.request.target);
        BOOST_REQUIRE(target);
        proxy.serve(std::move(incoming), *target, route(target->path), reply);
    }

    using Answer = std::shared_ptr<http::Whole>;
    using Fields = std::vector<std::pair<const char*, std::string>>;
    Answer ask(const std::string& target, const Fields& fields = {}, const char* method = "GET",
               const std::string& body = "") {
        http::Request request;
        request.method = method;
        request.target = target;
        for (const auto& [name, value] : fields) request.fields.add(name, value);
        auto answer = std::make_shared<http::Whole>();
        answer->status = -1;
        http::ask(*client, std::move(request), Bytes{body.begin(), body.end()}, megabyte,
                  [answer](http::Whole whole) { *answer = std::move(whole); });
        return answer;
    }
    void until(const std::function<bool()>& so) { BOOST_REQUIRE(toy::run_until(loop, so)); }
    /// Upstream is asked by then as often.
    void until_held(std::size_t n) {
        until([&] { return held.size() >= n; });
    }
    void reply(int status, const std::string& fields, const std::string& body) {
        BOOST_REQUIRE(!held.empty());
        http::Outgoing out;
        out.status = status;
        out.fields = fields;
        out.length = body.size();
        out.body = http::body_of(body);
        if (status == 304) out.length = {}, out.body = nullptr;
        held.front().second.send(std::move(out));
        held.pop_front();
    }
    void wait(const Answer& answer) {
        until([&] { return answer->status != -1; });
    }
    /// Asked for and answered, by upstream if that is asked.
    Answer get(const std::string& target, const Fields& fields = {}, int status = 200,
               const std::string& said = storable, const std::string& body = "text") {
        auto answer = ask(target, fields);
        until([&] { return answer->status != -1 || !held.empty(); });
        if (answer->status == -1) reply(status, said, body);
        wait(answer);
        return answer;
    }
    static std::string field(const Answer& answer, const char* name) {
        const auto* value = answer->fields.find(name);
        return value ? *value : "";
    }
    static bool is_hit(const Answer& answer) {
        return field(answer, "Cache-Status").find("edge; hit") == 0;
    }
    static bool says(const Answer& answer, const char* what) {
        return field(answer, "Cache-Status").find(what) != std::string::npos;
    }
    static std::string text_of(const Answer& answer) { return std::string{as_text(answer->body)}; }
    std::string sent(std::size_t request, const char* name) const {
        BOOST_REQUIRE(request < behind.requests.size());
        const auto* value = behind.requests[request].fields.find(name);
        return value ? *value : "";
    }
    std::size_t asked() const { return behind.requests.size(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_proxy, Fixture)

BOOST_AUTO_TEST_CASE(a_stored_response_is_sent_without_upstream) {
    const auto first = get("/a"), second = get("/a");
    BOOST_TEST(text_of(first) == "text");
    BOOST_TEST(says(first, "fwd=uri-miss"));
    BOOST_TEST(says(first, "stored"));
    BOOST_TEST(text_of(second) == "text");
    BOOST_TEST(is_hit(second));
    BOOST_TEST(asked() == 1u);
    BOOST_TEST(counters.hits.load() == 1u);
    BOOST_TEST(counters.misses.load() == 1u);
}

// ---- many at once

BOOST_AUTO_TEST_CASE(requests_for_the_same_object_share_one_upstream_request) {
    std::vector<Answer> all;
    for (int i = 0; i < 8; ++i) all.push_back(ask("/a"));
    until([&] { return counters.collapsed == 7; });
    until_held(1);
    reply(200, storable, "text");
    int collapsed = 0;
    for (const auto& one : all) {
        wait(one);
        BOOST_TEST(text_of(one) == "text");
        collapsed += says(one, "collapsed");
    }
    BOOST_TEST(collapsed == 7);
    BOOST_TEST(asked() == 1u);
}
BOOST_AUTO_TEST_CASE(a_request_with_authorization_or_no_store_shares_no_upstream_request) {
    for (const Fields& fields :
         {Fields{{"Authorization", "Basic eA=="}}, Fields{{"Cache-Control", "no-store"}}}) {
        const auto before = asked();
        const auto one = ask("/a", fields), other = ask("/a", fields);
        until_held(2);
        reply(200, "Cache-Control: no-store\r\n", "one");
        reply(200, "Cache-Control: no-store\r\n", "other");
        wait(one), wait(other);
        BOOST_TEST(text_of(one) + text_of(other) != "oneone");
        BOOST_TEST(asked() == before + 2);
        BOOST_TEST(counters.collapsed.load() == 0u);
    }
}
BOOST_AUTO_TEST_CASE(a_private_response_goes_to_one_client_and_later_requests_are_not_shared) {
    const auto mine = ask("/a"), his = ask("/a");
    until([&] { return counters.collapsed == 1; });
    until_held(1);
    reply(200, "Cache-Control: private\r\n", "first");
    until_held(1);
    reply(200, "Cache-Control: private\r\n", "second");
    wait(mine), wait(his);
    BOOST_TEST(text_of(mine) != text_of(his));
    // asked for again, they go side by side
    const auto third = ask("/a"), fourth = ask("/a");
    until_held(2);
    BOOST_TEST(counters.collapsed.load() == 1u);
    // until an answer is for all again
    reply(200, storable, "text");
    reply(200, storable, "text");
    wait(third), wait(fourth);
    cache.invalidate("/a");
    const auto fifth = ask("/a"), sixth = ask("/a");
    until([&] { return counters.collapsed == 2; });
    until_held(1);
    reply(200, storable, "text");
    wait(fifth), wait(sixth);
}
BOOST_AUTO_TEST_CASE(
    a_refused_request_for_a_songs_object_is_its_own_and_later_requests_are_shared) {
    const auto path = "/songs/" + std::string(32, 'a') + "/96/chunk_0.ogg";
    const auto bad = get(path, {}, 400, "", "what?");
    BOOST_TEST(bad->status == 400);
    const auto one = ask(path), other = ask(path);
    until([&] { return counters.collapsed == 1; });
    until_held(1);
    BOOST_TEST(asked() == 2u);
    reply(503, "", "busy");
    wait(one);
    until_held(1);
    reply(503, "", "busy");
    wait(other);
}
BOOST_AUTO_TEST_CASE(each_variant_is_asked_for_once) {
    std::vector<Answer> all;
    for (const auto* coding : {"gzip", "br", "gzip", "br"})
        all.push_back(ask("/a", {{"Accept-Encoding", coding}}));
    until([&] { return counters.collapsed == 3; });
    until_held(1);
    const auto varies = storable + "Vary: Accept-Encoding\r\n";
    reply(200, varies, sent(0, "Accept-Encoding"));
    until_held(1);
    reply(200, varies, sent(1, "Accept-Encoding"));
    for (const auto& one : all) wait(one);
    BOOST_TEST(asked() == 2u);
    for (std::size_t i = 0; i < all.size(); ++i)
        BOOST_TEST(text_of(all[i]) == (i % 2 == 0 ? "gzip" : "br"));
    BOOST_TEST(says(get("/a", {{"Accept-Encoding", "zstd"}}, 200, varies), "fwd=vary-miss"));
}
BOOST_AUTO_TEST_CASE(a_failure_is_sent_to_waiting_clients_but_not_to_later_ones) {
    const auto path = "/songs/" + std::string(32, 'a') + "/96/chunk_0.ogg";
    const auto one = ask(path), other = ask(path);
    until([&] { return counters.collapsed == 1; });
    until_held(1);
    reply(503, "", "busy");
    wait(one);
    // it came after that request had gone out, which may have been before a repair: once more
    until_held(1);
    reply(503, "", "busy");
    wait(other);
    BOOST_TEST(one->status == 503);
    BOOST_TEST(other->status == 503);
    BOOST_TEST(get(path, {}, 404, "", "none")->status == 404);
    BOOST_TEST(asked() == 3u);
}

BOOST_AUTO_TEST_CASE(the_upstream_request_is_cancelled_when_the_last_client_leaves) {
    const auto stays = ask("/a");
    until_held(1);
    std::swap(client, other_client);
    ask("/a");
    until([&] { return counters.collapsed == 1; });
    client.reset();  // and with it who asked second
    client.swap(other_client);
    until([&] { return front_shared.counters.open == 1; });
    BOOST_TEST(!held[0].second.over());
    reply(200, storable, "text");
    wait(stays);
    BOOST_TEST(text_of(stays) == "text");
    ask("/b");
    until_held(1);
    client.reset();
    until([&] { return held[0].second.over(); });
    BOOST_TEST(asked() == 2u);
}

// ---- what a request may want of a cache

BOOST_AUTO_TEST_CASE(only_if_cached_causes_no_upstream_request) {
    const auto none = get("/a", {{"Cache-Control", "only-if-cached"}});
    BOOST_TEST(none->status == 504);
    BOOST_TEST(asked() == 0u);
    get("/a");
    BOOST_TEST(get("/a", {{"Cache-Control", "only-if-cached"}})->status == 200);
}
BOOST_AUTO_TEST_CASE(a_reload_is_validated_unless_they_are_ignored) {
    get("/a");
    for (const Fields& fields :
         {Fields{{"Cache-Control", "no-cache"}}, Fields{{"Cache-Control", "max-age=0"}},
          Fields{{"Pragma", "no-cache"}}}) {
        shared.ignore_reload = false;
        const auto before = asked();
        const auto renewed = get("/a", fields, 304, storable, "");
        BOOST_TEST(text_of(renewed) == "text");
        BOOST_TEST(says(renewed, "fwd=request"));
        BOOST_TEST(asked() == before + 1);
        BOOST_TEST(sent(before, "If-None-Match") == "\"one\"");
        shared.ignore_reload = true;
        BOOST_TEST(is_hit(get("/a", fields)));
        BOOST_TEST(asked() == before + 1);
    }
}
BOOST_AUTO_TEST_CASE(while_it_revalidates_the_old_serves_at_once) {
    get("/a", {}, 200, "Cache-Control: max-age=0, stale-while-revalidate=600\r\nETag: \"one\"\r\n");
    const auto old = ask("/a"), again = ask("/a");
    wait(old), wait(again);
    BOOST_TEST(text_of(old) == "text");
    until_held(1);
    BOOST_TEST(asked() == 2u);  // for both
    BOOST_TEST(sent(1, "If-None-Match") == "\"one\"");
    BOOST_TEST(counters.stale.load() == 2u);
    reply(200, storable, "new");
    http::Request request;
    request.method = "GET", request.target = "/a";
    until([&] {
        const auto entry = cache.find("/a", request);
        return entry && entry->content()->read_all(megabyte) == Bytes{'n', 'e', 'w'};
    });
    BOOST_TEST(is_hit(get("/a")));
    BOOST_TEST(asked() == 2u);
}

// ---- the way to upstream

BOOST_AUTO_TEST_CASE(a_loop_of_edges_is_detected) {
    std::string long_way = "1.1 a";
    for (int i = 1; i < 16; ++i) long_way += ", 1.1 a";
    BOOST_TEST(get("/a", {{"Via", "1.1 other (x), 1.1 edge (instance)"}})->status == 508);
    BOOST_TEST(get("/a", {{"Via", long_way + ", 1.1 a"}})->status == 508);
    BOOST_TEST(asked() == 0u);
    BOOST_TEST(get("/a", {{"Via", long_way}})->status == 200);
    BOOST_TEST(behind.requests[0].fields.joined("Via").value_or("") ==
               long_way + ", 1.1 edge (instance)");
}
BOOST_AUTO_TEST_CASE(hop_by_hop_fields_are_not_forwarded) {
    get("/a", {{"Connection", "X-Mine"}, {"X-Mine", "1"}, {"X-Other", "2"}, {"TE", "trailers"}});
    BOOST_TEST(sent(0, "X-Mine") == "");
    BOOST_TEST(sent(0, "TE") == "");
    BOOST_TEST(sent(0, "X-Other") == "2");
    BOOST_TEST("http://" + sent(0, "Host") == behind.url);
}
BOOST_AUTO_TEST_CASE(max_forwards_is_counted_down_and_ends_here_at_0) {
    for (const auto& [method, status] : {std::pair{"TRACE", 405}, {"OPTIONS", 200}}) {
        const auto here = ask("/a", {{"Max-Forwards", "0"}}, method);
        wait(here);
        BOOST_TEST(here->status == status);
    }
    BOOST_TEST(asked() == 0u);
    const auto on = ask("/a", {{"Max-Forwards", "5"}}, "OPTIONS");
    until_held(1);
    BOOST_TEST(sent(0, "Max-Forwards") == "4");
    reply(200, "", "");
    wait(on);
}
BOOST_AUTO_TEST_CASE(each_object_of_a_song_has_one_content_coding) {
    const auto chunk = "/songs/" + std::string(32, 'a') + "/96/chunk_0.ogg";
    get(chunk, {{"Accept-Encoding", "gzip, br"}}, 404);
    get("/songs/one/manifest.json", {{"Accept-Encoding", "br, gzip;q=0.5"}}, 404);
    get("/songs/two/manifest.json", {{"Accept-Encoding", "br"}}, 404);
    get("/other", {{"Accept-Encoding", "br"}}, 404);
    BOOST_TEST(sent(0, "Accept-Encoding") == "");
    BOOST_TEST(sent(1, "Accept-Encoding") == "gzip");
    BOOST_TEST(sent(2, "Accept-Encoding") == "");
    BOOST_TEST(sent(3, "Accept-Encoding") == "br");
}
BOOST_AUTO_TEST_CASE(head_is_answered_from_the_cache_or_forwarded) {
    const auto unknown = ask("/a", {}, "HEAD");
    until_held(1);
    BOOST_TEST(behind.requests[0].method == "HEAD");
    reply(200, storable, "");
    wait(unknown);
    get("/a");
    BOOST_TEST(asked() == 2u);
    const auto known = ask("/a", {}, "HEAD");
    wait(known);
    BOOST_TEST(known->status == 200);
    BOOST_TEST(field(known, "Content-Length") == "4");
    BOOST_TEST(asked() == 2u);
    // an object is fetched whole, as somebody will ask for it
    const auto object = ask("/songs/one/manifest.json", {}, "HEAD");
    until_held(1);
    BOOST_TEST(behind.requests[2].method == "GET");
    reply(404, "", "");
    wait(object);
}
BOOST_AUTO_TEST_CASE(a_forwarded_response_keeps_its_length_and_its_cache_status_says_so) {
    const auto one = get("/a", {}, 200, "Cache-Control: no-store\r\nX-Own: 1\r\n");
    BOOST_TEST(field(one, "Content-Length") == "4");
    BOOST_TEST(field(one, "X-Own") == "1");
    BOOST_TEST(field(one, "X-Cache") == "MISS");
    BOOST_TEST(!says(one, "stored"));
    BOOST_TEST(text_of(one) == "text");
}

// ---- invalidation

BOOST_AUTO_TEST_CASE(a_successful_unsafe_request_invalidates_the_stored_response) {
    for (const auto& [status, hit] :
         {std::pair{200, false}, {204, false}, {303, false}, {404, true}, {500, true}}) {
        get("/a");
        BOOST_TEST(is_hit(get("/a")));
        const auto posted = ask("/a", {}, "POST", "body");
        until_held(1);
        reply(status, "", "");
        wait(posted);
        BOOST_TEST(posted->status == status);
        BOOST_TEST(is_hit(get("/a")) == hit, status);
    }
}
BOOST_AUTO_TEST_CASE(a_cache_group_is_invalidated_by_the_response_to_an_unsafe_request) {
    const auto grouped = storable + "Cache-Groups: \"songs\"\r\n";
    const auto invalidation = std::string{"Cache-Group-Invalidation: \"songs\"\r\n"};
    get("/a", {}, 200, grouped);
    get("/b", {}, 200, invalidation + "Cache-Control: no-store\r\n");  // GET changes nothing
    BOOST_TEST(is_hit(get("/a")));
    for (const auto& [status, hit] : {std::pair{500, true}, {200, false}}) {
        const auto posted = ask("/c", {}, "POST", "body");
        until_held(1);
        reply(status, invalidation, "");
        wait(posted);
        BOOST_TEST(is_hit(get("/a", {}, 304, grouped, "")) == hit, status);
    }
}

// ---- for the site

BOOST_AUTO_TEST_CASE(an_object_is_found_or_why_it_is_not) {
    const Route song{Route::manifest, "one", 0, 0};
    for (const auto& [status, body] : {std::pair{404, "none"}, {500, "broken"}, {200, "text"}}) {
        std::optional<Found> found;
        proxy.get(song, [&](Found one) { found = std::move(one); });
        until_held(1);
        BOOST_TEST(behind.requests.back().target == "/songs/one/manifest.json");
        reply(status, "", body);
        until([&] { return found.has_value(); });
        BOOST_TEST((found->entry != nullptr) == (status == 200), status);
        if (status != 200) BOOST_TEST(found->status == status);
        if (status != 200) BOOST_TEST(found->why != "");
    }
}

BOOST_AUTO_TEST_SUITE_END()
