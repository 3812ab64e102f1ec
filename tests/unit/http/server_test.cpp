// A server on a thread of its own with a handler made for it, and clients that write and read
// bytes.
#include "http/server.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "base/text.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

/// Pieces, each a turn of the loop after the one before; then the end, or a break.
class Pieces : public Body {
   public:
    Pieces(net::Loop& loop, std::vector<std::string> pieces, State last)
        : loop_(loop), pieces_(std::move(pieces)), last_(last) {}
    State next(Slice& slice, const std::function<void()>& wake) override {
        waited_ = !waited_;
        if (waited_) {
            loop_.post(wake);
            return State::wait;
        }
        if (at_ == pieces_.size()) return last_;
        slice.bytes = as_bytes(pieces_[at_++]);
        return State::ready;
    }

   private:
    net::Loop& loop_;
    std::vector<std::string> pieces_;
    State last_;
    std::size_t at_ = 0;
    bool waited_ = false;
};

class Throws : public Body {
   public:
    State next(Slice&, const std::function<void()>&) override {
        throw std::runtime_error{"a body that throws (this line is part of the test)"};
    }
};

struct Toy : Handler {
    explicit Toy(net::Loop& loop_) : loop(loop_) {}

    void handle(Incoming&& incoming, Reply reply) override {
        const auto& target = incoming.request.target;
        Outgoing out;
        if (target == "/later") return loop.post([reply] { reply.send(200, "later"); });
        if (target == "/never") {
            kept = reply;
            return;
        }
        if (target == "/cared-for") {
            kept = reply;
            return reply.when_gone([this] { gone.set_value(); });
        }
        if (target == "/throws")
            throw std::runtime_error{"a handler that throws (this line is part of the test)"};
        if (target == "/twice") {
            reply.send(200, "first");
            return reply.send(200, "second");
        }
        if (target == "/interim") {
            Response early{103, {{"Link", "</a>"}}};
            reply.interim(early);
            return reply.send(200, "final");
        }
        if (target == "/empty") {
            out.status = 204;
            return reply.send(std::move(out));
        }
        if (target == "/chunked")
            out.body = pieces({"one", "two", std::string(70000, 'x')}, Body::State::end);
        if (target == "/broken") out.body = pieces({"one"}, Body::State::broken);
        if (target == "/throwing-body") out.body = std::make_unique<Throws>();
        if (out.body) {
            out.length.reset();
            return reply.send(std::move(out));
        }
        if (target == "/short" || target == "/short-broken") {
            out.length = 10;
            out.body =
                pieces({"12345"}, target == "/short" ? Body::State::end : Body::State::broken);
            return reply.send(std::move(out));
        }
        if (target == "/long") {  // more than was told: cut
            out.length = 4;
            out.body = pieces({"123", "456"}, Body::State::end);
            return reply.send(std::move(out));
        }
        if (target == "/large") {
            const std::string large(8u << 20, 'y');
            out.length = large.size();
            out.body = body_of(large);
            return reply.send(std::move(out));
        }
        reply.send(200, text(incoming.request.method, " ", target, " ", as_text(incoming.body)));
    }
    using Strings = std::vector<std::string>;
    std::unique_ptr<Body> pieces(Strings all, Body::State last) {
        return std::make_unique<Pieces>(loop, std::move(all), last);
    }

    net::Loop& loop;
    Reply kept;
    std::promise<void> gone;
};

