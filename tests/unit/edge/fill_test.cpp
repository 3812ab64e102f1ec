// What a response from upstream becomes in the cache: a server on the test's own loop breaks off,
// changes its mind, or gives what is wrong.
#include "edge/fill.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>

#include "../toy_server.hpp"
#include "edge/answer.hpp"
#include "pull.hpp"

using namespace stretto;
using namespace stretto::edge;

namespace {

constexpr std::uint64_t megabyte = 1u << 20;
constexpr auto storable = "Cache-Control: max-age=600\r\nETag: \"one\"\r\n";

/// Upstream as checks see it: what they ask for is answered with the song's own files.
struct Files : Objects {
    toy::Files files;
    int status = 502;  ///< where there is no such file
    void get(const Route& route, std::function<void(Found)> done) override {
        const auto found = files.find("/" + object_path(route));
        if (found == files.end()) return done({nullptr, status, "scripted", {}});
        const auto& body = found->second;
        done({std::make_shared<Entry>("/", Head::of_origin(200, {}),
                                      std::make_shared<Content>(Bytes{body.begin(), body.end()})),
              200,
              {},
              {}});
    }
};

/// What it has, then no more.
class Broken : public http::Body {
   public:
    explicit Broken(std::string text) : inner_(http::body_of(std::move(text))) {}
    State next(http::Slice& slice, const std::function<void()>& wake) override {
        const auto state = inner_->next(slice, wake);
        return state == State::end ? State::broken : state;
    }

   private:
    std::unique_ptr<http::Body> inner_;
};

struct Fixture {
    net::Loop loop;
    toy::Server server{loop};
    std::vector<std::string> told;
    Troubles troubles{[this](const std::string& line) { told.push_back(line); }, [] { return 0; }};
    Cache cache{{{}, 0, 8 * megabyte, 64, {}}, troubles};
    Manifests manifests;
    EdgeCounters counters;
    EdgeShared shared{cache, manifests, counters, troubles, "edge"};
    Files objects;
    Ranking ranking{{server.url}, Ranking::By::order};
    Behind upstream{loop, ranking, {}};

