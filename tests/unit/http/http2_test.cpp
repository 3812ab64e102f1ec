// A server's HTTP/2 with a clock of the test's, and a client of nghttp2; between them bytes alone.
#include "http/http2.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>

#include "../folder.hpp"
#include "base/file.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

/// A body whose pieces come when they are told to.
class Slow : public Body {
   public:
    struct Valve {
        std::vector<std::string> pieces;
        State last = State::end;
        bool open = false;
        std::function<void()> wake = {};
    };
    explicit Slow(Valve& valve) : valve_(valve) {}
    State next(Slice& slice, const std::function<void()>& wake) override {
        if (!valve_.open) {
            valve_.wake = wake;
            return State::wait;
        }
        if (at_ == valve_.pieces.size()) return valve_.last;
        slice.bytes = as_bytes(valve_.pieces[at_++]);
        return State::ready;
    }

   private:
    Valve& valve_;
    std::size_t at_ = 0;
};

struct Throws : Body {
    State next(Slice&, const std::function<void()>&) override {
        throw std::runtime_error{"a body that throws (this line is part of the test)"};
    }
};

std::string unknown() { return {}; }

struct Toy : Http2::Host {
    void note_request(Exchange&, const Request& request) override { last = request; }
    void pass_on(Exchange&, Incoming&& incoming, std::uint64_t number) override {
        asked.emplace_back(incoming.request.method + " " + incoming.request.target + " " +
                           std::string{as_text(incoming.body)});
        last = incoming.request;
        if (on_ask) on_ask(number);
    }
    void note_response(Exchange& exchange, const Outgoing& response) override {
        exchange.status = response.status;
    }
    void ended(const Exchange& exchange) override {
        log.push_back(text(exchange.status, " ", exchange.body_sent));
    }
    void note_bad_request() override { ++bad; }
    void note_broken() override { ++broken; }
    void pending() override { ++pendings; }
    bool take(Budget::Share& share, Budgets::Of of, const Exchange*, std::size_t bytes) override {
        return share.grow(of == Budgets::Of::uploads ? uploads_ : responses_, bytes,
                          [] { return std::string{}; });
    }
    std::uint64_t now_ms() override {
        if (no_clock) throw std::runtime_error{"no clock (this line is part of the test)"};
        return now;
    }
    const std::string& date() override { return date_; }

    std::vector<std::string> asked, log;
    Request last;
    std::function<void(std::uint64_t)> on_ask;
    bool no_clock = false;
    int bad = 0, pendings = 0, broken = 0;
    std::uint64_t now = 1000;
    std::string date_ = "Thu, 01 Jan 1970 00:00:00 GMT";
    static constexpr std::size_t room = 100'000'000;
    Budget uploads_{room}, responses_{room};
};

struct Got {
    std::string status, fields, body, interim;
    std::optional<std::uint32_t> closed;
};