class Client {
   public:
    explicit Client(const net::Address& to) : socket_(::socket(to.family(), SOCK_STREAM, 0)) {
        const timeval patience{20, 0};  // against hanging, not a measurement
        ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        BOOST_REQUIRE(::connect(socket_.fd(), to.raw(), to.size()) == 0);
    }
    void send(std::string_view bytes) const {
        BOOST_REQUIRE(::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
    }
    void get(std::string_view path, std::string_view fields = "") const {
        send(text("GET ", path, " HTTP/1.1\r\nHost: x\r\n", fields, "\r\n"));
    }
    void finish() const { ::shutdown(socket_.fd(), SHUT_WR); }

    /// One message with its body, by Content-Length; without Date.
    std::string answer(bool head = false) {
        while (have_.find("\r\n\r\n") == std::string::npos) BOOST_REQUIRE(more());
        const auto end = have_.find("\r\n\r\n") + 4;
        const auto at = have_.find("Content-Length: ");
        const std::size_t length = head || at > end ? 0 : std::stoul(have_.substr(at + 16));
        while (have_.size() < end + length) BOOST_REQUIRE(more());
        return take(end + length);
    }
    /// All until the other end closes; "(reset)" at the end when it did so by a reset.
    std::string rest() {
        while (more()) {
        }
        return take(have_.size()) + (reset_ ? "(reset)" : "");
    }
    /// How many segments have come: tcpi_segs_in. glibc's tcp_info ends before it, and Linux's
    /// header cannot be included beside glibc's.
    unsigned segments() const {
        std::array<std::uint32_t, 36> info{};
        socklen_t size = sizeof info;
        BOOST_REQUIRE(::getsockopt(socket_.fd(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
        BOOST_REQUIRE(size == sizeof info);
        return info.back();
    }
    bool waits() {
        pollfd one{socket_.fd(), POLLIN, 0};
        return have_.empty() && ::poll(&one, 1, 50) == 0;
    }

   private:
    bool more() {
        char bytes[65536];
        const ssize_t n = ::recv(socket_.fd(), bytes, sizeof bytes, 0);
        reset_ = n < 0 && errno == ECONNRESET;
        if (n > 0) have_.append(bytes, static_cast<std::size_t>(n));
        return n > 0;
    }
    std::string take(std::size_t n) {
        auto taken = have_.substr(0, n);
        have_.erase(0, n);
        if (const auto date = taken.find("Date: "); date != std::string::npos)
            taken.erase(date, taken.find("\r\n", date) + 2 - date);
        return taken;
    }
    File socket_;
    std::string have_;
    bool reset_ = false;
};

struct Fixture {
    explicit Fixture(const Limits& limits = {}, double rate = 0) : limiter(rate) {
        net::Loop* made = nullptr;
        std::promise<void> ready;
        thread = std::thread{[&, limits] {
            net::Loop loop;
            Toy toy{loop};
            Server server{loop, toy, limits, shared};
            auto any = net::parse_listen("127.0.0.1:0");
            auto sockets = net::listen((*any)[0], 1);
            address = net::local_address(sockets[0].fd());
            server.listen(std::move(sockets[0]));
            made = &loop;
            running = &server;
            handler = &toy;
            ready.set_value();
            loop.run();
        }};
        ready.get_future().wait();
        loop = made;
    }
    ~Fixture() {
        loop->post([this] { loop->stop(); });
        thread.join();
    }
    Client client() const { return Client{address}; }
    /// On the server's thread.
    template <class Call>
    auto there(Call call) {
        std::packaged_task<decltype(call())()> task{call};
        auto result = task.get_future();
        loop->post([&] { task(); });
        return result.get();
    }

    AccessLog log{"", false};
    Limiter limiter;
    Shared shared{{}, log, limiter};
    net::Address address;
    net::Loop* loop = nullptr;
    Server* running = nullptr;
    Toy* handler = nullptr;
    std::thread thread;
};

struct Few : Fixture {
    static Limits two() {
        Limits limits;
        limits.connections = 2;
        limits.body_bytes = 1000;
        return limits;
    }
    Few() : Fixture(two()) {}
};
struct Limited : Fixture {
    Limited() : Fixture({}, 1) {}
};

const std::string plain_fields =
    "Access-Control-Allow-Origin: *\r\nContent-Type: text/plain; charset=utf-8\r\n";
std::string ok(const std::string& body, const std::string& more = "") {
    return text("HTTP/1.1 200 OK\r\n", plain_fields, "Content-Length: ", body.size(), "\r\n", more,
                "\r\n", body);
}
bool begins(const std::string& text, const std::string& with) { return text.starts_with(with); }
std::string body_of_answer(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_server, Fixture)

BOOST_AUTO_TEST_CASE(requests_are_answered_one_after_the_other_on_one_connection) {
    auto c = client();
    for (const auto* path : {"/a", "/later", "/b"}) {
        c.get(path);
        BOOST_TEST(c.answer() ==
                   ok(path == std::string{"/later"} ? "later\n" : text("GET ", path, " \n")));
    }
    c.finish();
    BOOST_TEST(c.rest() == "");
}
BOOST_AUTO_TEST_CASE(requests_sent_at_once_are_answered_in_their_order) {
    auto c = client();
    std::string all;
    for (int i = 0; i < 500; ++i)
        all +=
            text("GET /", i % 3 == 0 ? "later" : std::to_string(i), " HTTP/1.1\r\nHost: x\r\n\r\n");
    c.send(all);
    for (int i = 0; i < 500; ++i)
        BOOST_TEST(c.answer() == ok(i % 3 == 0 ? "later\n" : text("GET /", i, " \n")));
}
BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    auto c = client();
    for (const char byte : std::string{"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                       "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"})
        c.send({&byte, 1});
    BOOST_TEST(c.answer() == ok("POST /a abc\n"));
    BOOST_TEST(c.answer() == ok("GET /b \n"));
}
BOOST_AUTO_TEST_CASE(a_body_ends_with_its_last_byte_in_either_framing) {
    auto c = client();
    c.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    BOOST_TEST(c.answer() == ok("POST /a abc\n"));
    c.send(
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
        "chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    BOOST_TEST(c.answer() == ok("POST /a abc\n"));
    c.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(c.answer() == ok("POST /a \n"));
}
BOOST_AUTO_TEST_CASE(a_client_that_expects_100_gets_it) {
    auto c = client();
    c.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    BOOST_TEST(c.answer(true) == "HTTP/1.1 100 Continue\r\n\r\n");
    c.send("abc");
    BOOST_TEST(c.answer() == ok("POST /a abc\n"));
    c.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: something\r\n\r\nabc");
    BOOST_TEST(begins(c.rest(), "HTTP/1.1 417 "));
}
BOOST_AUTO_TEST_CASE(HEAD_has_the_head_of_GET_and_no_body) {
    auto c = client();
    c.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
    c.get("/next");
    BOOST_TEST(c.answer(true) ==
               text("HTTP/1.1 200 OK\r\n", plain_fields, "Content-Length: 11\r\n\r\n"));
    BOOST_TEST(c.answer() == ok("GET /next \n"));
    c.send("HEAD /chunked HTTP/1.1\r\nHost: x\r\n\r\n");
    BOOST_TEST(c.answer(true) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    c.get("/empty");
    BOOST_TEST(c.answer() == "HTTP/1.1 204 No Content\r\n\r\n");
    c.get("/next");
    BOOST_TEST(c.answer() == ok("GET /next \n"));
}
BOOST_AUTO_TEST_CASE(an_answer_of_unknown_length_is_sent_in_chunks) {
    auto c = client();
    c.get("/chunked");
    c.get("/next", "Connection: close\r\n");
    const auto all = c.rest();
    BOOST_TEST(begins(all,
                      "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                      "chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n11170\r\nxxx"));
    BOOST_TEST(all.find("xxx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n") != std::string::npos);
}
BOOST_AUTO_TEST_CASE(an_answer_of_unknown_length_to_HTTP_1_0_ends_with_the_connection) {
    auto c = client();
    c.send("GET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(c.rest() ==
               "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo" + std::string(70000, 'x'));
}
BOOST_AUTO_TEST_CASE(HTTP_1_0_stays_only_when_it_asks_to) {
    auto c = client();
    c.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(c.answer() == ok("GET /a \n", "Connection: keep-alive\r\n"));
    c.send("GET /a HTTP/1.0\r\n\r\n");
    BOOST_TEST(c.rest() == ok("GET /a \n", "Connection: close\r\n"));
}
BOOST_AUTO_TEST_CASE(a_body_that_breaks_off_is_seen_to) {
    for (const auto* path : {"/broken", "/throwing-body"}) {
        auto c = client();
        c.get(path);
        const auto all = c.rest();
        BOOST_TEST(begins(all, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
        BOOST_TEST(all.find("0\r\n\r\n") == std::string::npos);
    }
    for (const auto* path : {"/short", "/short-broken"}) {
        auto c = client();
        c.get(path);
        BOOST_TEST(c.rest() == "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
    }
    // nothing but a reset tells it here
    auto c = client();
    c.send("GET /broken HTTP/1.0\r\n\r\n");
    const auto all = c.rest();
    BOOST_TEST(all.ends_with("(reset)"), all);
    BOOST_TEST(shared.counters.broken == 5U);
}
BOOST_AUTO_TEST_CASE(a_body_longer_than_its_content_length_is_cut_off) {
    auto c = client();
    c.get("/long");
    BOOST_TEST(c.answer() == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234");
    c.get("/next");
    BOOST_TEST(c.answer() == ok("GET /next \n"));
}
BOOST_AUTO_TEST_CASE(an_exception_of_a_handler_is_503_and_the_server_continues) {
    auto c = client();
    c.get("/throws");
    BOOST_TEST(begins(c.answer(), "HTTP/1.1 503 "));
    c.get("/next");
    BOOST_TEST(c.answer() == ok("GET /next \n"));
}
BOOST_AUTO_TEST_CASE(only_the_first_reply_counts_and_interim_ones_come_before) {
    auto c = client();
    c.get("/twice");
    BOOST_TEST(c.answer() == ok("first\n"));
    c.get("/interim");
    BOOST_TEST(c.answer(true) == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    BOOST_TEST(c.answer() == ok("final\n"));
    c.send("GET /interim HTTP/1.0\r\n\r\n");
    BOOST_TEST(c.rest() == ok("final\n", "Connection: close\r\n"));
}
BOOST_AUTO_TEST_CASE(an_invalid_request_is_refused_and_ends_the_connection) {
    auto c = client();
    c.send("GET /a HTTP/1.1\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto all = c.rest();
    BOOST_TEST(begins(all, "HTTP/1.1 400 "));
    BOOST_TEST(all.find("Connection: close\r\n") != std::string::npos);
    BOOST_TEST(all.find("HTTP/1.1", 1) == std::string::npos);
    BOOST_TEST(shared.counters.bad_requests == 1U);
}
BOOST_AUTO_TEST_CASE(blank_lines_are_counted_per_client) {
    std::vector<Client> all;
    for (int i = 0; i < 10; ++i) {
        all.push_back(client());
        all.back().get("/a");  // so that what follows is read apart
        all.back().answer();
        all.back().send("\r\n");
    }
    for (auto& c : all) {
        c.get("/b");
        BOOST_TEST(c.answer() == ok("GET /b \n"));
    }
}
BOOST_AUTO_TEST_CASE(a_client_that_leaves_before_its_response_is_reported_on_request) {
    auto gone = handler->gone.get_future();
    {
        auto c = client();
        c.get("/cared-for");
        BOOST_TEST((gone.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout));
    }
    BOOST_TEST((gone.wait_for(std::chrono::seconds{60}) == std::future_status::ready));
    BOOST_TEST(there([&] { return handler->kept.over(); }));
    there([&] { handler->kept.send(200, "too late"); });
    BOOST_TEST(there([&] { return running->connections(); }) == 0u);
}
BOOST_AUTO_TEST_CASE(a_client_that_leaves_after_its_response_is_not_reported) {
    auto gone = handler->gone.get_future();
    auto c = client();
    c.get("/cared-for");
    while (!there([&] { return static_cast<bool>(handler->kept); })) {
    }
    there([&] { handler->kept.send(200, "here"); });
    BOOST_TEST(c.answer() == ok("here\n"));
    c.get("/next");
    BOOST_TEST(c.answer() == ok("GET /next \n"));
    c.finish();
    BOOST_TEST(c.rest() == "");
    BOOST_TEST((gone.wait_for(std::chrono::seconds{0}) == std::future_status::timeout));
}
BOOST_AUTO_TEST_CASE(a_half_closed_client_gets_a_response_for_a_moment_if_its_end_is_watched) {
    auto c = client();
    c.get("/cared-for");
    c.finish();
    while (!there([&] { return static_cast<bool>(handler->kept); })) {
    }
    auto other = client();  // what it sent before this one was noticed
    other.get("/a");
    BOOST_TEST(other.answer() == ok("GET /a \n"));
    there([&] { handler->kept.send(200, "here"); });
    BOOST_TEST(begins(c.rest(), "HTTP/1.1 200 OK"));
}
BOOST_AUTO_TEST_CASE(a_half_closed_client_gets_a_response_if_its_end_is_not_watched) {
    auto c = client();
    c.get("/never");
    c.finish();
    while (!there([&] { return static_cast<bool>(handler->kept); })) {
    }
    there([&] { handler->kept.send(200, "here"); });
    BOOST_TEST(begins(c.rest(), "HTTP/1.1 200 OK"));
}
BOOST_AUTO_TEST_CASE(a_client_that_disconnects_in_a_response_leaves_nothing_behind) {
    for (int i = 0; i < 12; ++i) {  // they fit into the memory for one source
        auto c = client();
        c.get("/large");
        if (i % 2) c.get("/never");
    }
    auto last = client();
    last.get("/a");
    last.answer();
    // each is noticed when it is written to, or read from
    for (int turns = 0; there([&] { return running->connections(); }) > 1 && turns < 12000; ++turns)
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    BOOST_TEST(there([&] { return running->connections(); }) == 1U);
    BOOST_TEST(shared.counters.open == 1U);
}
BOOST_AUTO_TEST_CASE(a_last_request_gets_a_complete_response_even_if_bytes_follow_it) {
    for (const auto* behind : {"", "GET /more HTTP/1.1\r\nHost: x\r\n\r\n"})
        for (const auto* target : {"/a", "/large"}) {
            auto c = client();
            c.send(
                text("GET ", target, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", behind));
            const auto all = c.rest();
            BOOST_TEST(body_of_answer(all).size() == (target[1] == 'a' ? 8u : 8u << 20));
            c.finish();
        }
    while (shared.counters.open > 0) std::this_thread::yield();
}
BOOST_AUTO_TEST_CASE(the_end_of_a_connection_comes_with_the_end_of_its_last_response) {
    // each comes alone: it sends SYN, an acknowledgement of the request, the response with the end
    for (const auto* target : {"/a", "/empty"}) {
        auto c = client();
        c.get(target, "Connection: close\r\n");
        BOOST_TEST(begins(c.rest(), "HTTP/1.1 20"));
        BOOST_TEST(c.segments() <= 3U);
    }
}
BOOST_AUTO_TEST_CASE(draining_finishes_responses_and_closes_idle_connections) {
    auto idle = client(), slow = client(), half = client();
    idle.get("/a");
    idle.answer();
    half.get("/a");
    half.answer();
    half.send("GET /half HTTP/1.1\r\n");
    slow.get("/large");
    slow.get("/behind");
    while (shared.counters.requests < 3) std::this_thread::yield();  // it is under way
    std::promise<void> drained;
    there([&] { running->drain([&] { drained.set_value(); }); });
    BOOST_TEST(idle.rest() == "");
    half.send("Host: x\r\n\r\n");
    BOOST_TEST(half.rest() == ok("GET /half \n", "Connection: close\r\n"));
    BOOST_TEST(body_of_answer(slow.answer()).size() == 8u << 20);
    BOOST_TEST(slow.rest() == ok("GET /behind \n", "Connection: close\r\n"));
    for (auto* c : {&idle, &half, &slow}) c->finish();
    drained.get_future().wait();
}
BOOST_AUTO_TEST_CASE(draining_closes_a_kept_connection_after_its_current_response) {
    auto c = client();
    c.get("/large");
    const auto first = [&] { return shared.counters.bytes_sent > 0; };
    while (!first()) std::this_thread::yield();
    std::promise<void> drained;
    there([&] { running->drain([&] { drained.set_value(); }); });
    BOOST_TEST(body_of_answer(c.answer()).size() == 8u << 20);
    BOOST_TEST(c.rest() == "");
    c.finish();
    drained.get_future().wait();
}
BOOST_FIXTURE_TEST_CASE(bodies_that_are_too_large_are_refused_before_or_while_they_come, Few) {
    {
        auto c = client();
        c.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
        BOOST_TEST(begins(c.rest(), "HTTP/1.1 413 "));
    }
    auto c = client();
    c.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
           std::string(1001, 'x'));
    BOOST_TEST(begins(c.rest(), "HTTP/1.1 413 "));
}
BOOST_AUTO_TEST_CASE(bodies_that_find_no_room_in_memory_are_refused_until_there_is_some) {
    const std::string upload = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    const auto unknown = [] { return std::string{}; };
    {
        Budget::Share others;
        BOOST_REQUIRE(others.grow(shared.budgets.uploads, (std::size_t{128} << 20) - 2, unknown));
        auto c = client();
        c.send(upload);
        BOOST_TEST(begins(c.rest(), "HTTP/1.1 503 "));
    }
    {
        Budget::Share others;
        BOOST_REQUIRE(others.grow(shared.budgets.responses, (std::size_t{512} << 20) - 2, unknown));
        auto c = client();
        c.get("/a");
        BOOST_TEST(begins(c.answer(), "HTTP/1.1 503 "));
    }
    auto c = client();
    c.send(upload);
    BOOST_TEST(c.answer() == ok("POST /a abc\n"));
    BOOST_TEST(there([&] { return shared.budgets.uploads.taken(); }) == 0u);
}
BOOST_AUTO_TEST_CASE(a_source_that_has_its_part_of_the_memory_is_refused_and_others_are_not) {
    const auto eighth = std::size_t{64} << 20;
    Budget::Share others, same;
    BOOST_REQUIRE(others.grow(shared.budgets.responses, eighth, [] { return std::string{}; }));
    BOOST_REQUIRE(
        same.grow(shared.budgets.responses, eighth - 2, [] { return std::string{"127.0.0.1"}; }));
    {
        auto c = client();
        c.get("/a");
        BOOST_TEST(begins(c.answer(), "HTTP/1.1 503 "));
    }
    same = {};
    BOOST_REQUIRE(
        same.grow(shared.budgets.responses, eighth - 2, [] { return std::string{"192.0.2.1"}; }));
    auto c = client();
    c.get("/a");
    BOOST_TEST(c.answer() == ok("GET /a \n"));
}
BOOST_FIXTURE_TEST_CASE(when_all_places_are_taken_the_others_wait_for_one, Few) {
    auto first = client(), second = client();
    first.get("/never");
    second.send("GET /a HTTP/1.1\r\n");
    while (shared.counters.accepted < 2) std::this_thread::yield();
    auto third = client();
    third.get("/c");
    BOOST_TEST(third.waits());
    second.send("Host: x\r\n\r\n");
    second.answer();  // idle now, and gives its place away
    BOOST_TEST(third.answer() == ok("GET /c \n"));
    BOOST_TEST(second.rest() == "");
    // one who was answered for the last time and does not go gives his place too
    third.get("/d", "Connection: close\r\n");
    third.answer();
    auto fourth = client();
    fourth.get("/e");
    BOOST_TEST(fourth.answer() == ok("GET /e \n"));
}
BOOST_FIXTURE_TEST_CASE(a_client_over_the_rate_limit_learns_when_to_retry, Limited) {
    auto c = client();
    std::string last;
    for (int i = 0; i < 10 && !begins(last, "HTTP/1.1 429 "); ++i) {
        c.get("/a");
        last = c.answer();
    }
    BOOST_TEST(begins(last, "HTTP/1.1 429 "));
    BOOST_TEST(last.find("\r\nRetry-After: 1\r\n") != std::string::npos);
    BOOST_TEST(shared.counters.limited == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
