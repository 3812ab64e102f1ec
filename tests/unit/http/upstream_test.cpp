// The client against servers that say byte for byte what the test wants, on the same loop.
#include "http/upstream.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <thread>

#include "../folder.hpp"
#include "../toy_server.hpp"
#include "base/file.hpp"
#include "http/ask.hpp"
#include "http/blocking.hpp"
#include "http/certificates.hpp"

using namespace stretto;
using namespace stretto::http;
using Kind = Failure::Kind;

namespace {

/// What names under .test mean, which libcurl asks on a thread of its own; "": nothing.
struct Names {
    std::mutex mutex;
    std::map<std::string, std::string> addresses;
    std::atomic<int> asked{0};
    std::atomic<int> slow_ms{0};
    void set(const std::string& name, const std::string& address) {
        const std::lock_guard lock{mutex};
        addresses[name] = address;
    }
};
Names& names() {
    // never destroyed: a resolver's thread that nobody waits for may end after main
    static auto& all = *new Names;
    return all;
}

}  // namespace

/// Takes the place of the C library's for libcurl too.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** result) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (!node || !std::string_view{node}.ends_with(".test"))
        return real(node, service, hints, result);
    ++names().asked;
    ::usleep(static_cast<unsigned>(names().slow_ms * 1000));
    const std::lock_guard lock{names().mutex};
    const auto& address = names().addresses[node];
    if (address.empty()) return EAI_AGAIN;
    return real(address.c_str(), service, hints, result);
}