struct Fixture {
    Fixture() {
        nghttp2_session_callbacks* calls = nullptr;
        nghttp2_session_callbacks_new(&calls);
        nghttp2_session_callbacks_set_on_header_callback(
            calls,
            [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
               std::size_t n, const std::uint8_t* value, std::size_t m, std::uint8_t, void* self) {
                auto& got = static_cast<Fixture*>(self)->got[frame->hd.stream_id];
                const std::string key{name, name + n}, text{value, value + m};
                if (key == ":status" && text[0] == '1')
                    got.interim += text;
                else if (key == ":status")
                    got.status = text;
                else
                    got.fields += key + "=" + text + ";";
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            calls, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                      std::size_t n, void* self) {
                static_cast<Fixture*>(self)->got[id].body.append(bytes, bytes + n);
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            calls, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
                static_cast<Fixture*>(self)->got[id].closed = code;
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            calls, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                if (frame->hd.type == NGHTTP2_GOAWAY)
                    static_cast<Fixture*>(self)->goaways.emplace_back(frame->goaway.last_stream_id,
                                                                      frame->goaway.error_code);
                return 0;
            });
        nghttp2_session* raw = nullptr;
        nghttp2_session_client_new(&raw, calls, this);
        client.reset(raw);
        nghttp2_session_callbacks_del(calls);
        nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, nullptr, 0);
        server = std::make_unique<Http2>(host, net::Address{}, limits);
        talk();
    }

    /// Both say what they have to say until neither has more; in pieces of `step` bytes.
    void talk(std::size_t step = SIZE_MAX) {
        for (int turn = 0; turn < 100; ++turn) {
            const std::uint8_t* bytes = nullptr;
            bool any = false;
            for (ssize_t n; (n = nghttp2_session_mem_send(client.get(), &bytes)) > 0; any = true) {
                const Bytes all(bytes, bytes + n);
                for (std::size_t at = 0; at < all.size(); at += step)
                    server->take(BytesView{all}.subspan(at, std::min(step, all.size() - at)));
            }
            Bytes out;
            for (;;) {
                const auto before = out.size();
                server->produce(out, before + 5000);
                if (out.size() == before) break;
            }
            wire += out.size();
            if (!out.empty() && !deaf)
                BOOST_TEST(nghttp2_session_mem_recv(client.get(), out.data(), out.size()) ==
                           static_cast<ssize_t>(out.size()));
            if (!any && out.empty()) return;
        }
        BOOST_ERROR("they never end");
    }
    std::int32_t ask(std::string path, std::string method = "GET", bool end = true) {
        const auto pair = [](std::string_view name, std::string_view value) {
            const auto bytes = [](std::string_view s) {
                return reinterpret_cast<std::uint8_t*>(const_cast<char*>(s.data()));
            };
            return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), 0};
        };
        const nghttp2_nv head[] = {pair(":method", method), pair(":scheme", "https"),
                                   pair(":path", path),     pair(":authority", "localhost"),
                                   pair("cookie", "a=b"),   pair("cookie", "c=d")};
        const auto id =
            nghttp2_submit_headers(client.get(), end ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE,
                                   -1, nullptr, head, std::size(head), nullptr);
        talk();
        return id;
    }
    void answer(std::unique_ptr<Body> body, std::optional<std::uint64_t> length = {}) {
        auto shared = std::make_shared<std::unique_ptr<Body>>(std::move(body));
        host.on_ask = [this, shared, length](std::uint64_t number) {
            Outgoing out;
            out.fields = "Content-Type: a/b\r\nConnection: close\r\nETag:\"x\"\r\n";
            out.length = length;
            out.body = std::move(*shared);
            server->send(number, std::move(out));
        };
    }

    Limits limits;
    Toy host;
    std::map<std::int32_t, Got> got;
    std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;
    std::size_t wire = 0;
    bool deaf = false;
    std::unique_ptr<nghttp2_session, Freed<nghttp2_session_del>> client;
    std::unique_ptr<Http2> server;
};

std::unique_ptr<Body> all_of(std::string bytes) { return body_of(std::move(bytes)); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http2, Fixture)

BOOST_AUTO_TEST_CASE(a_request_is_answered) {
    answer(all_of("hello"), 5);
    const auto id = ask("/path?a=b");
    BOOST_TEST(host.asked.at(0) == "GET /path?a=b ");
    BOOST_TEST(host.last.major == 2);
    BOOST_TEST(*host.last.fields.find("Host") == "localhost");
    BOOST_TEST(*host.last.fields.find("Cookie") == "a=b; c=d");
    BOOST_TEST(got[id].status == "200");
    BOOST_TEST(got[id].fields ==
               "date=" + host.date_ + ";content-type=a/b;etag=\"x\";content-length=5;");
    BOOST_TEST(got[id].body == "hello");
    BOOST_TEST(got[id].closed.value() == 0u);
    BOOST_TEST(host.log.at(0) == "200 5");
    BOOST_TEST(server->idle());
}

