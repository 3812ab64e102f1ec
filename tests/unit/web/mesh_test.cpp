// Two pages, a tracker between them that is a few lines, and connections that carry what they are
// given, on a clock that is a number.
#include "web/mesh.hpp"

#include <boost/test/unit_test.hpp>

#include "base/digest.hpp"
#include "base/json_value.hpp"
#include "web/heads.hpp"

using namespace stretto;
using namespace stretto::web;
using rtc::Frame;

namespace {

const std::string song(32, '0'), other(32, '1');
constexpr double step_s = 0.01;

Bytes noise(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    return bytes;
}

std::string description(char digit) {
    swarm::Signal own;
    own.kind = swarm::Signal::Kind::offer;
    own.ufrag = std::string(4, digit);
    own.password = std::string(22, digit);
    own.fingerprint = std::string(64, digit);
    return print_sdp(own);
}

struct World;

/// A page with its files and what came of its asks.
struct End final : Browser {
    World& world;
    char digit;
    std::map<std::string, Bytes> files;
    std::map<int, int> far;  // link -> that of the other end
    std::map<int, std::uint64_t> sent_bytes;
    End* peer = nullptr;
    std::vector<std::string> requests;
    std::map<int, std::string> got;  // number -> what came, in words
    std::map<int, Bytes> bytes;
    bool listens = true;  ///< what is sent to it counts as delivered
    int linked = 0, reads = 0, reading = 0, most_reading = 0;
    Shelf shelf{1'000'000};
    Page page{*this, shelf, 0, 0, 0, true};
    bool verifies;
    Mesh mesh{page,
              {"http://t", 1000, 2, verifies},
              {[this](int n, int status, const Fields& fields) {
                   got[n] += text(status, " ");
                   for (const auto& [name, value] : fields)
                       if (name == "stretto-have") got[n] += text("has ", value, " ");
               },
               [this](int n, BytesView b) { append(bytes[n], b); },
               [this](int n) { got[n] += "end"; }, [this](int n) { got[n] += "failed"; }}};

    End(World& world, char digit, bool verifies) : world(world), digit(digit), verifies(verifies) {}
    void has(const std::string& id, const std::string& path, std::size_t size) {
        files["songs/" + id + "/" + path] = noise(size);
        shelf.found(id, path, size, 1);
    }
    void share() { mesh.share({true, false, "wifi", description(digit)}); }
    int ask(const std::string& path, const std::string& range = "", const char* method = "GET",
            std::uint64_t most = 100'000) {
        http::Request request;
        request.method = method;
        request.target = path;
        if (!range.empty()) request.fields.add("Range", range);
        const int number = page.numbers++;
        mesh.ask(number, peer->mesh.peer_id(), request, most);
        return number;
    }

    void request(int number, const std::string& url, const std::string& token,
                 std::string_view json) override;
    void verify(int number, const std::string& points, const std::string& pass) override;
    void link(int link, const std::string& stun, std::string_view offer) override;
    void accept(int link, std::string_view answer) override;
    void send(int link, BytesView message) override;
    void unlink(int link) override;
    void read(int number, const std::string& path, bool use) override;
    void fetch(int, const std::string&, const Fields&) override {}
    void cancel(int number) override { requests.push_back(text("cancel ", number)); }
    void keep(const std::string&, BytesView) override {}
    void drop(const std::string&) override {}
    void open(int) override {}
    void play(const Block&) override {}
    void silence() override {}
    void post(std::string_view) override {}
    void show(std::string_view) override {}
    /// Ask the tracker who has a song. @return the number of the request
    int names(const std::string& id) {
        mesh.peers(id, 96, [](const auto&) {});
        return page.numbers - 1;
    }
    std::vector<std::string> verified;
    std::map<std::string, std::string> tokens;  // shown to each URL
    std::string wire;
    std::uint32_t random() override { return seed = seed * 1664525 + 1013904223; }
    std::uint32_t seed = 1;
};

struct World {
    End a, b;
    std::vector<std::function<void()>> later;
    std::map<std::string, std::pair<End*, int>> waiting;  // for signals
    std::map<std::string, std::vector<std::string>> mail;
    double now = 0;
    std::string removed, more;