    /// A server's address where connections are refused.
    static std::string refusing() {
        const auto gone = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        return "http://" + net::local_address(gone[0].fd()).print();
    }
    /// What became of a job.
    struct Run {
        std::optional<Outcome> outcome;
        std::optional<Fill::End> end;
        int heads = 0, ends = 0;
        std::optional<http::Body::State> read;
        std::string body;
    };
    static Fill::Job job(const std::string& target, Route route = {}) {
        Fill::Job job;
        job.key = target;
        job.request.method = "GET";
        job.request.target = target;
        job.request.fields.add("Host", "edge.example");
        job.route = std::move(route);
        return job;
    }
    void start(Run& run, Fill::Job job) {
        Fill::start(
            loop, upstream, shared, objects, std::move(job),
            [&](Outcome outcome) {
                ++run.heads;
                run.outcome = std::move(outcome);
            },
            [&](Fill::End end) {
                ++run.ends;
                run.end = end;
            });
    }
    /// To its end; what it gave is read by one who waits from the beginning, if anybody can.
    std::unique_ptr<Run> run(Fill::Job job) {
        auto run = std::make_unique<Run>();
        start(*run, std::move(job));
        BOOST_REQUIRE(toy::run_until(loop, [&] { return run->outcome.has_value(); }));
        std::unique_ptr<http::Body> body;
        if (run->outcome->entry)
            body = run->outcome->entry->content()->read(loop, {});
        else if (run->outcome->pipe)
            body = Pipe::body(run->outcome->pipe);
        if (body) {
            Pull pull{loop, std::move(body)};
            run->read = pull.run();
            run->body = as_text(pull.got);
        }
        BOOST_REQUIRE(toy::run_until(loop, [&] { return run->end.has_value(); }));
        BOOST_REQUIRE(toy::run_until(loop, [] { return true; }));  // once more, for what is dropped
        BOOST_TEST(run->heads == 1);
        BOOST_TEST(run->ends == 1);
        return run;
    }
    /// Answers in order; the last one again and again.
    struct Said {
        int status = 200;
        std::string fields = storable;
        std::string body = {};
        std::optional<std::uint64_t> length = {};  ///< if it is another than the body's: broken off
    };
    void script(std::vector<Said> said) {
        answers_ = {said.begin(), said.end()};
        server.first = [this](const std::string&, const http::Reply& reply) {
            const auto said = answers_.front();
            if (answers_.size() > 1) answers_.pop_front();
            http::Outgoing out;
            out.status = said.status;
            out.fields = said.fields;
            out.length = said.length.value_or(said.body.size());
            out.body = said.length ? std::make_unique<Broken>(said.body) : http::body_of(said.body);
            if (said.status == 304) out.length = {}, out.body = nullptr;
            reply.send(std::move(out));
            return true;
        };
    }
    /// Stored as of now, stale at once.
    std::shared_ptr<Entry> stored(const std::string& key, const std::string& control) {
        http::Response response;
        response.status = 200;
        response.fields.add("Cache-Control", control);
        response.fields.add("ETag", "\"one\"");
        const auto begun = cache.begin(key,
                                       Head::of_upstream(http::to_store(job(key).request, response,
                                                                        wall_clock(), wall_clock()),
                                                         cache.moment().purges),
                                       3, true);
        BOOST_REQUIRE(begun.entry);
        begun.entry->content()->append(as_bytes("old"));
        begun.entry->content()->complete();
        cache.commit(begun.entry, cache.moment());
        return begun.entry;
    }
    std::shared_ptr<Entry> find(const std::string& key) {
        return cache.find(key, job(key).request);
    }
    std::string field(std::size_t request, const char* name) const {
        BOOST_REQUIRE(request < server.requests.size());
        const auto* value = server.requests[request].fields.find(name);
        return value ? *value : "";
    }

