#include "http/parser.hpp"

#include <boost/test/unit_test.hpp>

#include "base/note.hpp"

using namespace stretto;
using namespace stretto::http;

namespace {

using Step = RequestParser::Step;

/// What came out of a connection's bytes.
struct Outcome {
    std::vector<Request> requests;
    std::vector<bool> keep_alive;
    std::vector<std::string> bodies;
    std::size_t done = 0;
    int bad = 0;  ///< status; 0: nothing was refused
};

/// Give `wire` to a parser as a connection would, `piece` bytes at a time.
Outcome read_all(std::string_view wire, std::size_t piece = std::string_view::npos) {
    Outcome out;
    RequestParser parser;
    std::string buffer;
    while (!wire.empty()) {
        buffer += wire.substr(0, piece);
        wire.remove_prefix(std::min(piece, wire.size()));
        auto bytes = as_bytes(buffer);
        for (auto step = parser.read(bytes); step != Step::need_more; step = parser.read(bytes)) {
            if (step == Step::bad) {
                out.bad = parser.bad().status;
                BOOST_TEST(!parser.bad().why.empty());
                BOOST_TEST((parser.read(bytes) == Step::bad));
                return out;
            }
            if (step == Step::head) {
                out.keep_alive.push_back(parser.keep_alive());
                out.bodies.emplace_back();
                out.requests.push_back(parser.take_request());
            }
            if (step == Step::body) out.bodies.back() += as_text(parser.body());
            if (step == Step::done) ++out.done;
        }
        buffer.assign(as_text(bytes));
    }
    return out;
}

int refused(std::string_view wire) {
    const auto whole = read_all(wire).bad;
    const auto bytewise = read_all(wire, 1).bad;
    BOOST_TEST(whole == bytewise, printable(wire));
    return whole;
}

/// A head with a Host, of this request line and these further lines.
std::string head(std::string_view line, std::string_view fields = "") {
    return std::string{line} + "\r\nHost: a\r\n" + std::string{fields} + "\r\n";
}
std::string get(std::string_view fields) { return head("GET / HTTP/1.1", fields); }
std::string post(std::string_view fields, std::string_view body) {
    return head("POST / HTTP/1.1", fields) + std::string{body};
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

}  // namespace

BOOST_AUTO_TEST_SUITE(http_parser)

BOOST_AUTO_TEST_CASE(a_request_is_read_as_it_was_sent) {
    const auto out = read_all(
        "GET /a%20b?c=d HTTP/1.1\r\nHost: music.example:8480\r\nX-Empty:\r\nx-two: 1\r\n"
        "X-Two: \t a, b \t\r\nX-High: \xc3\xa9\r\n\r\n");
    BOOST_REQUIRE(out.requests.size() == 1u);
    const auto& request = out.requests[0];
    BOOST_TEST(request.method == "GET");
    BOOST_TEST(request.target == "/a%20b?c=d");
    BOOST_TEST(request.minor == 1);
    BOOST_TEST((request.fields == Fields{{"Host", "music.example:8480"},
                                         {"X-Empty", ""},
                                         {"x-two", "1"},
                                         {"X-Two", "a, b"},
                                         {"X-High", "\xc3\xa9"}}));
    BOOST_TEST(out.done == 1u);
}
BOOST_AUTO_TEST_CASE(an_incomplete_head_is_not_consumed) {
    RequestParser parser;
    auto bytes = as_bytes("GET / HTTP/1.1\r\nHost: a\r\n");
    const auto size = bytes.size();
    BOOST_TEST((parser.read(bytes) == Step::need_more));
    BOOST_TEST(bytes.size() == size);
    bytes = as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET");
    BOOST_TEST((parser.read(bytes) == Step::head));
    BOOST_TEST(as_text(bytes) == "GET");
}
BOOST_AUTO_TEST_CASE(
    requests_in_a_row_come_out_one_by_one_however_they_are_cut) {  // RFC 9112 9.3.2
    const auto wire = get("") + post("Content-Length: 5\r\n", "hello") +
                      chunked("3\r\nfoo\r\n4;a=b\r\nbars\r\n0\r\nX: y\r\n\r\n") +
                      post("Content-Length: 0\r\n", "") + get("Connection: close\r\n");
    for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
        const auto out = read_all(wire, piece);
        BOOST_TEST(out.bad == 0);
        BOOST_TEST(out.done == 5u);
        BOOST_TEST((out.bodies == std::vector<std::string>{"", "hello", "foobars", "", ""}), piece);
        BOOST_TEST((out.keep_alive == std::vector<bool>{true, true, true, true, false}));
    }
}
BOOST_AUTO_TEST_CASE(every_prefix_of_good_requests_waits_for_more) {
    const auto wire = get("Range: bytes=0-1\r\n") + chunked("5\r\nhello\r\n0\r\n\r\n") +
                      post("Content-Length: 2\r\n", "hi");
    for (std::size_t n = 0; n < wire.size(); ++n) {
        const auto out = read_all(std::string_view{wire}.substr(0, n));
        BOOST_TEST(out.bad == 0, n);
        BOOST_TEST(out.done < 3u);
    }
}
BOOST_AUTO_TEST_CASE(a_parser_moves_within_a_body) {
    auto first = std::make_unique<RequestParser>();
    const auto wire = chunked("2\r\nab\r\n0\r\n\r\n");
    auto bytes = as_bytes(wire);
    BOOST_TEST((first->read(bytes) == Step::head));
    RequestParser second{std::move(*first)};
    first.reset();
    BOOST_TEST(second.request().method == "POST");
    BOOST_TEST(second.has_body());
    BOOST_TEST((second.read(bytes) == Step::body));
    BOOST_TEST(as_text(second.body()) == "ab");
    BOOST_TEST((second.read(bytes) == Step::done));
}
BOOST_AUTO_TEST_CASE(a_request_contains_nothing_of_the_previous_one) {
    RequestParser parser;
    const auto wire = "HEAD /long HTTP/1.0\r\nX: y\r\nContent-Length: 1\r\n\r\nz" + get("");
    auto bytes = as_bytes(wire);
    for (const auto step : {Step::head, Step::body, Step::done, Step::head})
        BOOST_TEST((parser.read(bytes) == step));
    BOOST_TEST(parser.request().method == "GET");
    BOOST_TEST(parser.request().target == "/");
    BOOST_TEST(parser.request().minor == 1);
    BOOST_TEST((parser.request().fields == Fields{{"Host", "a"}}));
    BOOST_TEST(!parser.content_length().has_value());
    BOOST_TEST(!parser.has_body());
}
BOOST_AUTO_TEST_CASE(bodies_may_be_large) {
    const std::string body(3'000'000, 'x');
    const auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    BOOST_TEST((read_all(post(length, body), 100'000).bodies[0] == body));
    BOOST_TEST(
        (read_all(chunked("2dc6c0\r\n" + body + "\r\n0\r\n\r\n"), 100'000).bodies[0] == body));
}
BOOST_AUTO_TEST_CASE(the_length_of_a_body_is_known_before_it_comes) {
    const auto length_of = [](std::string_view wire) {
        RequestParser parser;
        auto bytes = as_bytes(wire);
        BOOST_REQUIRE((parser.read(bytes) == Step::head));
        return std::pair{parser.has_body(), parser.content_length()};
    };
    using Length = std::optional<std::uint64_t>;
    BOOST_TEST((length_of(get("")) == std::pair{false, Length{}}));
    BOOST_TEST((length_of(post("Content-Length: 0\r\n", "")) == std::pair{false, Length{0}}));
    BOOST_TEST((length_of(post("Content-Length: 007\r\n", "")) == std::pair{true, Length{7}}));
    BOOST_TEST((length_of(chunked("")) == std::pair{true, Length{}}));
}
BOOST_AUTO_TEST_CASE(at_most_two_blank_lines_stand_before_a_request) {  // RFC 9112 2.2
    BOOST_TEST(read_all("\r\n\r\n" + get("")).done == 1u);
    BOOST_TEST(refused("\r\n\r\n\r\n" + get("")) == 400);
    BOOST_TEST(read_all(get("") + "\r\n" + get("") + "\r\n\r\n" + get("")).done == 3u);
    BOOST_TEST(refused("\n" + get("")) == 400);
    BOOST_TEST(refused("\r" + get("")) == 400);
}
BOOST_AUTO_TEST_CASE(whether_the_connection_stays_open) {  // RFC 9112 9.3
    const auto stays = [](std::string_view version, std::string_view connection) {
        const auto out = read_all(head(std::string{"GET / HTTP/"} + std::string{version},
                                       "Connection: " + std::string{connection} + "\r\n"));
        BOOST_REQUIRE(out.keep_alive.size() == 1u);
        return out.keep_alive[0] == true;
    };
    BOOST_TEST(stays("1.1", "foo"));
    BOOST_TEST(stays("1.1", "keep-alive"));
    BOOST_TEST(!stays("1.1", "Close"));
    BOOST_TEST(!stays("1.1", "keep-alive, close"));
    BOOST_TEST(!stays("1.0", "foo"));
    BOOST_TEST(stays("1.0", "TE, Keep-Alive"));
    BOOST_TEST(!stays("1.0", "keep-alive, close"));
    BOOST_TEST(read_all(head("GET / HTTP/1.0", "Proxy-Connection: keep-alive\r\n")).keep_alive[0] ==
               false);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_with_a_bare_line_end_is_refused_as_soon_as_that_is_here) {
    for (const auto* body :
         {"5\nhello\r\n0\r\n\r\n", "5\r\nhello\n", "5\r\nhello\r\n0\n", "0\n", "0\n\n", "0\r\n\n",
          "5\r\nhello\r\n0\r\n\n", "0\r\nA: b\n", "0\r\nA: b\r\n\n", "5\rh", "x", "\n", "\r\n",
          "5;a=b\n", "00\n", "5\r\nhelloo"})
        BOOST_TEST(refused(chunked(body)) == 400, body);
    for (const auto* body : {"", "5", "5\r", "5\r\n", "5\r\nhello", "5\r\nhello\r", "0\r\n\r",
                             "0\r\nA: b\r\n\r", "5;a=\"b", "5\r\nhello\r\n0\r\n"})
        BOOST_TEST(refused(chunked(body)) == 0, body);
}
BOOST_AUTO_TEST_CASE(a_head_that_could_smuggle_a_request_is_refused) {
    // RFC 9112 6.1, 6.3: framing in two ways
    BOOST_TEST(refused(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "")) == 400);
    BOOST_TEST(refused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "")) == 400);
    for (const auto fields :
         {"Content-Length: 5\r\nContent-Length: 6\r\n",
          "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
          "Content-Length: 5,6\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n",
          "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n", "Content-Length: 5.0\r\n",
          "Content-Length:\r\n", "Content-Length: ,5\r\n", "Content-Length: 5,\r\n",
          "Content-Length: \"5\"\r\n", "Content-Length: 99999999999999999999\r\n",
          "Content-Length: 18446744073709551616\r\n", "Content-Length : 5\r\n",
          "Content-Length\t: 5\r\n"})
        BOOST_TEST(refused(post(fields, "hello")) == 400, fields);
    BOOST_TEST(refused(post("Content-Length: 18446744073709551615\r\n", "")) == 413);
    // RFC 9112 6.1: codings that are not known, and 6.3: bodies without an end
    for (const auto* coding : {"gzip, chunked", "deflate,gzip,chunked", ",chunked"})
        BOOST_TEST(
            refused(post("Transfer-Encoding: " + std::string{coding} + "\r\n", "0\r\n\r\n")) == 501,
            coding);
    for (const auto* coding :
         {"chunked, gzip", "chunked, x", "identity", "xchunked", "chunked;q=1", "\"chunked\"",
          "chunked,", "", "\"chunked", "chunked\"", "chunked, \"x", "\"x, chunked",
          "x;a=\"b, chunked", "chunked;a=\"b", "\"", "a b, chunked"})
        BOOST_TEST(
            refused(post("Transfer-Encoding: " + std::string{coding} + "\r\n", "0\r\n\r\n")) == 400,
            coding);
    BOOST_TEST(refused(post("Transfer-Encoding: \x0b"
                            "chunked\r\n",
                            "")) == 400);
    BOOST_TEST(refused(post("Transfer-Encoding : chunked\r\n", "")) == 400);
    BOOST_TEST(refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "")) ==
               400);
    BOOST_TEST(refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", "")) ==
               400);
    BOOST_TEST(refused(head("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n")) == 400);
    BOOST_TEST(read_all(post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n")).done == 1u);
}
BOOST_AUTO_TEST_CASE(lines_end_in_cr_lf_only) {  // RFC 9112 2.2
    for (const std::string_view wire :
         {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\r\nHost: a\n\n",
          "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r",
          "GET / HTTP/1.1\r\nHost: a\r\nX: b\nY: c\r\n\r\n", "GET /\r\n/ HTTP/1.1\r\n\r\n"})
        BOOST_TEST(refused(wire) == 400, printable(wire));
}
BOOST_AUTO_TEST_CASE(lines_are_not_folded) {  // RFC 9112 5.2
    for (const auto fields : {"X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X:\r\n b\r\n", " X: a\r\n"})
        BOOST_TEST(refused(get(fields)) == 400, fields);
    BOOST_TEST(refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == 400);
}
BOOST_AUTO_TEST_CASE(names_and_values_have_their_bytes_only) {  // RFC 9110 5.1, 5.5
    for (const std::string_view fields :
         {std::string_view{"X : a\r\n"}, std::string_view{": a\r\n"}, std::string_view{"X\r\n"},
          std::string_view{"X y: a\r\n"}, std::string_view{"X(: a\r\n"},
          std::string_view{"\xc3\xa9: a\r\n"}, std::string_view{"X: a\0b\r\n", 8},
          std::string_view{"X\0: b\r\n", 7}, std::string_view{"X: \x7f\r\n"},
          std::string_view{"X: \x01\r\n"}, std::string_view{"X: a\x0b\r\n"}})
        BOOST_TEST(refused(get(fields)) == 400, printable(fields));
    BOOST_TEST(read_all(get("!#$%&'*+-.^_`|~0Az: a:b\tc\r\n")).done == 1u);
}
BOOST_AUTO_TEST_CASE(the_request_line_has_three_parts_and_single_blanks) {  // RFC 9112 3
    for (const std::string_view line :
         {"GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET /",
          "GET HTTP/1.1", "G(T / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\t HTTP/1.1", "GET / http/1.1",
          "GET / HTTP/1.", "GET / HTTP/11", "GET / HTTP/1.1.1", "GET / HTTP/+1.1", "GET / HTTP 1.1",
          "GET / a HTTP/1.1", "/ HTTP/1.1", "\x16\x03\x01", "\x80 / HTTP/1.1"})
        BOOST_TEST(refused(head(line)) == 400, printable(line));
    BOOST_TEST(refused(head(std::string_view{"GET /\0 HTTP/1.1", 15})) == 400);
    BOOST_TEST(read_all(head("get-It! / HTTP/1.1")).requests[0].method == "get-It!");
}
BOOST_AUTO_TEST_CASE(other_versions_are_named_so) {  // RFC 9110 2.5
    for (const auto line : {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.2", "GET / HTTP/3.1"})
        BOOST_TEST(refused(head(line)) == 505, line);
    BOOST_TEST(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
}
BOOST_AUTO_TEST_CASE(a_request_has_exactly_one_valid_host) {  // RFC 9112 3.2
    const auto with = [](std::string_view fields) {
        return "GET / HTTP/1.1\r\n" + std::string{fields} + "\r\n";
    };
    BOOST_TEST(refused(with("")) == 400);
    BOOST_TEST(refused(with("Host: a\r\nHost: a\r\n")) == 400);
    for (const auto host : {"", "a b", "a/b", "a@b", "a:b", "a:80:80", "a,b c", "http://a", "[::1",
                            "[]", "[g::1]", "a:123456", ":80", "a?b", "a#b", "a\\b", "\xc3\xa9"})
        BOOST_TEST(refused(with("Host: " + std::string{host} + "\r\n")) == 400, host);
    for (const auto host : {"a", "a.b-c_d:80", "127.0.0.1:8480", "[::1]:8480", "[::1]", "a:"})
        BOOST_TEST(read_all(with("Host: " + std::string{host} + "\r\n")).done == 1u, host);
    BOOST_TEST(read_all("GET / HTTP/1.0\r\n\r\n").done == 1u);
    BOOST_TEST(refused("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400);
}
BOOST_AUTO_TEST_CASE(targets_of_other_forms) {  // RFC 9112 3.2
    for (const auto line :
         {"CONNECT a:443 HTTP/1.1", "CONNECT / HTTP/1.1", "GET a:443 HTTP/1.1", "GET * HTTP/1.1",
          "GET a HTTP/1.1", "GET ?a HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET http:///b HTTP/1.1",
          "GET http://u@a/b HTTP/1.1", "GET http://a\\b/ HTTP/1.1", "GET /#a HTTP/1.1",
          "GET /\xc3\xa9 HTTP/1.1", "OPTIONS *a HTTP/1.1"})
        BOOST_TEST(refused(head(line)) == 400, line);
    BOOST_TEST(read_all(head("OPTIONS * HTTP/1.1")).requests[0].target == "*");
}
BOOST_AUTO_TEST_CASE(an_absolute_target_outranks_host) {  // RFC 9112 3.2.2
    const auto read = [](std::string_view line) { return read_all(head(line)).requests.at(0); };
    const auto request = read("GET http://B.example:81/c?d=http://e/ HTTP/1.1");
    BOOST_TEST(request.target == "/c?d=http://e/");
    BOOST_TEST((request.fields == Fields{{"Host", "B.example:81"}}));
    BOOST_TEST(read("GET HTTP://b HTTP/1.1").target == "/");
    BOOST_TEST(read("GET https://b?q HTTP/1.1").target == "/?q");
    BOOST_TEST(read("OPTIONS http://b HTTP/1.1").target == "*");
}
BOOST_AUTO_TEST_CASE(heads_have_limits) {
    const auto target = [](std::size_t n) {
        return head("GET /" + std::string(n - 1, 'a') + " HTTP/1.1");
    };
    BOOST_TEST(read_all(target(most_target_bytes)).done == 1u);
    BOOST_TEST(refused(target(most_target_bytes + 1)) == 414);
    BOOST_TEST(refused(target(most_head_bytes)) == 414);
    const auto fields = [](std::size_t n) {
        std::string lines;
        for (std::size_t i = 1; i < n; ++i) lines += "X: y\r\n";
        return get(lines);
    };
    BOOST_TEST(read_all(fields(most_fields)).done == 1u);
    BOOST_TEST(refused(fields(most_fields + 1)) == 431);
    const auto long_head = [](std::size_t n) {
        const auto rest = get("X: \r\n").size();
        return get("X: " + std::string(n - rest, 'a') + "\r\n");
    };
    BOOST_TEST(read_all(long_head(most_head_bytes)).done == 1u);
    BOOST_TEST(refused(long_head(most_head_bytes + 1)) == 431);
}

BOOST_AUTO_TEST_CASE(odd_chunks_are_refused) {  // RFC 9112 7.1
    for (const std::string_view body : {"+5\r\nhello\r\n0\r\n\r\n",
                                        "-5\r\nhello\r\n0\r\n\r\n",
                                        "0x5\r\nhello\r\n0\r\n\r\n",
                                        " 5\r\nhello\r\n0\r\n\r\n",
                                        "5 \r\nhello\r\n0\r\n\r\n",
                                        "\r\nhello\r\n0\r\n\r\n",
                                        "g\r\nhello\r\n0\r\n\r\n",
                                        "5\nhello\r\n0\r\n\r\n",
                                        "5\rhello\r\n0\r\n\r\n",
                                        "5\r\nhello0\r\n\r\n",
                                        "5\r\nhello\n0\r\n\r\n",
                                        "5\r\nhello\r0\r\n\r\n",
                                        "5\r\nhello!\r\n0\r\n\r\n",
                                        "5\r\nhello\r\n0\n\r\n\r\n",
                                        "5\r\nhell\r\n0\r\n\r\n",
                                        "5;\r\nhello\r\n0\r\n\r\n",
                                        "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
                                        "5;a\nb\r\nhello\r\n0\r\n\r\n",
                                        "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
                                        "5 a\r\nhello\r\n0\r\n\r\n",
                                        "5.0\r\nhello\r\n0\r\n\r\n",
                                        "00000000000000005\r\nhello\r\n0\r\n\r\n",
                                        "5\r\nhello\r\n00000000000000000\r\n\r\n",
                                        "10000000000000000\r\n",
                                        "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
                                        "5\r\nhello\r\n0\r\nX: y\n\r\n\r\n",
                                        "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
                                        "5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"})
        BOOST_TEST(refused(chunked(body)) == 400, printable(body));
    for (const auto size : {"ffffffffffffffff", "8000000000000000"})
        BOOST_TEST(refused(chunked(std::string{size} + "\r\nhello")) == 413, size);
    BOOST_TEST(refused(chunked("5\r\nhello\r\n7fffffffffffffff\r\nhello")) == 413);
    for (const auto body :
         {"0000000000000005\r\nhello\r\n0\r\n\r\n", "5 ; a = \"b\\\"c\" ;d\r\nhello\r\n0\r\n\r\n"})
        BOOST_TEST(read_all(chunked(body)).bodies[0] == "hello", body);
}
BOOST_AUTO_TEST_CASE(the_framing_between_chunks_has_limits) {
    const std::string name(1000, 'a');
    std::string many;
    for (int i = 0; i < 10; ++i) many += "1;" + name + "\r\nx\r\n";
    BOOST_TEST(refused(chunked(many)) == 400);
    BOOST_TEST(refused(chunked("1;" + std::string(most_head_bytes + 10, 'a'))) == 431);
    BOOST_TEST(refused(chunked("0\r\nX: " + std::string(most_head_bytes + 10, 'a'))) == 431);
    BOOST_TEST(read_all(chunked("0\r\nX: " + std::string(8000, 'a') + "\r\n\r\n"), 100).done == 1u);
}

BOOST_AUTO_TEST_CASE(a_response_head_is_read_as_it_was_sent) {
    const auto head = parse_response_head(
        "HTTP/1.1 404 Not Here\r\nDate: d\r\nX:  \t a \t\r\nContent-Length: 5\r\n\r\n");
    BOOST_REQUIRE(head);
    BOOST_TEST(head->status == 404);
    BOOST_TEST((head->fields == Fields{{"Date", "d"}, {"X", "a"}, {"Content-Length", "5"}}));
    for (const auto good :
         {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 100 \r\n\r\n", "HTTP/1.1 599 x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"})
        BOOST_TEST(static_cast<bool>(parse_response_head(good)), good);
}
BOOST_AUTO_TEST_CASE(odd_response_heads_are_malformed) {
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (std::size_t i = 0; i <= most_fields; ++i) many += "X: y\r\n";
    for (const auto& bad : std::initializer_list<std::string>{
             "",
             "\r\n",
             "HTTP/1.1 200 OK\r\n",
             "HTTP/1.1 200 OK\n\n",
             "HTTP/1.1 200 OK\r\nX: y\n\r\n",
             "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
             "HTTP/1.1 200 OK\r\n X: a\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
             "HTTP/1.1 200 OK\r\n: a\r\n\r\n",
             "HTTP/1.1 200 OK\r\nX\r\n\r\n",
             std::string{"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", 25},
             "HTTP/1.1 099 OK\r\n\r\n",
             "HTTP/1.1 600 OK\r\n\r\n",
             "HTTP/1.1 20 OK\r\n\r\n",
             "HTTP/1.1 2000 OK\r\n\r\n",
             "HTTP/1.1 +20 OK\r\n\r\n",
             "HTTP/2.0 200 OK\r\n\r\n",
             "ICY 200 OK\r\n\r\n",
             "HTTP/1.1 200 OK\r\n\r\nX: y\r\n\r\n",
             "HTTP/1.1  200 OK\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
             many + "\r\n"})
        BOOST_TEST(!parse_response_head(bad), printable(bad));
}

BOOST_AUTO_TEST_CASE(a_target_is_decoded_once_and_split) {  // RFC 3986 2.4
    const auto parsed = parse_target("/songs/a%2eb%20c/x?q=%2F&b");
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->path == "/songs/a.b c/x");
    BOOST_TEST(parsed->query == "q=%2F&b");
    BOOST_TEST(parse_target("/")->path == "/");
    BOOST_TEST(parse_target("/?")->query == "");
    BOOST_TEST(parse_target("http://a:80/b/c?d")->path == "/b/c");
    BOOST_TEST(parse_target("http://a?d")->query == "d");
    BOOST_TEST(parse_target("/a..b/.c/d./e")->path == "/a..b/.c/d./e");
}
BOOST_AUTO_TEST_CASE(no_encoding_leads_out_of_the_tree) {
    for (const std::string_view target : {"/..",
                                          "/../etc/passwd",
                                          "/a/../../etc/passwd",
                                          "/a/..",
                                          "/.",
                                          "/./a",
                                          "/a/./b",
                                          "/%2e%2e/a",
                                          "/%2E%2E/a",
                                          "/.%2e/a",
                                          "/%2e./a",
                                          "/a/%2e%2e",
                                          "/%2e/a",
                                          "/..%2fa",
                                          "/..%2Fa",
                                          "/%2e%2e%2fa",
                                          "/a%2f..%2fb",
                                          "/..\\a",
                                          "/..%5ca",
                                          "/%2e%2e%5ca",
                                          "/a%5C..%5Cb",
                                          "/a\\..\\b",
                                          "/a%2fb",
                                          "/a%2Fb",
                                          "/a%5cb",
                                          "/a\\b",
                                          "/a%25b",
                                          "/%252e%252e/a",
                                          "/%252e%252e%252fa",
                                          "/..%252fa",
                                          "/..%255ca",
                                          "/%c0%ae%c0%ae/a",
                                          "/..%c0%afa",
                                          "/%e0%80%ae%e0%80%ae/a",
                                          "/%ef%bc%8e%ef%bc%8e/a",
                                          "/%u002e%u002e/a",
                                          "/..%u2215a",
                                          "/..;/a",
                                          "/..;x=y/a",
                                          "/%2e%2e;/a",
                                          "/..%20/a",
                                          "/....//a",
                                          "/..%00/a",
                                          "/a%00.ogg",
                                          "/..%09/a",
                                          "/..%0d%0a/a",
                                          "/%2",
                                          "/%",
                                          "/%zz",
                                          "/%-1",
                                          "/%+1",
                                          "/%0x",
                                          "/a%7f",
                                          "/a\x7f",
                                          "/\xc3\xa9",
                                          "/a#b",
                                          "/a b",
                                          "a",
                                          "..",
                                          "*",
                                          "",
                                          "//..",
                                          "http://a/../b",
                                          "ftp://a/b",
                                          "http://a/%2e%2e/b",
                                          "http://u@a/b"})
        BOOST_TEST(!parse_target(target), target);
}
BOOST_AUTO_TEST_CASE(values_of_a_query_are_decoded) {
    const std::string_view query = "a=1&b=x%20y+z&c&=d&a=2&e%3d=%3D%26&bad=%4";
    BOOST_TEST(*query_value(query, "a") == "1");
    BOOST_TEST(*query_value(query, "b") == "x y z");
    BOOST_TEST(*query_value(query, "c") == "");
    BOOST_TEST(*query_value(query, "") == "d");
    BOOST_TEST(*query_value(query, "e=") == "=&");
    BOOST_TEST(!query_value(query, "bad").has_value());
    BOOST_TEST(!query_value(query, "z").has_value());
    BOOST_TEST(!query_value("", "a").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