    explicit World(bool verifies = false) : a{*this, 'a', verifies}, b{*this, 'b', verifies} {
        a.peer = &b;
        b.peer = &a;
        b.seed = 99;
    }
    void answer(End& end, int number, int status, std::string body) {
        later.push_back(
            [&end, number, status, body] { end.mesh.answered(number, status, as_bytes(body)); });
    }
    void deliver(const std::string& id) {
        const auto who = waiting.find(id);
        if (who == waiting.end() || mail[id].empty()) return;
        std::string list;
        for (const auto& one : mail[id]) list += (list.empty() ? "[" : ",") + one;
        mail[id].clear();
        answer(*who->second.first, who->second.second, 200, list + "]");
        waiting.erase(who);
    }
    void take(End& end, int number, const std::string& path, std::string_view json) {
        if (path == "/announce")
            return answer(end, number, 200,
                          text(R"({"interval":120,"ttl":300,"listed":true,"token":"t","stun":)",
                               R"("stun:t:1","removed":[)", removed, "]", more, "}"));
        if (path == "/signal") {
            auto signal = *swarm::parse_signal(json);
            const auto to = std::exchange(signal.to, {});
            signal.token.clear();
            mail[to].push_back(swarm::print_signal(signal));
            answer(end, number, 202, "");
            return deliver(to);
        }
        if (path.starts_with("/signals?peer=")) {
            const auto id = path.substr(14, 26);
            waiting[id] = {&end, number};
            deliver(id);
        }
    }
    void step() {
        now += step_s;
        a.page.now = b.page.now = now;
        for (const auto& act : std::exchange(later, {})) act();
        a.mesh.tick();
        b.mesh.tick();
    }
    bool until(const std::function<bool()>& done, double seconds = 30) {
        for (const double end = now + seconds; !done();) {
            if (now > end) return false;
            step();
        }
        return true;
    }
    bool ends(End& end, int number) {
        return until([&] {
            return end.got[number].ends_with("end") || end.got[number].ends_with("failed");
        });
    }
};

void End::verify(int number, const std::string& points, const std::string& pass) {
    verified.push_back(points + pass);
    // a pass of these tests is its claims, or "forged"
    world.later.push_back([this, number, pass] {
        const bool right = pass != "forged";
        mesh.verified(number, right ? R"({"alg":"ES256","typ":"stretto-pass"})" : "",
                      right ? pass : "");
    });
}
void End::request(int number, const std::string& url, const std::string& token,
                  std::string_view json) {
    tokens[url] = token;
    requests.push_back(text(url, " ", json));
    world.take(*this, number, url.substr(8), json);
}
void End::link(int link, const std::string&, std::string_view offer) {
    ++linked;
    const auto sdp = description(digit);
    if (!offer.empty()) far[link] = 0;
    world.later.push_back([this, link, sdp] { mesh.described(link, sdp); });
}
void End::accept(int link, std::string_view) {
    // the other end is the link of the peer that answered and has none yet
    for (auto& [theirs, mine] : peer->far) {
        if (mine != 0) continue;
        mine = link;
        far[link] = theirs;
        world.later.push_back([this, link] { mesh.opened(link); });
        world.later.push_back([this, theirs = theirs] { peer->mesh.opened(theirs); });
    }
}
void End::send(int link, BytesView message) {
    wire += as_text(message);
    Bytes copy(message.begin(), message.end());
    sent_bytes[link] += copy.size();
    world.later.push_back([this, link, copy, all = sent_bytes[link]] {
        if (peer->listens) mesh.drained(link, all);
        if (far[link] > 0) peer->mesh.message(far[link], copy);
    });
}
void End::unlink(int link) {
    const int theirs = far[link];
    world.later.push_back([this, theirs] { peer->mesh.closed(theirs); });
}
void End::read(int number, const std::string& path, bool use) {
    BOOST_TEST(!use);  // it is a peer that wants it
    ++reads;
    most_reading = std::max(most_reading, ++reading);
    world.later.push_back([this, number, path] {
        --reading;
        const auto file = files.find(path);
        mesh.read(number,
                  file == files.end() ? std::nullopt : std::optional<BytesView>{file->second});
    });
}

struct Shared : World {
    std::string chunk = "/songs/" + song + "/96/chunk_1.ogg";
    explicit Shared(bool verifies = false) : World{verifies} {
        b.has(song, "96/chunk_1.ogg", 50'000);
        b.has(song, "96/chunk_2.ogg", 10);
        b.has(song, "96/index", 300);
        a.share();
        b.share();
        until([&] { return !a.mesh.goodbye().empty() && !b.mesh.goodbye().empty(); });
    }
    /// The next announce of an end, with its answer.
    bool announces(End& end) {
        end.requests.clear();
        const auto said = [&] {
            return std::ranges::any_of(end.requests, [](const std::string& one) {
                return one.starts_with("http://t/announce ");
            });
        };
        if (!until(said)) return false;
        step();
        step();
        return true;
    }
    /// A frame that the program of `a` would not send.
    void say(Frame::Kind kind, std::uint32_t request, std::string_view head = {}) {
        b.mesh.message(b.far.begin()->first,
                       rtc::print_frame({kind, false, request, as_bytes(head)}));
    }
    /// There is a link, over which nothing comes to `a` any more.
    void deafen() {
        const int n = a.ask("/songs/" + song + "/96/index");
        BOOST_REQUIRE(ends(a, n));
        for (auto& [mine, theirs] : b.far) theirs = -1;
    }
    std::string get(const std::string& path, const std::string& range = "0-") {
        return "GET " + path + " HTTP/1.1\r\nRange: bytes=" + range + "\r\n\r\n";
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(web_mesh)

BOOST_FIXTURE_TEST_CASE(a_chunk_comes_from_a_page, Shared) {
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    BOOST_TEST(a.got[n] == "200 has 1-2 end");
    BOOST_TEST((a.bytes[n] == noise(50'000)));
    BOOST_TEST(b.mesh.sent() == 50'000u);
    BOOST_TEST(a.mesh.links() == 1u);
    // the other way over the same link
    a.has(other, "96/chunk_0.ogg", 20);
    BOOST_REQUIRE(announces(a));
    const int m = b.ask("/songs/" + other + "/96/chunk_0.ogg");
    BOOST_REQUIRE(ends(b, m));
    BOOST_TEST((b.bytes[m] == noise(20)));
    BOOST_TEST(b.mesh.links() == 1u);
}
BOOST_FIXTURE_TEST_CASE(parts_heads_and_what_is_not_there, Shared) {
    const int part = a.ask(chunk, "bytes=1000-20999", "GET", 20'000);
    const int head = a.ask("/songs/" + song + "/96/index", "", "HEAD", 0);
    const int behind = a.ask(chunk, "bytes=50000-");
    BOOST_REQUIRE(ends(a, part) && ends(a, head) && ends(a, behind));
    const auto all = noise(50'000);
    BOOST_TEST((a.bytes[part] == Bytes{all.begin() + 1000, all.begin() + 21'000}));
    BOOST_TEST(a.got[part] == "206 has 1-2 end");
    BOOST_TEST(a.got[head] == "200 has 1-2 end");
    BOOST_TEST(a.got[behind] == "416 end");
    for (const auto* path : {"/songs/x/96/index", "/metrics", "/songs", "/songs/../x/96/index"}) {
        const int n = a.ask(path);
        BOOST_REQUIRE(ends(a, n));
        BOOST_TEST(a.got[n] == "404 end", path);
    }
    const int missing = a.ask("/songs/" + song + "/96/chunk_7.ogg");
    const int manifest = a.ask("/songs/" + song + "/manifest.json");
    const int post = a.ask(chunk, "", "POST");
    BOOST_REQUIRE(ends(a, missing) && ends(a, manifest) && ends(a, post));
    BOOST_TEST(a.got[missing] == "404 has 1-2 end");
    BOOST_TEST(a.got[manifest] == "404 end");
    BOOST_TEST(a.got[post] == "405 end");
    // the browser has dropped it
    b.files.clear();
    const int gone = a.ask(chunk);
    BOOST_REQUIRE(ends(a, gone));
    BOOST_TEST(a.got[gone] == "404 has 2 end");
}
BOOST_FIXTURE_TEST_CASE(it_gives_no_faster_than_its_limit, Shared) {
    b.has(song, "96/chunk_3.ogg", 400'000);
    const int n = a.ask("/songs/" + song + "/96/chunk_3.ogg", "", "GET", 400'000);
    until([&] { return !a.bytes[n].empty(); });
    const double begun = now;
    const auto before = a.bytes[n].size();
    BOOST_REQUIRE(ends(a, n));
    const double rate = static_cast<double>(400'000 - before) / (now - begun);
    BOOST_TEST(rate < 125'000 * 1.15);
    BOOST_TEST(rate > 125'000 * 0.7);
}
BOOST_FIXTURE_TEST_CASE(what_may_not_be_given_is_not, Shared) {
    b.mesh.urgent(true);
    const int busy = a.ask(chunk);
    BOOST_REQUIRE(ends(a, busy));
    BOOST_TEST(a.got[busy] == "503 has 1-2 end");
    b.mesh.urgent(false);
    removed = '"' + song + '"';
    b.has(other, "96/index", 20);  // which is announced
    BOOST_REQUIRE(until([&] {
        const int n = a.ask(chunk);
        return ends(a, n) && a.got[n] == "404 end";
    }));
}
BOOST_FIXTURE_TEST_CASE(nothing_is_given_where_the_tracker_demands_passes, Shared) {
    more = R"(,"pass_key":"key")";
    b.has(other, "96/index", 20);  // which is announced
    BOOST_REQUIRE(until([&] {
        const int n = a.ask(chunk);
        return ends(a, n) && a.got[n] == "403 end";
    }));
    more.clear();
    b.has(other, "160/index", 20);
    until([] { return false; }, 200);
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    BOOST_TEST(a.got[n] == "403 end");
}
struct Demanding : Shared {
    Demanding() : Shared{true} { more = R"(,"pass_key":"key")"; }
    /// What becomes of an ask with this pass, or with none.
    std::string shows(const std::string& pass, const std::string& path) {
        a.mesh.answered(a.names(song), 200, as_bytes(R"({"peers":[]})"), {{"stretto-pass", pass}});
        const int n = a.ask(path);
        BOOST_REQUIRE(ends(a, n));
        return a.got[n];
    }
    std::string pass(const std::string& of, const std::string& peer, std::int64_t expires,
                     int kbps = 96) {
        return text(R"({"song":")", of, R"(","rtc":")", peer, R"(","exp":)", expires,
                    R"(,"stretto_kbps":)", kbps, "}");
    }
};
BOOST_FIXTURE_TEST_CASE(who_verifies_passes_gives_for_a_right_one, Demanding) {
    b.has(other, "96/index", 20);  // which is announced
    BOOST_REQUIRE(until([&] {
        const int n = a.ask(chunk);
        return ends(a, n) && a.got[n] == "403 end";
    }));
    const auto& me = a.mesh.peer_id();
    const auto good = pass(song, me, 1000);
    b.page.utc_ms = 900'000;
    BOOST_TEST(shows(good, chunk) == "200 has 1-2 end");
    BOOST_TEST(b.verified.size() == 1u);
    BOOST_TEST(b.verified.front() == "key\n" + good);
    BOOST_TEST(shows(good, chunk) == "200 has 1-2 end");
    BOOST_TEST(b.verified.size() == 1u);  // which is remembered
    BOOST_TEST(shows("forged", chunk) == "403 end");
    BOOST_TEST(shows(pass(other, me, 1000), chunk) == "403 end");
    BOOST_TEST(shows(pass(song, b.mesh.peer_id(), 1000), chunk) == "403 end");
    BOOST_TEST(shows(pass(song, me, 1000, 64), chunk) == "403 end");
    BOOST_TEST(shows(pass(song, me, 800), chunk) == "403 end");
    BOOST_TEST(shows("{}", chunk) == "403 end");
    b.page.utc_ms = 1'060'000;  // its leeway is over
    BOOST_TEST(shows(good, chunk) == "403 end");
}
BOOST_FIXTURE_TEST_CASE(the_token_is_for_the_tracker_and_for_no_peer, Demanding) {
    a.page.token = "secret";
    a.names(song);
    BOOST_TEST(a.tokens["http://t/peers"] == "secret");
    BOOST_TEST(a.tokens["http://t/announce"].empty());
    BOOST_TEST(a.requests.back().find("rtc_id\":\"" + a.mesh.peer_id()) != std::string::npos);
    a.ask(chunk);
    until([] { return false; }, 2);
    BOOST_TEST(a.wire.find("secret") == std::string::npos);
    BOOST_TEST(a.wire.find("GET /songs/") != std::string::npos);
}
BOOST_FIXTURE_TEST_CASE(more_than_four_at_a_time_wait_their_turn, Shared) {
    std::vector<int> asked;
    for (int i = 0; i < 9; ++i) asked.push_back(a.ask(chunk));
    for (const int n : asked) {
        BOOST_REQUIRE(ends(a, n));
        BOOST_TEST((a.bytes[n] == noise(50'000)));
    }
}
BOOST_FIXTURE_TEST_CASE(a_cancel_stops_it, Shared) {
    const int n = a.ask(chunk);
    BOOST_REQUIRE(until([&] { return !a.bytes[n].empty(); }));
    a.mesh.cancel(n);
    const auto before = a.bytes[n].size();
    until([] { return false; }, 2);
    BOOST_TEST(a.bytes[n].size() == before);
    BOOST_TEST(b.mesh.sent() < 50'000u);
    const int m = a.ask(chunk);
    BOOST_REQUIRE(ends(a, m));
    BOOST_TEST((a.bytes[m] == noise(50'000)));
}
BOOST_FIXTURE_TEST_CASE(who_breaks_the_rules_is_shut_out, Shared) {
    const auto breach = [&](const Frame& frame) {
        Shared fresh;
        const int n = fresh.a.ask(fresh.chunk);
        BOOST_REQUIRE(fresh.ends(fresh.a, n));
        const int link = fresh.a.far.begin()->first;
        fresh.a.mesh.message(link, rtc::print_frame(frame));
        fresh.step();
        BOOST_TEST(fresh.a.mesh.links() == 0u);
        const int again = fresh.a.ask(fresh.chunk);
        BOOST_REQUIRE(fresh.ends(fresh.a, again));
        BOOST_TEST(fresh.a.got[again] == "failed");
        // nor may it come back
        const int back = fresh.b.ask(fresh.chunk);
        BOOST_REQUIRE(fresh.ends(fresh.b, back));
        BOOST_TEST(fresh.b.got[back] == "failed");
    };
    const auto words = as_bytes("what is no head");
    breach({Frame::body, true, 77, words});  // unasked
    breach({Frame::head, true, 77, words});
    breach({Frame::ask, false, 1, words});
    a.mesh.message(a.ask(chunk), BytesView{});  // of no link: nothing
}
BOOST_FIXTURE_TEST_CASE(wrong_bytes_and_silence_end_a_link, Shared) {
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    a.mesh.ban(b.mesh.peer_id());
    step();
    BOOST_TEST(a.mesh.links() == 0u);

    Shared silent;
    const int m = silent.a.ask(silent.chunk);
    BOOST_REQUIRE(silent.until([&] { return silent.a.mesh.links() == 1; }));
    silent.b.mesh.urgent(true);
    for (auto& [mine, theirs] : silent.b.far) theirs = -1;  // nothing of it arrives
    BOOST_REQUIRE(silent.ends(silent.a, m));
    BOOST_TEST(silent.a.got[m] == "failed");
}
BOOST_AUTO_TEST_CASE(who_does_not_share_tells_nobody) {
    World world;
    world.a.mesh.share({true, true, "wifi", description('a')});
    world.a.mesh.share({true, false, "cellular", description('a')});
    world.a.mesh.share({false, false, "wifi", description('a')});
    world.a.mesh.share({true, false, "wifi", "v=0"});
    bool answered = false;
    world.a.mesh.peers(song, 96, [&](const auto& peers) {
        answered = true;
        BOOST_TEST(!peers.has_value());
    });
    world.until([] { return false; }, 5);
    BOOST_TEST(answered);
    BOOST_TEST(world.a.requests.empty());
    BOOST_TEST(world.a.mesh.goodbye().empty());
}
BOOST_FIXTURE_TEST_CASE(the_switch_ends_all_of_it, Shared) {
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    const int under_way = a.ask(chunk);
    BOOST_REQUIRE(until([&] { return !a.bytes[under_way].empty(); }));
    a.requests.clear();
    a.mesh.share({false, false, "", ""});
    BOOST_REQUIRE(a.requests.size() == 2u);
    BOOST_TEST(a.requests[0].starts_with("http://t/announce "));
    BOOST_TEST(a.requests[0].find(R"("songs":{})") != std::string::npos);
    BOOST_TEST(a.requests[1].starts_with("cancel "));
    step();
    BOOST_TEST(a.got[under_way].ends_with("failed"));
    BOOST_TEST(a.mesh.links() == 0u);
    const auto before = a.requests.size();
    until([] { return false; }, 200);
    BOOST_TEST(a.requests.size() == before);
    a.share();
    BOOST_REQUIRE(until([&] { return !a.mesh.goodbye().empty(); }));
    const int again = a.ask(chunk);
    BOOST_REQUIRE(ends(a, again));
    BOOST_TEST((a.bytes[again] == noise(50'000)));
}
BOOST_FIXTURE_TEST_CASE(asking_and_stopping_reads_no_more_files_at_a_time, Shared) {
    deafen();
    for (std::uint32_t i = 100; i < 130; ++i) {
        say(Frame::ask, i, get(chunk));
        say(Frame::stop, i);
    }
    BOOST_TEST(b.most_reading <= 4);
    until([&] { return b.reading == 0; });
    until([] { return false; }, 1);
    const auto before = b.reads;
    say(Frame::ask, 200, get(chunk));
    BOOST_TEST(b.reads == before + 1);
}
BOOST_FIXTURE_TEST_CASE(who_asks_for_little_often_is_given_little, Shared) {
    deafen();
    // a byte at a time, as soon as the last one has come
    const auto before = b.reads;
    std::uint32_t request = 100;
    until(
        [&] {
            say(Frame::ask, request++, get(chunk, "7-7"));
            return false;
        },
        10);
    BOOST_TEST(b.reads - before < 10 * 125'000 / 4096 + 10);
    BOOST_TEST(b.reads - before > 100);
}
BOOST_FIXTURE_TEST_CASE(who_asks_in_vain_without_end_is_shut_out, Shared) {
    deafen();
    for (std::uint32_t i = 100; i < 150; ++i) say(Frame::ask, i, get("/songs/x/96/index"));
    step();
    BOOST_TEST(b.mesh.links() == 1u);
    until([] { return false; }, 10);
    for (std::uint32_t i = 200; i < 1000; ++i) say(Frame::ask, i, get("/songs/x/96/index"));
    step();
    BOOST_TEST(b.mesh.links() == 0u);
}
BOOST_FIXTURE_TEST_CASE(heads_count_as_uploads, Shared) {
    b.has(song, "96/chunk_3.ogg", 400'000);
    const int n = a.ask("/songs/" + song + "/96/chunk_3.ogg", "", "GET", 400'000);
    until([&] { return !a.bytes[n].empty(); });
    const auto link = b.far.begin()->first;
    const auto bytes = b.sent_bytes[link];
    const double begun = now;
    while (!b.mesh.links() || !a.got[n].ends_with("end")) {
        if (now > begun + 30) break;
        if (static_cast<int>(now * 10) != static_cast<int>((now - step_s) * 10))
            say(Frame::ask, 1000 + static_cast<std::uint32_t>(now * 100), get(chunk, "90000-"));
        step();
    }
    const double rate = static_cast<double>(b.sent_bytes[link] - bytes) / (now - begun);
    BOOST_TEST(rate < 125'000 * 1.1);
}
BOOST_FIXTURE_TEST_CASE(only_what_was_announced_is_given, Shared) {
    const auto id_of = [](int i) {
        auto id = std::string(32, 'f');
        for (auto at = id.rbegin(); i > 0; i /= 10) *at++ = static_cast<char>('0' + i % 10);
        return id;
    };
    for (int i = 1; i <= 600; ++i) b.has(id_of(i), "96/chunk_0.ogg", 10);
    BOOST_REQUIRE(announces(b));
    const auto given = [&](const std::string& id) {
        const int n = a.ask("/songs/" + id + "/96/chunk_0.ogg");
        return ends(a, n) ? a.got[n] : "nothing";
    };
    int got = 0, refused = 0;
    for (int i = 1; i <= 600; ++i) {
        const auto answer = given(id_of(i));
        (answer.starts_with("200") ? got : refused) += 1;
        if (!answer.starts_with("200")) BOOST_TEST(answer == "404 end");
        until([] { return false; }, 0.2);
    }
    BOOST_TEST(got <= 512);
    BOOST_TEST(got > 400);
}
BOOST_FIXTURE_TEST_CASE(who_asks_and_does_not_read_loses_the_link, Shared) {
    b.has(song, "96/chunk_3.ogg", 400'000);
    deafen();
    a.listens = false;
    say(Frame::ask, 100, get("/songs/" + song + "/96/chunk_3.ogg"));
    BOOST_TEST(b.mesh.links() == 1u);
    BOOST_TEST(until([&] { return b.mesh.links() == 0; }, 15));
}
BOOST_AUTO_TEST_CASE(a_link_that_ended_before_the_token_came_is_not_made) {
    World world;
    world.b.share();
    world.until([&] { return !world.b.mesh.goodbye().empty(); });
    world.a.share();
    const int n = world.a.ask("/songs/" + song + "/96/index");
    world.a.mesh.tick();
    BOOST_REQUIRE(world.a.requests.size() == 1u);
    world.a.mesh.ban(world.b.mesh.peer_id());
    BOOST_REQUIRE(world.ends(world.a, n));
    BOOST_TEST(world.a.linked == 0);
}
BOOST_FIXTURE_TEST_CASE(a_link_that_nobody_uses_is_closed, Shared) {
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    BOOST_TEST(until([&] { return a.mesh.links() == 0; }, 65));
}
BOOST_FIXTURE_TEST_CASE(a_certificate_that_is_not_the_ids_is_ignored, Shared) {
    b.digit = 'c';  // what it says of itself from now on
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    BOOST_TEST(a.got[n] == "failed");
    BOOST_TEST(a.mesh.links() == 0u);
}
BOOST_FIXTURE_TEST_CASE(strangers_who_offer_leave_room_for_what_we_want, Shared) {
    const auto offer = [&](int i) {
        swarm::Signal signal;
        signal.kind = swarm::Signal::Kind::offer;
        signal.ufrag = std::string(4, 'x');
        signal.password = std::string(22, 'x');
        signal.session = text("session", i);
        signal.fingerprint = hex(sha256(as_bytes(text(i))));
        Digest fingerprint;
        BOOST_REQUIRE(parse_hex(signal.fingerprint, fingerprint));
        signal.from = swarm::rtc_id_of(fingerprint);
        mail[a.mesh.peer_id()].push_back(swarm::print_signal(signal));
    };
    for (int i = 0; i < 8; ++i) offer(i);
    deliver(a.mesh.peer_id());
    for (int i = 0; i < 5; ++i) step();
    BOOST_TEST(a.linked == 1);  // of two
    const int n = a.ask(chunk);
    BOOST_REQUIRE(ends(a, n));
    BOOST_TEST(a.got[n] == "200 has 1-2 end");
    // the place of one that did not open is given to whom we want
    offer(9);
    deliver(a.mesh.peer_id());
    for (int i = 0; i < 5; ++i) step();
    const int linked = a.linked;
    http::Request request;
    request.target = chunk;
    a.mesh.ask(a.page.numbers, std::string(26, 'z'), request, 1000);
    step();
    BOOST_TEST(a.linked == linked + 1);
    BOOST_TEST(a.mesh.links() == 1u);  // and that of whom we asked is kept
    const int again = a.ask(chunk);
    BOOST_REQUIRE(ends(a, again));
    BOOST_TEST(a.got[again] == "200 has 1-2 end");
}

BOOST_AUTO_TEST_SUITE_END()