   private:
    std::deque<Said> answers_;
};

const std::string hundred(100'000, 'x');

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edge_fill, Fixture)

// ---- what is kept, and what only passes

BOOST_AUTO_TEST_CASE(a_storable_response_is_stored) {
    script({{200, storable, hundred}});
    const auto got = run(job("/a"));
    BOOST_TEST(got->outcome->storable);
    BOOST_TEST(got->outcome->stored);
    BOOST_TEST(got->outcome->fwd_status.value_or(0) == 200);
    BOOST_TEST((got->end == Fill::End::done));
    BOOST_TEST(got->body == hundred);
    BOOST_TEST((find("/a") == got->outcome->entry));
    const auto fields = got->outcome->entry->head()->stored.fields;
    BOOST_TEST(*fields.find("Via") == "1.1 edge");
    BOOST_TEST(fields.has("Date"));
    BOOST_TEST(counters.upstream_bytes.load() == hundred.size());
    BOOST_TEST(counters.upstream_requests.load() == 1u);
}
BOOST_AUTO_TEST_CASE(a_response_that_may_not_be_stored_goes_to_one_client) {
    script({{200, "Cache-Control: no-store\r\nX-Cache: HIT\r\n", hundred}});
    const auto got = run(job("/a"));
    BOOST_TEST(!got->outcome->entry);
    BOOST_TEST(!got->outcome->head.fields.has("X-Cache"));
    BOOST_TEST(got->body == hundred);
    BOOST_TEST((got->read == http::Body::State::end));
    BOOST_TEST(!find("/a"));
}
BOOST_AUTO_TEST_CASE(several_clients_cause_a_request_of_the_whole_object_and_one_its_own) {
    script({{200, storable, "text"}});
    auto range = job("/a");
    range.request.fields.add("Range", "bytes=1-2");
    range.request.fields.add("If-None-Match", "\"two\"");
    auto alone = range, whole = range;
    alone.alone = whole.alone = whole.whole = true;
    run(range);
    run(alone);
    run(whole);
    for (const auto& [request, sent] : {std::pair{0u, ""}, {1u, "bytes=1-2"}, {2u, ""}}) {
        BOOST_TEST(field(request, "Range") == sent);
        BOOST_TEST((field(request, "If-None-Match") != "") == (request == 1));
    }
}
BOOST_AUTO_TEST_CASE(without_room_each_client_has_its_own_request) {
    const std::string large(3 * megabyte, 'x');  // more than an eighth of the cache
    script({{200, storable, large}});
    const auto got = run(job("/a"));
    BOOST_TEST(got->outcome->pipe);
    BOOST_TEST((got->body == large));
    BOOST_TEST(!find("/a"));
    // who asked for a part of it alone is not sent the whole
    auto part = job("/a");
    part.alone = part.whole = true;
    part.request.fields.add("Range", "bytes=0-9");
    run(part);
    BOOST_TEST(server.requests.size() == 3u);
    BOOST_TEST(field(1, "Range") == "");
    BOOST_TEST(field(2, "Range") == "bytes=0-9");
}
BOOST_AUTO_TEST_CASE(a_response_that_was_purged_meanwhile_is_not_stored) {
    bool hard = false;
    server.first = [&](const std::string&, const http::Reply& reply) {
        cache.purge("/a", hard, wall_clock() - http::Seconds{100});  // the clock was set back
        http::Outgoing out;
        out.fields = storable;
        out.length = 4;
        out.body = http::body_of("text");
        reply.send(std::move(out));
        return true;
    };
    BOOST_TEST(run(job("/a"))->body == "text");
    BOOST_REQUIRE(find("/a"));
    BOOST_TEST(find("/a")->invalid);
    hard = true;
    BOOST_TEST(run(job("/a"))->body == "text");
    BOOST_TEST(!find("/a"));
}
BOOST_AUTO_TEST_CASE(a_response_that_was_invalidated_meanwhile_is_not_stored) {
    server.first = [this](const std::string&, const http::Reply& reply) {
        cache.invalidate("/a");
        http::Outgoing out;
        out.fields = storable;
        out.length = 4;
        out.body = http::body_of("text");
        reply.send(std::move(out));
        return true;
    };
    BOOST_TEST(run(job("/a"))->body == "text");
    BOOST_TEST(!find("/a"));
}

// ---- upstream breaks off

BOOST_AUTO_TEST_CASE(an_incomplete_transfer_is_resumed_without_an_effect_on_readers) {
    script({{200, storable, hundred.substr(0, 40'000), hundred.size()},
            {206, text(storable, "Content-Range: bytes 40000-99999/100000\r\n"),
             hundred.substr(40'000)}});
    const auto got = run(job("/a"));
    BOOST_TEST(got->body == hundred);
    BOOST_TEST((got->read == http::Body::State::end));
    BOOST_TEST((got->end == Fill::End::done));
    BOOST_TEST(field(1, "Range") == "bytes=40000-");
    BOOST_TEST(field(1, "If-Range") == "\"one\"");
    BOOST_TEST(counters.resumed.load() == 1u);
    BOOST_TEST(find("/a"));
}
BOOST_AUTO_TEST_CASE(a_second_whole_response_continues_after_the_received_bytes) {
    std::string all;
    for (int i = 0; all.size() < 100'000; ++i) all += std::to_string(i);
    script({{200, storable, all.substr(0, 40'000), all.size()}, {200, storable, all}});
    const auto got = run(job("/a"));
    BOOST_TEST(got->body == all);
    BOOST_TEST(find("/a"));
}
BOOST_AUTO_TEST_CASE(bytes_of_another_representation_are_never_appended) {
    const auto begun = Said{200, storable, hundred.substr(0, 40'000), hundred.size()};
    const auto range = [](const char* range) {
        return text(storable, "Content-Range: bytes ", range, "\r\n");
    };
    const std::vector<Said> others{
        {200, "ETag: \"two\"\r\n", hundred},
        {206, "ETag: \"two\"\r\nContent-Range: bytes 40000-99999/100000\r\n",
         hundred.substr(40'000)},
        {206, range("40001-99999/100000"), hundred.substr(40'001)},
        {206, range("40000-99998/100000"), hundred.substr(40'001)},
        {206, range("40000-99999/100001"), hundred.substr(40'000)},
        {206, range("40000-99999/*"), hundred.substr(40'000)},
        {206, storable, hundred.substr(40'000)},
        {206, "Content-Range: bytes 40000-99999/100000\r\n", hundred.substr(40'000)},
        {206, "ETag: W/\"one\"\r\nContent-Range: bytes 40000-99999/100000\r\n",
         hundred.substr(40'000)},
        {404, storable, "not found"}};
    for (std::size_t i = 0; i < others.size(); ++i) {
        script({begun, others[i]});
        const auto got = run(job("/" + std::to_string(i)));
        BOOST_TEST((got->read == http::Body::State::broken), i);
        BOOST_TEST((got->end == Fill::End::broken), i);
        BOOST_TEST(got->body.size() <= 40'000u, i);
        BOOST_TEST(!find("/" + std::to_string(i)), i);
    }
}
BOOST_AUTO_TEST_CASE(without_a_strong_etag_nothing_is_put_together) {
    for (const auto* etag : {"", "ETag: W/\"one\"\r\n"}) {
        script({{200, text("Cache-Control: max-age=600\r\n", etag), hundred.substr(0, 4000),
                 hundred.size()},
                {200, storable, hundred}});
        const auto before = server.requests.size();
        BOOST_TEST((run(job("/a"))->end == Fill::End::broken));
        BOOST_TEST(server.requests.size() == before + 1);
    }
}
BOOST_AUTO_TEST_CASE(there_are_four_attempts_and_one_more_per_client_that_joined) {
    script({{200, storable, hundred.substr(0, 10), hundred.size()}, {503, storable, "busy"}});
    BOOST_TEST((run(job("/a"))->end == Fill::End::broken));
    BOOST_TEST(server.requests.size() == 4u);
    BOOST_TEST(!find("/a"));

    server.requests.clear();
    script({{200, storable, hundred.substr(0, 10), hundred.size()}, {503, storable, "busy"}});
    auto wanted = job("/b");
    int came = 9;
    wanted.wanted = [&] { return came-- > 0; };
    run(wanted);
    BOOST_TEST(server.requests.size() == 10u);
}
BOOST_AUTO_TEST_CASE(a_body_shorter_than_its_length_is_incomplete_even_without_a_failure) {
    // the second whole answer ends before what is here already
    script({{200, storable, hundred.substr(0, 40'000), hundred.size()},
            {200, storable, hundred.substr(0, 30'000)}});
    const auto got = run(job("/a"));
    BOOST_TEST((got->end == Fill::End::broken));
    BOOST_TEST(!find("/a"));
}
BOOST_AUTO_TEST_CASE(a_forwarded_body_that_ends_early_is_incomplete_for_its_client) {
    script({{200, "Cache-Control: no-store\r\n", hundred.substr(0, 1000), hundred.size()}});
    const auto got = run(job("/a"));
    BOOST_TEST((got->read == http::Body::State::broken));
    BOOST_TEST(server.requests.size() == 1u);
}

// ---- no answer

BOOST_AUTO_TEST_CASE(a_connection_that_is_refused_is_tried_once_more) {
    Ranking none{{refusing()}, Ranking::By::order};
    Behind nobody{loop, none, {}};
    Run got;
    Fill::start(
        loop, nobody, shared, objects, job("/a"),
        [&](Outcome outcome) { got.outcome = std::move(outcome); },
        [&](Fill::End end) { got.end = end; });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.end.has_value(); }));
    BOOST_TEST(got.outcome->error == 502);
    BOOST_TEST(got.outcome->failed());
    BOOST_TEST(got.outcome->why != "");
    BOOST_TEST(counters.upstream_requests.load() == 2u);
    BOOST_TEST(counters.upstream_failures.load() == 2u);
    BOOST_TEST(!none.is_up(0));
    BOOST_REQUIRE(!told.empty());
    BOOST_TEST(told[0].find("upstream: '/a'") == 0u);
}
BOOST_AUTO_TEST_CASE(the_next_server_is_asked_where_the_first_cannot_answer) {
    Ranking two{{refusing(), server.url}, Ranking::By::order};
    Behind both{loop, two, {}};
    script({{200, storable, "text"}});
    Run got;
    Fill::start(
        loop, both, shared, objects, job("/a"),
        [&](Outcome outcome) { got.outcome = std::move(outcome); },
        [&](Fill::End end) { got.end = end; });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.end.has_value(); }));
    BOOST_TEST(got.outcome->fwd_status.value_or(0) == 200);
    BOOST_TEST(find("/a"));
    BOOST_TEST(!two.is_up(0));
    BOOST_TEST(two.is_up(1));
}
BOOST_AUTO_TEST_CASE(
    so_it_is_where_the_first_says_that_it_cannot_unless_the_method_changes_things) {
    toy::Server busy{loop};
    busy.first = [](const std::string&, const http::Reply& reply) {
        reply.send(503, "busy");
        return true;
    };
    for (const auto* method : {"GET", "POST"}) {
        Ranking two{{busy.url, server.url}, Ranking::By::order};
        Behind both{loop, two, {}};
        script({{200, storable, "text"}});
        auto one = job("/b");
        one.request.method = method;
        one.alone = true;
        Run got;
        std::unique_ptr<http::Body> body;
        Fill::start(
            loop, both, shared, objects, one,
            [&](Outcome outcome) {
                got.outcome = std::move(outcome);
                if (got.outcome->pipe) body = Pipe::body(got.outcome->pipe);
            },
            [&](Fill::End end) { got.end = end; });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return got.end.has_value(); }));
        BOOST_TEST(got.outcome->fwd_status.value_or(0) ==
                   (one.request.method == "GET" ? 200 : 503));
    }
    BOOST_TEST(server.requests.size() == 1u);
}
BOOST_AUTO_TEST_CASE(a_silent_server_is_504_and_gets_no_second_request) {
    server.first = [](const std::string&, const http::Reply&) { return true; };
    http::Upstream::Limits limits;
    limits.stall = std::chrono::milliseconds{50};
    Behind silent{loop, ranking, limits};
    Run got;
    Fill::start(
        loop, silent, shared, objects, job("/a"),
        [&](Outcome outcome) { got.outcome = std::move(outcome); },
        [&](Fill::End end) { got.end = end; });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.end.has_value(); }));
    BOOST_TEST(got.outcome->error == 504);
    BOOST_TEST(counters.upstream_requests.load() == 1u);
}

// ---- what is stored already

BOOST_AUTO_TEST_CASE(a_304_renews_the_stored_response) {
    auto one = job("/a");
    one.stored = stored("/a", "max-age=0");
    script({{304, storable}});
    const auto got = run(one);
    BOOST_TEST(field(0, "If-None-Match") == "\"one\"");
    BOOST_TEST(got->outcome->validated);
    BOOST_TEST((got->outcome->entry == one.stored));
    BOOST_TEST(got->body == "old");
    BOOST_TEST(*one.stored->head()->stored.fields.find("Cache-Control") == "max-age=600");
    BOOST_TEST(counters.validated.load() == 1u);
    BOOST_TEST((find("/a") == one.stored));
}
BOOST_AUTO_TEST_CASE(a_304_for_another_object_causes_a_request_of_the_whole_object) {
    auto one = job("/a");
    one.stored = stored("/a", "max-age=0");
    script({{304, "ETag: \"two\"\r\n"}, {200, storable, "new"}});
    const auto got = run(one);
    BOOST_TEST(server.requests.size() == 2u);
    BOOST_TEST(field(1, "If-None-Match") == "");
    BOOST_TEST(got->body == "new");
    BOOST_TEST((find("/a") == got->outcome->entry));
}
BOOST_AUTO_TEST_CASE(a_new_response_replaces_the_old_one_even_if_it_may_not_be_stored) {
    auto one = job("/a");
    one.stored = stored("/a", "max-age=0");
    script({{200, "Cache-Control: no-store\r\n", "new"}});
    BOOST_TEST(run(one)->body == "new");
    BOOST_TEST(!find("/a"));
}
BOOST_AUTO_TEST_CASE(a_refused_validation_leaves_the_stored_response) {
    for (const int status : {400, 401, 403, 405, 408, 414, 429, 431, 501, 508})
        for (const auto* fields : {"", storable}) {
            auto one = job("/a");
            one.stored = stored("/a", "max-age=0, must-revalidate");
            script({{status, fields, "refused"}});
            const auto got = run(one);
            BOOST_TEST(got->body == "refused", status);
            if (status == 405 || status == 501) continue;
            BOOST_TEST((find("/a") == one.stored), status);
            BOOST_TEST(got->outcome->refused(), status);
        }
    for (const int status : {404, 410, 301}) {
        auto one = job("/b");
        one.stored = stored("/b", "max-age=0");
        script({{status, "Cache-Control: no-store\r\n", "gone"}});
        BOOST_TEST(run(one)->body == "gone");
        BOOST_TEST(!find("/b"), status);
    }
}
BOOST_AUTO_TEST_CASE(a_busy_server_lets_the_old_serve_if_it_says_so) {
    for (const int status : {408, 429, 403}) {
        auto one = job("/a");
        one.stored = stored("/a", "max-age=0, stale-if-error=600");
        script({{status, storable, "refused"}});
        const auto got = run(one);
        BOOST_TEST(got->body == (status == 403 ? "refused" : "old"), status);
        BOOST_TEST((find("/a") == one.stored), status);
    }
}
BOOST_AUTO_TEST_CASE(too_many_requests_and_the_like_are_never_stored) {
    for (const int status : {408, 428, 429, 431, 508, 511}) {
        script({{status, storable, "refused"}});
        BOOST_TEST(run(job("/a"))->body == "refused");
        BOOST_TEST(!find("/a"), status);
    }
}
BOOST_AUTO_TEST_CASE(while_upstream_fails_the_old_serves_if_it_says_so_and_stays_in_any_case) {
    for (const int status : {500, 502, 503, 504}) {
        auto one = job("/a");
        one.stored = stored("/a", "max-age=0, stale-if-error=600");
        script({{status, "", "broken"}});
        const auto got = run(one);
        BOOST_TEST(got->outcome->stale, status);
        BOOST_TEST(got->outcome->fwd_status.value_or(0) == status);
        BOOST_TEST(got->body == "old");
        BOOST_TEST((find("/a") == one.stored));

        one.stored = stored("/b", "max-age=0, must-revalidate");
        one.key = one.request.target = "/b";
        BOOST_TEST(run(one)->body == "broken");
        BOOST_TEST((find("/b") == one.stored));
    }
    BOOST_TEST(counters.stale.load() == 4u);
}

// ---- what can be proven

BOOST_AUTO_TEST_CASE(
    a_chunk_that_is_right_is_kept_and_one_that_is_wrong_is_fetched_again_unnoticed) {
    const toy::Song song;
    objects.files = song.files;
    const auto fields = "Cache-Control: max-age=600\r\n";
    const Route route{Route::rendition_chunk, song.id(), toy::Song::kbps, 0};
    script({{200, fields, song.sound[0]}});
    const auto right = run(job(song.chunk(0), route));
    BOOST_TEST((right->end == Fill::End::done));
    BOOST_TEST((right->body == song.sound[0]));
    BOOST_TEST(find(song.chunk(0)));
    BOOST_TEST(counters.damaged.load() == 0u);
    cache.drop(find(song.chunk(0)));

    auto wrong = song.sound[0];
    wrong[100] = static_cast<char>(wrong[100] ^ 1);
    script({{200, fields, wrong}});
    const auto twice = run(job(song.chunk(0), route));
    BOOST_TEST((twice->end == Fill::End::damaged));
    BOOST_TEST((twice->read == http::Body::State::broken));
    BOOST_TEST(twice->body.size() < wrong.size());
    BOOST_TEST(!find(song.chunk(0)));
    BOOST_TEST(counters.damaged.load() >= 1u);
    BOOST_TEST(told.back().find("mismatch") == 0u);
}
BOOST_AUTO_TEST_CASE(a_damaged_body_is_fetched_again_if_no_client_has_got_a_byte) {
    const toy::Song song;
    objects.files = song.files;
    const Route route{Route::manifest, song.id(), 0, 0};  // held back whole
    const auto& text = song.files.at(song.path("manifest.json"));
    auto other = text;
    other[other.find("\"samples\":") + 11] = '9';
    script({{200, storable, other}, {200, storable, text}});
    const auto got = run(job(song.path("manifest.json"), route));
    BOOST_TEST((got->end == Fill::End::done));
    BOOST_TEST(got->body == text);
    BOOST_TEST(server.requests.size() == 2u);
    BOOST_TEST(counters.damaged.load() == 1u);
    script({{200, storable, other}});
    cache.drop(find(song.path("manifest.json")));
    const auto never = run(job(song.path("manifest.json"), route));
    BOOST_TEST((never->end == Fill::End::damaged));
    BOOST_TEST(never->body == "");
    BOOST_TEST(server.requests.size() == 4u);
}
BOOST_AUTO_TEST_CASE(
    what_nobody_can_prove_passes_and_is_not_kept_and_what_cannot_be_proven_now_breaks) {
    const toy::Song song;
    const Route route{Route::rendition_chunk, song.id(), toy::Song::kbps, 0};
    script({{200, storable, song.sound[0]}});
    objects.status = 404;
    const auto unknown = run(job(song.chunk(0), route));
    BOOST_TEST((unknown->end == Fill::End::done));
    BOOST_TEST((unknown->body == song.sound[0]));
    BOOST_TEST(!find(song.chunk(0)));
    objects.status = 502;
    const auto unavailable = run(job(song.chunk(0), route));
    BOOST_TEST((unavailable->end == Fill::End::broken));
    BOOST_TEST(unavailable->body.size() < song.sound[0].size());
    BOOST_TEST(!find(song.chunk(0)));
}

// ---- who goes

BOOST_AUTO_TEST_CASE(a_fetch_without_clients_ends_without_a_response) {
    std::vector<http::Reply> held;
    server.first = [&](const std::string&, const http::Reply& reply) {
        reply.when_gone([] {});  // has it watched
        held.push_back(reply);
        return true;
    };
    Run got;
    const auto fill = Fill::start(
        loop, upstream, shared, objects, job("/a"), [&](const Outcome&) { ++got.heads; },
        [&](Fill::End) { ++got.ends; });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return !held.empty(); }));
    fill.lock()->cancel();
    BOOST_REQUIRE(toy::run_until(loop, [&] { return held[0].over(); }));
    BOOST_TEST(got.heads == 0);
    BOOST_TEST(got.ends == 1);
    BOOST_TEST(fill.expired());
    BOOST_TEST(!find("/a"));
}

BOOST_AUTO_TEST_CASE(the_fetch_of_a_pipe_ends_with_its_client) {
    script({{200, "Cache-Control: no-store\r\n", std::string(4 * megabyte, 'x')}});
    Run got;
    start(got, job("/a"));
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.outcome.has_value(); }));
    BOOST_TEST(!got.end);
    { const auto body = Pipe::body(std::exchange(got.outcome->pipe, nullptr)); }
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.end.has_value(); }));
    BOOST_TEST((got.end == Fill::End::done));
    BOOST_TEST(counters.upstream_bytes.load() < 4 * megabyte);
    BOOST_TEST(got.ends == 1);
}

BOOST_AUTO_TEST_SUITE_END()