namespace {

using namespace std::chrono_literals;

constexpr int rounds = 100;  // 1000 were seen too

/// Takes connections and hands each request's head to the test, which writes what it likes.
class Raw {
   public:
    struct Connection {
        File file;
        std::string said;
        std::unique_ptr<net::Poll> poll;
        void write(std::string_view bytes) const {
            BOOST_REQUIRE(::send(file.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                          static_cast<ssize_t>(bytes.size()));
        }
        void close() {
            poll.reset();
            file = File{};
        }
        /// With a reset rather than an end.
        void abort() {
            const linger hard{1, 0};
            ::setsockopt(file.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            close();
        }
    };
    using Answer = std::function<void(Connection&, const std::string& head)>;

    Raw(net::Loop& loop, Answer answer, const std::string& address = "127.0.0.1:0")
        : loop_(loop),
          answer_(std::move(answer)),
          sockets_(net::listen((*net::parse_listen(address))[0], 1)),
          poll_(loop, sockets_[0].fd(), [this](int) { accept(); }) {
        port = net::local_address(sockets_[0].fd()).port();
        url = "http://127.0.0.1:" + std::to_string(port);
        poll_.want(net::Poll::readable);
    }
    std::string url;
    int port = 0;
    std::vector<std::string> heads;
    std::vector<std::unique_ptr<Connection>> connections;

   private:
    void accept() {
        File file{::accept4(sockets_[0].fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!file) return;
        connections.push_back(std::make_unique<Connection>());
        auto& one = *connections.back();
        one.file = std::move(file);
        one.poll = std::make_unique<net::Poll>(loop_, one.file.fd(), [this, &one](int) {
            char bytes[65536];
            const auto n = ::recv(one.file.fd(), bytes, sizeof bytes, 0);
            if (n <= 0) return one.poll->want(net::Poll::none);
            one.said.append(bytes, static_cast<std::size_t>(n));
            for (auto end = one.said.find("\r\n\r\n"); end != std::string::npos;
                 end = one.said.find("\r\n\r\n")) {
                heads.push_back(one.said.substr(0, end + 2));
                one.said.erase(0, end + 4);
                answer_(one, heads.back());
                if (!one.poll) return;
            }
        });
        one.poll->want(net::Poll::readable);
    }

    net::Loop& loop_;
    Answer answer_;
    std::vector<File> sockets_;
    net::Poll poll_;
};

std::string response(std::string_view body, std::string_view more = "", int status = 200) {
    return text("HTTP/1.1 ", status, " x\r\nContent-Length: ", body.size(), "\r\n", more, "\r\n",
                body);
}
Raw::Answer says(const std::string& bytes) {
    return [bytes](Raw::Connection& to, const std::string&) { to.write(bytes); };
}

struct Fixture {
    net::Loop loop;
    Upstream::Limits limits;

    Whole ask_at(Upstream& upstream, const std::string& target, std::size_t most = 1 << 20) {
        std::optional<Whole> got;
        get(upstream, target, most, [&](Whole whole) { got = std::move(whole); });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
        return *got;
    }
    Whole ask(const std::string& base, const std::string& target = "/",
              std::size_t most = 1 << 20) {
        Upstream upstream{loop, base, limits};
        return ask_at(upstream, target, most);
    }
};

/// Of a port where nobody listens any more.
std::string nowhere() {
    net::Loop loop;
    return Raw{loop, {}}.url;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_upstream, Fixture)

BOOST_AUTO_TEST_CASE(a_response_is_delivered_unchanged) {
    Raw server{loop, says(response("hello", "ETag: \"x\"\r\n"))};
    const auto got = ask(server.url + "/prefix/", "/a%2Fb/../c?q#not-a-fragment");
    BOOST_TEST(got.ok());
    BOOST_TEST(as_text(got.body) == "hello");
    BOOST_TEST(*got.fields.find("ETag") == "\"x\"");
    BOOST_REQUIRE(server.heads.size() == 1u);
    BOOST_TEST(server.heads[0] ==
               text("GET /prefix/a%2Fb/../c?q#not-a-fragment HTTP/1.1\r\nHost: 127.0.0.1:",
                    server.port, "\r\n"));
}
BOOST_AUTO_TEST_CASE(userinfo_is_sent_as_authorization_and_printed_nowhere) {
    Raw server{loop, says(response("in"))};
    const auto base = text("http://ann:s3%63ret@127.0.0.1:", server.port, "/p");
    Upstream upstream{loop, base, limits};
    BOOST_TEST(upstream.url() == server.url + "/p");
    BOOST_TEST(upstream.authority() == text("127.0.0.1:", server.port));
    BOOST_TEST(ask_at(upstream, "/x").ok());
    BOOST_REQUIRE(server.heads.size() == 1u);
    BOOST_TEST(
        server.heads[0].find("\r\nAuthorization: Basic YW5uOnMzY3JldA==\r\n") != std::string::npos,
        server.heads[0]);
    BOOST_TEST(server.heads[0].find(text("\r\nHost: 127.0.0.1:", server.port, "\r\n")) !=
                   std::string::npos,
               server.heads[0]);
    const auto failed = ask("http://ann:s3cret@" + nowhere().substr(7));
    BOOST_TEST(failed.why.find("s3cret") == std::string::npos, failed.why);
    const auto bad = ask("ftp://ann:s3cret@host");
    BOOST_TEST((bad.failed == Kind::protocol));
    BOOST_TEST(bad.why == "'ftp://host' is not an http:// address");
}
BOOST_AUTO_TEST_CASE(a_failure_has_a_kind_and_a_reason) {
    limits.stall = 300ms;
    const auto kind = [&](const Raw::Answer& answer, std::size_t most = 1 << 20) {
        Raw server{loop, answer};
        const auto got = ask(server.url, "/", most);
        BOOST_REQUIRE(got.failed.has_value());
        BOOST_TEST(got.status == 0);
        BOOST_TEST(!got.why.empty());
        return *got.failed;
    };
    const auto is = [&](Kind a, Kind b) { BOOST_TEST((a == b)); };
    is(kind([](auto& to, auto&) { to.close(); }), Kind::reset);
    is(kind([](auto& to, auto&) { to.abort(); }), Kind::reset);
    is(kind([](auto& to, auto&) {
           to.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
           to.close();
       }),
       Kind::reset);
    is(kind([](auto&, auto&) {}), Kind::silence);
    is(kind(says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")), Kind::silence);
    is(kind(says("SSH-2.0-OpenSSH_9.2\r\n\r\n")), Kind::protocol);
    is(kind(says(response("too long")), 7), Kind::too_long);
    is(kind(says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ntoo long\r\n"), 7),
       Kind::too_long);
    const auto refused = ask(nowhere());
    is(*refused.failed, Kind::refused);
    BOOST_TEST(refused.why == "cannot connect: Connection refused");
    limits.allow = [](const net::Address&) { return false; };
    Raw server{loop, says(response("in"))};
    const auto denied = ask(server.url);
    is(*denied.failed, Kind::refused);
    BOOST_TEST(denied.why == "its address is not one to connect to");
    limits.allow = nullptr;
    limits.requests = 0;
    is(*ask(server.url).failed, Kind::overloaded);
}
BOOST_AUTO_TEST_CASE(only_failures_that_may_end_are_temporary) {
    for (const auto kind :
         {Kind::refused, Kind::reset, Kind::dns, Kind::timeout, Kind::silence, Kind::overloaded})
        BOOST_TEST(Failure({kind, ""}).passing());
    for (const auto kind : {Kind::certificate, Kind::too_long, Kind::protocol, Kind::cancelled})
        BOOST_TEST(!Failure({kind, ""}).passing());
    Whole whole;
    for (const int status : {408, 429, 500, 503}) {
        whole.status = status;
        BOOST_TEST(whole.passing());
    }
    for (const int status : {200, 401, 403, 404, 410}) {
        whole.status = status;
        BOOST_TEST(!whole.passing());
    }
}
BOOST_AUTO_TEST_CASE(a_long_error_response_keeps_its_status) {
    Raw server{loop, says(response(std::string(200000, 'x'), "", 404))};
    const auto got = ask(server.url, "/", 10);
    BOOST_TEST(got.status == 404);
    BOOST_TEST(!got.failed.has_value());
    BOOST_TEST(got.body.size() == 10u);
}
BOOST_AUTO_TEST_CASE(a_very_slow_transfer_is_given_up) {
    limits.least_bytes_per_s = 100;
    limits.rate_window = 500ms;
    limits.stall = 30s;
    Raw::Connection* open = nullptr;
    Raw server{loop, [&](Raw::Connection& to, const std::string&) {
                   open = &to;
                   to.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
               }};
    net::Timer trickle{loop, [&] {
                           if (open) open->write("x");
                       }};
    trickle.every(50ms);
    const auto got = ask(server.url);
    BOOST_REQUIRE(got.failed.has_value());
    BOOST_TEST((*got.failed == Kind::timeout));
}
BOOST_AUTO_TEST_CASE(an_upload_that_goes_on_is_not_silent) {
    limits.stall = 500ms;
    const std::size_t size = 16u << 20;
    std::size_t taken = 0;
    Raw::Connection* open = nullptr;
    Raw server{loop, [&](Raw::Connection& to, const std::string&) {
                   taken = to.said.size();
                   to.poll->want(net::Poll::none);
                   open = &to;
               }};
    std::string buffer(512u << 10, '\0');
    net::Timer slowly{loop, [&] {
                          if (!open) return;
                          const auto n = ::recv(open->file.fd(), buffer.data(), buffer.size(), 0);
                          if (n > 0) taken += static_cast<std::size_t>(n);
                          if (taken == size) std::exchange(open, nullptr)->write(response("x"));
                      }};
    slowly.every(50ms);
    Upstream upstream{loop, server.url, limits};
    std::optional<Whole> got;
    http::ask(upstream, {"PUT", "/", 1, {}}, Bytes(size, 'x'), 100,
              [&](Whole whole) { got = std::move(whole); });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
    BOOST_TEST(got->status == 200, got->why);
}
BOOST_AUTO_TEST_CASE(a_reader_that_pauses_is_neither_silent_nor_slow) {
    limits.least_bytes_per_s = 1000;
    limits.rate_window = limits.stall = 800ms;
    Raw server{loop, says(response(std::string(300000, 'x')))};
    Upstream upstream{loop, server.url, limits};
    std::size_t got = 0;
    int paused = 0;
    bool ended = false;
    std::unique_ptr<Fetch> fetch;
    net::Timer again{loop, [&] { fetch->resume(); }};
    FetchCalls calls;
    calls.head = [](Response&&) {};
    calls.data = [&](BytesView bytes) {
        if (got == 0 && ++paused == 1) {
            again.once(2000ms);
            return false;
        }
        got += bytes.size();
        return true;
    };
    calls.end = [&](const Failure* failure) {
        BOOST_TEST(!failure);
        ended = true;
    };
    fetch = upstream.fetch({"GET", "/", 1, {}}, {}, std::move(calls));
    BOOST_REQUIRE(toy::run_until(loop, [&] { return ended; }));
    BOOST_TEST(got == 300000u);
    BOOST_TEST(paused == 2);
}

// ---- kept connections

BOOST_AUTO_TEST_CASE(unrequested_bytes_do_not_answer_a_later_request) {
    enum class When { with_the_body, next, later };
    for (const std::size_t size : {10u, 16384u, 300000u})
        for (const auto when : {When::with_the_body, When::next, When::later}) {
            int n = 0;
            bool strayed = false;
            Raw::Connection* open = nullptr;
            net::Timer later{loop, [&] {
                                 open->write(response("stray"));
                                 strayed = true;
                             }};
            Raw server{loop, [&](Raw::Connection& to, const std::string&) {
                           const auto body = text(++n, std::string(size, 'x'));
                           strayed = when != When::later;
                           if (when == When::with_the_body)
                               return to.write(response(body) + response("stray"));
                           to.write(response(body));
                           if (when == When::next) return to.write(response("stray"));
                           open = &to;
                           later.once(1ms);
                       }};
            Upstream upstream{loop, server.url, limits};
            for (int i = 1; i <= rounds; ++i) {
                const auto got = ask_at(upstream, "/");
                const bool right = as_text(got.body) == text(i, std::string(size, 'x'));
                BOOST_REQUIRE_MESSAGE(right, "round " << i << " of " << size << " bytes, case "
                                                      << static_cast<int>(when) << ": "
                                                      << as_text(got.body).substr(0, 20)
                                                      << got.why);
                BOOST_REQUIRE(toy::run_until(loop, [&] { return strayed; }));
                if (server.connections.size() > 20)
                    server.connections.erase(server.connections.begin());
            }
        }
}
BOOST_AUTO_TEST_CASE(a_kept_connection_is_used_again_while_it_is_clean) {
    Raw server{loop, says(response("hello"))};
    Upstream upstream{loop, server.url, limits};
    for (int i = 0; i < 20; ++i) BOOST_TEST(ask_at(upstream, "/").ok());
    BOOST_TEST(server.connections.size() == 1u);
}
BOOST_AUTO_TEST_CASE(a_request_that_may_not_be_repeated_is_sent_once_on_its_own_connection) {
    Raw server{loop, [](Raw::Connection& to, const std::string& head) {
                   if (head.starts_with("POST")) return to.close();
                   to.write(response("hello"));
               }};
    Upstream upstream{loop, server.url, limits};
    BOOST_TEST(ask_at(upstream, "/").ok());
    for (const std::string method : {"POST", "PATCH"}) {
        server.heads.clear();
        std::optional<Whole> got;
        http::ask(upstream, {method, "/", 1, {}}, {}, 100,
                  [&](Whole whole) { got = std::move(whole); });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
        if (method == "POST") BOOST_TEST((got->failed == Kind::reset));
        BOOST_TEST(server.heads.size() == 1u);
    }
}

// ---- redirections

BOOST_AUTO_TEST_CASE(redirections_are_followed_when_asked_for_and_shown_otherwise) {
    Raw last{loop, says(response("here"))};
    Raw first{loop, says(response("moved", "Location: " + last.url + "/there?x=1\r\n", 302))};
    const auto shown = ask(first.url);
    BOOST_TEST(shown.status == 302);
    BOOST_TEST(last.heads.empty());
    limits.follow_redirects = true;
    const auto got = ask(first.url);
    BOOST_TEST(as_text(got.body) == "here");
    BOOST_REQUIRE(last.heads.size() == 1u);
    BOOST_TEST(last.heads[0].starts_with("GET /there?x=1 HTTP/1.1\r\n"), last.heads[0]);
}
BOOST_AUTO_TEST_CASE(credentials_are_sent_only_to_their_server) {
    limits.follow_redirects = true;
    Raw other{loop, says(response("here"))};
    std::string to = "/again";
    Raw home{loop, [&](Raw::Connection& client, const std::string&) {
                 client.write(response("", "Location: " + to + "\r\n", 307));
                 to = other.url;
             }};
    Upstream upstream{loop, text("http://ann:pw@127.0.0.1:", home.port), limits};
    std::optional<Whole> got;
    http::ask(upstream,
              {"GET", "/", 1, {{"Authorization", "Bearer x"}, {"Cookie", "a=b"}, {"X-A", "1"}}}, {},
              100, [&](Whole whole) { got = std::move(whole); });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
    BOOST_TEST(got->ok());
    BOOST_REQUIRE(home.heads.size() == 2u);
    for (const auto& head : home.heads) {
        BOOST_TEST(head.find("Authorization: ") != std::string::npos, head);
        BOOST_TEST(head.find("Cookie: ") != std::string::npos, head);
    }
    BOOST_REQUIRE(other.heads.size() == 1u);
    BOOST_TEST(other.heads[0].find("Authorization") == std::string::npos, other.heads[0]);
    BOOST_TEST(other.heads[0].find("Cookie") == std::string::npos, other.heads[0]);
    BOOST_TEST(other.heads[0].find("X-A: 1") != std::string::npos, other.heads[0]);
    BOOST_TEST(other.heads[0].find(text("Host: 127.0.0.1:", other.port)) != std::string::npos);
}
BOOST_AUTO_TEST_CASE(circles_bad_places_and_long_pages_end) {
    limits.follow_redirects = true;
    Raw circle{loop, says(response("", "Location: /\r\n", 301))};
    const auto round = ask(circle.url);
    BOOST_TEST((round.failed == Kind::protocol));
    BOOST_TEST(circle.heads.size() == 6u);
    Raw bad{loop, says(response("", "Location: file:///etc/passwd\r\n", 301))};
    BOOST_TEST((ask(bad.url).failed == Kind::protocol));
    Raw here{loop, says(response("here"))};
    Raw long_page{loop,
                  says(response(std::string(200000, 'x'), "Location: " + here.url + "\r\n", 301))};
    BOOST_TEST(ask(long_page.url).ok());
    // a POST is not repeated elsewhere
    Upstream upstream{loop, circle.url, limits};
    std::optional<Whole> got;
    http::ask(upstream, {"POST", "/", 1, {}}, {}, 100,
              [&](Whole whole) { got = std::move(whole); });
    BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
    BOOST_TEST(got->status == 301);
}

// ---- proxies

namespace {
/// A variable of the environment, for as long as this lives.
struct Variable {
    Variable(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    ~Variable() { ::unsetenv(name_); }
    const char* name_;
};
}  // namespace

BOOST_AUTO_TEST_CASE(the_environments_proxy_is_used_when_asked_for) {
    Raw proxy{loop, says(response("by proxy"))};
    Raw direct{loop, says(response("direct"))};
    const Variable variable{"http_proxy", proxy.url};
    BOOST_TEST(as_text(ask(direct.url).body) == "direct");
    limits.proxy = true;
    const auto got = ask("http://ann:pw@music.test/p", "/x?y");
    BOOST_TEST(as_text(got.body) == "by proxy");
    BOOST_REQUIRE(proxy.heads.size() == 1u);
    BOOST_TEST(
        proxy.heads[0].starts_with("GET http://music.test/p/x?y HTTP/1.1\r\nHost: music.test\r\n"),
        proxy.heads[0]);
    BOOST_TEST(proxy.heads[0].find("\r\nAuthorization: Basic YW5uOnB3\r\n") != std::string::npos,
               proxy.heads[0]);
    {
        const Variable exception{"no_proxy", "127.0.0.1"};
        BOOST_TEST(as_text(ask(direct.url).body) == "direct");
    }
    BOOST_TEST(as_text(ask(direct.url).body) == "by proxy");
}
BOOST_AUTO_TEST_CASE(all_proxy_is_the_last_resort_and_a_dead_proxy_a_failure_that_passes) {
    limits.proxy = true;
    Raw proxy{loop, says(response("by proxy"))};
    {
        const Variable variable{"ALL_PROXY", proxy.url};
        BOOST_TEST(as_text(ask("http://music.test").body) == "by proxy");
    }
    const Variable variable{"http_proxy", "http://user:s3cret@" + nowhere().substr(7)};
    const auto got = ask("http://music.test");
    BOOST_TEST((got.failed == Kind::refused));
    BOOST_TEST(got.why.find("s3cret") == std::string::npos, got.why);
}

// ---- names

BOOST_AUTO_TEST_CASE(a_name_without_an_address_is_a_failure_that_passes) {
    names().set("gone.test", "");
    const auto got = ask("http://gone.test:8480");
    BOOST_TEST((got.failed == Kind::dns));
    BOOST_TEST(got.why.find("gone.test") != std::string::npos, got.why);
}
BOOST_AUTO_TEST_CASE(after_a_failure_a_name_is_resolved_again_and_old_connections_are_left) {
    Raw::Connection* open = nullptr;
    bool dead = false;
    Raw old{loop, [&](Raw::Connection& to, const std::string&) {
                open = &to;
                if (!dead) to.write(response("old"));
            }};
    Raw anew{loop, says(response("new")), text("127.0.0.2:", old.port)};
    names().set("moves.test", "127.0.0.1");
    limits.stall = 400ms;
    Upstream upstream{loop, text("http://moves.test:", old.port), limits};
    BOOST_TEST(as_text(ask_at(upstream, "/").body) == "old");
    // it is silent on the kept connection, and its name means another address by now
    dead = true;
    names().set("moves.test", "127.0.0.2");
    const auto lost = ask_at(upstream, "/");
    BOOST_TEST((lost.failed == Kind::silence));
    BOOST_TEST(as_text(ask_at(upstream, "/").body) == "new");
    BOOST_TEST(old.connections.size() == 1u);
    BOOST_TEST(anew.connections.size() == 1u);
    // and a name that has had none
    names().set("moves.test", "");
    anew.connections.back()->close();
    BOOST_TEST((ask_at(upstream, "/").failed.has_value()));
    BOOST_TEST((ask_at(upstream, "/").failed == Kind::dns));
    names().set("moves.test", "127.0.0.2");
    BOOST_TEST(as_text(ask_at(upstream, "/").body) == "new");
}
BOOST_AUTO_TEST_CASE(a_name_is_not_resolved_again_while_all_is_well) {
    Raw server{loop, [](Raw::Connection& to, const std::string&) {
                   to.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
                   to.close();
               }};
    names().set("stays.test", "127.0.0.1");
    Upstream upstream{loop, text("http://stays.test:", server.port), limits};
    const int before = names().asked;
    for (int i = 0; i < 5; ++i) BOOST_TEST(ask_at(upstream, "/").ok());
    BOOST_TEST(names().asked - before <= 2);  // once for each family, it may be
    BOOST_TEST(server.connections.size() == 5u);
}
BOOST_AUTO_TEST_CASE(a_cancellation_does_not_wait_for_a_slow_resolver) {
    names().set("slow.test", "127.0.0.1");
    names().slow_ms = 3000;
    {
        Upstream upstream{loop, "http://slow.test:1", limits};
        FetchCalls calls;
        calls.end = [](const Failure*) {};
        auto fetch = upstream.fetch({"GET", "/", 1, {}}, {}, std::move(calls));
        const int before = names().asked;
        BOOST_REQUIRE(toy::run_until(loop, [&] { return names().asked > before; }));
        const auto began = loop.now_ms();
        fetch.reset();
        bool turned = false;
        loop.post([&] { loop.post([&] { turned = true; }); });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return turned; }));
        BOOST_TEST(loop.now_ms() - began < 2000u);
    }
    names().slow_ms = 0;
}

// ---- lifetimes

BOOST_AUTO_TEST_CASE(a_fetch_may_be_destroyed_in_each_of_its_callbacks) {
    Raw server{loop, says("HTTP/1.1 103 Early\r\n\r\n" + response("hello"))};
    Upstream upstream{loop, server.url, limits};
    for (const std::string where : {"interim", "head", "data", "end"}) {
        std::unique_ptr<Fetch> fetch;
        std::vector<std::string> told;
        const auto token = std::make_shared<int>(0);
        const auto at = [&, token](const std::string& what) {
            told.push_back(what);
            if (what == where) fetch.reset();
            BOOST_TEST(token.use_count() >= 2);  // what the call holds is there to its end
        };
        FetchCalls calls;
        calls.interim = [at](const Response&) { at("interim"); };
        calls.head = [at](Response&&) { at("head"); };
        calls.data = [at](BytesView) {
            at("data");
            return true;
        };
        calls.end = [at](const Failure*) { at("end"); };
        fetch = upstream.fetch({"GET", "/", 1, {}}, {}, std::move(calls));
        BOOST_REQUIRE(toy::run_until(loop, [&] { return !fetch; }));
        BOOST_TEST(ask_at(upstream, "/").ok());  // a round trip, in which more would be told
        BOOST_TEST(told.back() == where);
    }
}
BOOST_AUTO_TEST_CASE(an_upstream_may_be_destroyed_in_the_callbacks_of_its_fetches) {
    Raw server{loop, says("HTTP/1.1 103 Early\r\n\r\n" + response("hello"))};
    limits.stall = 300ms;
    Raw silent{loop, [](auto&, auto&) {}};
    for (const std::string where : {"interim", "head", "data", "end", "silence"}) {
        auto upstream =
            std::make_unique<Upstream>(loop, where == "silence" ? silent.url : server.url, limits);
        int told = 0, others = 0;
        const auto at = [&](const std::string& what) {
            ++told;
            if (what == where) upstream.reset();
        };
        std::vector<std::unique_ptr<Fetch>> fetches;
        for (int i = 0; i < 3; ++i) {
            FetchCalls calls;
            calls.interim = [&](const Response&) { upstream ? at("interim") : void(++others); };
            calls.head = [&](Response&&) { upstream ? at("head") : void(++others); };
            calls.data = [&](BytesView) {
                upstream ? at("data") : void(++others);
                return true;
            };
            calls.end = [&](const Failure* failure) {
                upstream ? at(failure ? "silence" : "end") : void(++others);
            };
            fetches.push_back(upstream->fetch({"GET", "/", 1, {}}, {}, std::move(calls)));
        }
        BOOST_REQUIRE(toy::run_until(loop, [&] { return !upstream; }));
        bool turned = false;
        net::Timer later{loop, [&] { turned = true; }};
        later.once(20ms);
        BOOST_REQUIRE(toy::run_until(loop, [&] { return turned; }));
        BOOST_TEST(told >= 1);
        BOOST_TEST(others == 0);
    }
}
BOOST_AUTO_TEST_CASE(an_upstream_releases_its_callbacks_at_its_end) {
    const auto token = std::make_shared<int>(0);
    Raw silent{loop, [](auto&, auto&) {}};
    {
        Upstream upstream{loop, silent.url, limits};
        get(upstream, "/", 100, [token](const Whole&) {});
        BOOST_REQUIRE(toy::run_until(loop, [&] { return silent.heads.size() == 1; }));
        BOOST_TEST(token.use_count() == 2);
    }
    BOOST_TEST(token.use_count() == 1);
}

namespace {

/// HTTP/2 over TLS, which notes the port that each request came from.
struct SecureServer : Handler {
    explicit SecureServer(net::Loop& loop) : server(loop, *this, {}, shared) {
        auto sockets = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
        url = "https://" + net::local_address(sockets[0].fd()).print();
        server.listen(std::move(sockets[0]), &certificates);
        trust_certificates(file);
    }
    void handle(Incoming&& incoming, Reply reply) override {
        ports.push_back(incoming.peer.port());
        if (asked) asked(incoming.request.target);
        if (incoming.request.target != "/large") return reply.send(200, "here");
        Outgoing out;
        out.length = 8u << 20;
        out.body = body_of(std::string(8u << 20, 'x'));
        reply.send(std::move(out));
    }

    Folder folder;
    std::string file = (folder.path / "certificate.pem").string(), url;
    Certificates certificates{file, {"127.0.0.1"}, ""};
    AccessLog log{"", false};
    Limiter limiter{0};
    Shared shared{{}, log, limiter};
    std::vector<int> ports;
    std::function<void(const std::string& target)> asked;
    Server server;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_cancel_before_the_head_does_not_end_an_http2_connection) {
    net::Loop loop;
    SecureServer server{loop};
    Upstream::Limits limits;
    limits.http2 = true;
    Upstream upstream{loop, server.url, limits};
    std::unique_ptr<Fetch> cancelled;
    // what it sends at once arrives when nobody waits for it
    server.asked = [&](const std::string& target) {
        if (target == "/cancelled") cancelled.reset();
    };
    const auto get = [&](const std::string& target) {
        int status = -1;
        http::get(upstream, target, 100, [&](const Whole& got) { status = got.status; });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return status >= 0; }));
        BOOST_TEST(status == 200);
    };
    get("/first");
    Request request;
    request.method = "GET";
    request.target = "/cancelled";
    FetchCalls calls;
    calls.data = [](BytesView) { return true; };
    cancelled = upstream.fetch(request, {}, std::move(calls));
    BOOST_REQUIRE(toy::run_until(loop, [&] { return !cancelled; }));
    get("/next");
    BOOST_REQUIRE(server.ports.size() == 3u);
    BOOST_TEST(server.ports[2] == server.ports[0]);
}

BOOST_AUTO_TEST_CASE(several_certificates_of_servers_own_are_trusted_at_once) {
    net::Loop loop;
    SecureServer one{loop}, two{loop};
    const auto both = (one.folder.path / "both.pem").string();
    std::ofstream{both} << as_text(read_file(one.file, 10'000))
                        << as_text(read_file(two.file, 10'000));
    trust_certificates(both);
    for (const auto& url : {one.url, two.url}) {
        Upstream upstream{loop, url, {}};
        std::optional<Whole> got;
        http::get(upstream, "/", 100, [&](Whole whole) { got = std::move(whole); });
        BOOST_REQUIRE(toy::run_until(loop, [&] { return got.has_value(); }));
        BOOST_TEST(got->status == 200, got->why);
    }
}

BOOST_AUTO_TEST_CASE(responses_on_one_http2_connection_come_side_by_side) {
    net::Loop loop;
    SecureServer server{loop};
    Upstream::Limits limits;
    limits.http2 = true;
    Upstream upstream{loop, server.url, limits};
    std::vector<std::unique_ptr<Fetch>> fetches;
    std::array<std::size_t, 2> got{};
    std::size_t least_at_first_end = SIZE_MAX;
    for (auto& bytes : got) {
        FetchCalls calls;
        calls.head = [](Response&&) {};
        calls.data = [&bytes](BytesView more) { return bytes += more.size(), true; };
        calls.end = [&](const Failure*) {
            least_at_first_end = std::min({least_at_first_end, got[0], got[1]});
        };
        fetches.push_back(upstream.fetch({"GET", "/large", 1, {}}, {}, std::move(calls)));
    }
    BOOST_REQUIRE(toy::run_until(loop, [&] { return least_at_first_end != SIZE_MAX; }));
    BOOST_TEST(server.ports.size() == 2u);
    BOOST_TEST(server.ports[0] == server.ports[1]);
    BOOST_TEST(least_at_first_end > 1u << 20);  // of 8 MB; one after the other it is none
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_blocking)

BOOST_AUTO_TEST_CASE(an_answer_is_waited_for_and_connections_are_kept) {
    net::Loop theirs;
    toy::Server server{theirs};
    server.files["/a"] = "hello";
    std::thread thread{[&] { theirs.run(); }};
    Blocking client{server.url + "/"};
    BOOST_TEST(client.url() == server.url);
    BOOST_TEST(as_text(client.get("/a", 100).body) == "hello");
    BOOST_TEST(client.get("/b", 100).status == 404);
    BOOST_TEST((client.get("/a", 4).failed == Kind::too_long));
    BOOST_TEST((Blocking{nowhere()}.get("/", 100).failed == Kind::refused));
    theirs.post([&] { theirs.stop(); });
    thread.join();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(http_portal)

BOOST_AUTO_TEST_CASE(a_web_page_where_data_was_asked_for_is_a_captive_portal) {
    for (const auto* type :
         {"text/html", "text/html; charset=utf-8", "Text/HTML", "application/xhtml+xml"})
        BOOST_TEST(is_captive_portal(200, {{"Content-Type", type}}), type);
    BOOST_TEST(is_captive_portal(511, {}));
    for (const auto* type : {"application/json", "audio/ogg", "text/plain", "text/htmlx"})
        BOOST_TEST(!is_captive_portal(200, {{"Content-Type", type}}), type);
    BOOST_TEST(!is_captive_portal(200, {}));
    BOOST_TEST(!is_captive_portal(404, {{"Content-Type", "text/html"}}));
}

BOOST_AUTO_TEST_SUITE_END()