BOOST_AUTO_TEST_CASE(a_response_that_finds_no_room_in_memory_is_503_until_there_is_some) {
    for (const bool full : {true, false}) {
        Budget::Share others;
        BOOST_REQUIRE(others.grow(host.responses_, full ? Toy::room - 4 : 0, unknown));
        answer(all_of("hello"), 5);
        const auto id = ask("/");
        BOOST_TEST(got[id].status == (full ? "503" : "200"));
        BOOST_TEST((got[id].fields.find("retry-after") != std::string::npos) == full);
    }
    BOOST_TEST(host.responses_.taken() == 0u);
}
BOOST_AUTO_TEST_CASE(what_a_client_does_not_read_is_counted_until_it_leaves) {
    deaf = true;
    answer(all_of(std::string(500'000, 'x')), 500'000);
    ask("/");
    BOOST_TEST(host.responses_.taken() == 500'000u);
    server.reset();
    BOOST_TEST(host.responses_.taken() == 0u);
}
BOOST_AUTO_TEST_CASE(an_upload_that_finds_no_room_in_memory_is_refused) {
    const auto id = ask("/", "POST", false);
    Budget::Share others;
    BOOST_REQUIRE(others.grow(host.uploads_, Toy::room - 4, unknown));
    Http2& mine = *server;
    const std::uint8_t head[] = {0, 0, 5, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(id)};
    mine.take(head);
    mine.take(as_bytes("hello"));
    talk();
    BOOST_TEST(got[id].status == "503");
    BOOST_TEST(host.uploads_.taken() == Toy::room - 4);
    BOOST_TEST(host.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_response_may_come_later_and_in_pieces) {
    Slow::Valve valve{{"one", std::string(70000, 'x'), "three"}};
    answer(std::make_unique<Slow>(valve));
    const auto id = ask("/");
    BOOST_TEST(got[id].status == "200");
    BOOST_TEST(!got[id].closed);
    BOOST_TEST(server->deadline_ms() == UINT64_MAX);  // it is not the client that is slow
    valve.open = true;
    host.pendings = 0;
    valve.wake();
    BOOST_TEST(host.pendings == 1);
    talk(7);
    BOOST_TEST(got[id].body == "one" + std::string(70000, 'x') + "three");
    BOOST_TEST(got[id].closed.value() == 0u);
    valve.wake();  // of a stream that has ended
}

BOOST_AUTO_TEST_CASE(a_file_is_sent_and_one_that_was_cut_ends_the_stream) {
    const Folder folder;
    const auto path = folder.path / "file";
    std::ofstream{path} << std::string(100'000, 'f');
    const auto whole = [&](std::uint64_t offset, std::uint64_t length) {
        Slice slice;
        auto file = std::make_shared<File>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        slice.fd = file->fd();
        slice.offset = offset;
        slice.length = length;
        slice.owner = file;
        return std::make_unique<WholeBody>(std::move(slice));
    };
    answer(whole(10, 99'990), 99'990);
    auto id = ask("/");
    BOOST_TEST(got[id].body == std::string(99'990, 'f'));
    answer(whole(50'000, 99'990), 99'990);
    id = ask("/");
    BOOST_TEST(got[id].closed.value() == NGHTTP2_INTERNAL_ERROR);
    BOOST_TEST(host.broken == 1);
    BOOST_TEST(server->idle());
}

BOOST_AUTO_TEST_CASE(a_body_that_fails_ends_its_stream_only) {
    Slow::Valve broken{{"one"}, Body::State::broken, true, {}},
        ends{{"one"}, Body::State::end, true, {}};
    answer(std::make_unique<Slow>(broken));
    BOOST_TEST(got[ask("/")].closed.value() == NGHTTP2_INTERNAL_ERROR);
    answer(std::make_unique<Slow>(ends), 10);  // shorter than was told
    BOOST_TEST(got[ask("/")].closed.value() == NGHTTP2_INTERNAL_ERROR);
    answer(std::make_unique<Throws>());
    BOOST_TEST(got[ask("/")].closed.value() == NGHTTP2_INTERNAL_ERROR);
    BOOST_TEST(host.broken == 3);
    Slow::Valve longer{{"123", "456"}, Body::State::end, true, {}};
    answer(std::make_unique<Slow>(longer), 4);  // more than was told: cut
    const auto id = ask("/");
    BOOST_TEST(got[id].body == "1234");
    BOOST_TEST(got[id].closed.value() == 0u);
}

BOOST_AUTO_TEST_CASE(responses_without_a_body) {
    answer(all_of("hello"), 5);
    auto id = ask("/", "HEAD");
    BOOST_TEST(got[id].body == "");
    BOOST_TEST(got[id].fields.ends_with("content-length=5;"));
    host.on_ask = [&](std::uint64_t number) {
        Outgoing out;
        out.status = 204;
        server->send(number, std::move(out));
        server->send(number, plain_answer(500, "the first counts"));
    };
    id = ask("/");
    BOOST_TEST(got[id].status == "204");
    BOOST_TEST(got[id].fields.find("content-length") == std::string::npos);
    BOOST_TEST(got[id].closed.value() == 0u);
}

BOOST_AUTO_TEST_CASE(interim_responses_come_before_the_final_one) {
    host.on_ask = [&](std::uint64_t number) {
        server->interim(number, {103, {{"Link", "</a>"}}});
        server->send(number, plain_answer(200, "final"));
        server->interim(number, {103, {}});
    };
    const auto id = ask("/");
    BOOST_TEST(got[id].interim == "103");
    BOOST_TEST(got[id].status == "200");
    BOOST_TEST(got[id].fields.starts_with("link=</a>;"));
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_client_hears_that_it_has_left) {
    int gone = 0;
    std::vector<std::uint64_t> numbers;
    host.on_ask = [&](std::uint64_t number) {
        numbers.push_back(number);
        server->when_gone(number, [&] { ++gone; });
    };
    const auto id = ask("/one");
    ask("/two");
    BOOST_TEST(!server->over(numbers[0]));
    nghttp2_submit_rst_stream(client.get(), 0, id, NGHTTP2_CANCEL);
    talk();
    BOOST_TEST(gone == 1);
    BOOST_TEST(server->over(numbers[0]));
    server->send(numbers[0], plain_answer(200, "too late"));
    server->abort();
    BOOST_TEST(gone == 2);
    BOOST_TEST(server->over(numbers[1]));
    Bytes out;
    server->produce(out, 1000);
    BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(a_client_that_asks_for_nothing_is_left) {
    BOOST_TEST(server->deadline_ms() == host.now + 75'000);
    host.now += 75'000;
    BOOST_TEST(server->expire() == 1);
    talk();
    BOOST_TEST(goaways.size() == 1u);
    BOOST_TEST(goaways.at(0).second == NGHTTP2_NO_ERROR);
    BOOST_TEST(server->finished());
}

BOOST_AUTO_TEST_CASE(who_fails_to_send_does_not_try_again_and_again) {
    answer(all_of(std::string(10'000, 'x')), 10'000);
    const auto send = host.on_ask;
    host.on_ask = [&](std::uint64_t number) {
        send(number);
        host.no_clock = true;
    };
    nghttp2_submit_ping(client.get(), 0, nullptr);
    ask("/");
    host.no_clock = false;
    BOOST_TEST(!server->wants_to_send());
    BOOST_TEST(server->finished());
    Bytes out;
    server->produce(out, 1000);
    BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(each_request_that_is_too_slow_counts) {
    ask("/", "POST", false);
    ask("/", "POST", false);
    host.now += 30'000;
    BOOST_TEST(server->expire() == 2);
}

BOOST_AUTO_TEST_CASE(a_malformed_request_ends_no_other) {
    const auto id = ask("/");
    ask("no slash");
    BOOST_TEST(host.bad == 1);
    host.now += 60'000;
    BOOST_TEST(!server->expire());
    talk();
    BOOST_TEST(goaways.empty());
    BOOST_TEST(!got[id].closed);
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_come_is_not_waited_for) {
    const auto id = ask("/", "POST", false);
    BOOST_TEST(server->deadline_ms() == host.now + 30'000);
    host.now += 30'000;
    BOOST_TEST(server->expire());
    talk();
    BOOST_TEST(got[id].status == "408");
    BOOST_TEST(host.asked.empty());
    BOOST_TEST(server->idle());
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_no_response_is_given_up) {
    answer(all_of(std::string(100'000, 'x')), 100'000);
    nghttp2_session_set_local_window_size(client.get(), 0, 0, 1 << 20);
    nghttp2_settings_entry none{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0};
    nghttp2_submit_settings(client.get(), 0, &none, 1);
    const auto id = ask("/");
    BOOST_TEST(got[id].status == "200");
    BOOST_TEST(got[id].body == "");
    BOOST_TEST(server->deadline_ms() == host.now + 75'000);
    host.now += 75'000;
    BOOST_TEST(server->expire());
    talk();
    BOOST_TEST(got[id].closed.value() == NGHTTP2_CANCEL);
    BOOST_TEST(host.log.at(0) == "200 0");
}

BOOST_AUTO_TEST_CASE(a_server_that_ends_takes_what_is_on_its_way) {
    const auto open = ask("/open", "POST", false);  // or the client would end at once
    server->drain();
    Bytes out;
    server->produce(out, 10'000);
    // asked before the client has heard of it
    answer(all_of("two"), 3);
    const auto id = ask("/two");
    BOOST_TEST(got[id].body == "two");
    BOOST_TEST(goaways.empty());
    BOOST_TEST(!server->finished());
    BOOST_TEST(nghttp2_session_mem_recv(client.get(), out.data(), out.size()) ==
               static_cast<ssize_t>(out.size()));
    talk();  // the answer to its PING
    BOOST_TEST(goaways.size() == 2u);
    BOOST_TEST(goaways.at(0).first == 0x7fffffff);
    BOOST_TEST(goaways.at(1).first == id);
    BOOST_TEST(!server->finished());
    nghttp2_submit_rst_stream(client.get(), 0, open, NGHTTP2_CANCEL);
    talk();
    BOOST_TEST(server->finished());
}

BOOST_AUTO_TEST_CASE(a_server_that_ends_does_not_wait_for_a_client_that_says_nothing) {
    deaf = true;
    server->drain();
    talk();
    BOOST_TEST(!server->finished());
    BOOST_TEST(server->deadline_ms() == host.now + 2000);
    host.now += 2000;
    server->expire();
    talk();
    BOOST_TEST(server->finished());
}

BOOST_AUTO_TEST_CASE(credit_comes_back_with_time_and_with_use) {
    const auto ping = [&] {
        for (int i = 0; i < 390; ++i) nghttp2_submit_ping(client.get(), 0, nullptr);
        talk();
    };
    for (int minute = 0; minute < 3; ++minute) {
        ping();
        BOOST_TEST(goaways.empty());
        host.now += 60'000;
    }
    ping();
    ping();
    BOOST_TEST(goaways.size() == 1u);
    BOOST_TEST(goaways.at(0).second == NGHTTP2_ENHANCE_YOUR_CALM);
    BOOST_TEST(server->finished());
}

BOOST_AUTO_TEST_CASE(frames_that_nothing_is_done_with_take_credit_too) {
    const auto flood = [&](std::size_t length, std::uint8_t type, std::uint8_t flags, int id) {
        Bytes frame(9 + length);
        frame[1] = static_cast<std::uint8_t>(length >> 8);
        frame[2] = static_cast<std::uint8_t>(length);
        frame[3] = type, frame[4] = flags, frame[8] = static_cast<std::uint8_t>(id);
        if (length > 0) frame[9] = static_cast<std::uint8_t>(length - 1);  // of padding
        Bytes all;
        for (int i = 0; i < 2100; ++i) append(all, frame);
        server = std::make_unique<Http2>(host, net::Address{}, limits);
        Bytes begin{Http2::preface.begin(), Http2::preface.end()};
        append(begin, Bytes{0, 0, 0, NGHTTP2_SETTINGS, 0, 0, 0, 0, 0});
        server->take(begin);
        if (id > 0) {  // a request that is reset at once
            server->take(Bytes{0, 0, 4, NGHTTP2_HEADERS, 4, 0, 0, 0, 1, 0x83, 0x87, 0x84, 0x81});
            server->take(Bytes{0, 0, 4, NGHTTP2_RST_STREAM, 0, 0, 0, 0, 1, 0, 0, 0, 8});
        }
        const int bad = host.bad;
        Bytes out;
        for (std::size_t at = 0; at < all.size(); at += 1000) {
            server->take(BytesView{all}.subspan(at, std::min<std::size_t>(1000, all.size() - at)));
            server->produce(out, 100'000'000);
        }
        BOOST_TEST(server->finished());
        BOOST_TEST(host.bad == bad + 1);
        BOOST_TEST(out.back() == NGHTTP2_ENHANCE_YOUR_CALM);
    };
    flood(0, 0xbe, 0, 0);                                // of no known kind
    flood(0, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1);  // of a stream that is over
    flood(200, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1);
}

BOOST_AUTO_TEST_SUITE_END()
