#include "web/heads.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::web;

namespace {

const std::string hash(64, 'a');

/// As Chromium says it.
std::string chromium() {
    std::string fingerprint;
    for (int i = 0; i < 32; ++i) fingerprint += i > 0 ? ":AA" : "AA";
    return "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
           "a=group:BUNDLE 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
           "a=candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host generation 0\r\n"
           "a=candidate:2 1 tcp 1518157055 127.0.0.1 9 typ host tcptype active\r\n"
           "a=candidate:3 1 UDP 1677729535 192.0.2.7 50001 typ srflx raddr 0.0.0.0 rport 0\r\n"
           "a=candidate:4 1 udp 1 192.0.2.8 50002 typ relay raddr 0.0.0.0 rport 0\r\n"
           "a=ice-ufrag:Ab1+\r\na=ice-pwd:0123456789012345678901\r\n"
           "a=fingerprint:sha-256 " +
           fingerprint + "\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(web_heads)

BOOST_AUTO_TEST_CASE(a_browsers_description_becomes_five_fields) {
    const auto signal = parse_sdp(chromium());
    BOOST_REQUIRE(bool(signal));
    BOOST_TEST(signal->ufrag == "Ab1+");
    BOOST_TEST(signal->password == "0123456789012345678901");
    BOOST_TEST(signal->fingerprint == hash);
    BOOST_TEST(!signal->active);
    using Type = swarm::Candidate::Type;
    const std::vector<swarm::Candidate> wanted{{Type::host, "127.0.0.1", 50000, 2113937151},
                                               {Type::srflx, "192.0.2.7", 50001, 1677729535}};
    BOOST_TEST((signal->candidates == wanted));
}
BOOST_AUTO_TEST_CASE(what_is_printed_is_read_as_the_same) {
    auto signal = *parse_sdp(chromium());
    for (const auto kind : {swarm::Signal::Kind::offer, swarm::Signal::Kind::answer})
        for (const bool active : {false, true}) {
            signal.kind = kind;
            signal.active = active && kind == swarm::Signal::Kind::answer;
            auto again = parse_sdp(print_sdp(signal));
            BOOST_REQUIRE(bool(again));
            again->kind = kind;
            BOOST_TEST((*again == signal));
        }
}
BOOST_AUTO_TEST_CASE(a_description_without_what_matters_is_malformed) {
    for (const auto* line : {"a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:sha-256 "}) {
        auto sdp = chromium();
        sdp.replace(sdp.find(line), 3, "b=i");
        BOOST_TEST(!parse_sdp(sdp), line);
    }
    BOOST_TEST(!parse_sdp(""));
    std::string many = chromium();
    for (int i = 0; i < 50; ++i) many += "a=candidate:1 1 udp 1 192.0.2.1 2000 typ host\r\n";
    BOOST_TEST(parse_sdp(many)->candidates.size() == swarm::most_candidates);
}
BOOST_AUTO_TEST_CASE(every_prefix_of_a_request_is_malformed) {
    const std::string head =
        "GET /songs/x/96/index HTTP/1.1\r\nHost: peer\r\nRange:  bytes=0-9 \r\n\r\n";
    const auto request = parse_request_head(head);
    BOOST_REQUIRE(bool(request));
    BOOST_TEST(request->method == "GET");
    BOOST_TEST(request->target == "/songs/x/96/index");
    BOOST_TEST(*request->fields.find("range") == "bytes=0-9");
    for (std::size_t n = 0; n < head.size(); ++n)
        BOOST_TEST(!parse_request_head(head.substr(0, n)), n);
    BOOST_TEST(!parse_request_head(head + "x"));
}
BOOST_AUTO_TEST_CASE(what_could_mean_two_things_is_malformed) {
    for (const auto* bad :
         {"GET  /x HTTP/1.1\r\n\r\n", "GET x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n",
          "GET /x HTTP/1.1\r\nA : b\r\n\r\n", "GET /x HTTP/1.1\r\n a: b\r\n\r\n",
          "GET /x HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "GET /x HTTP/1.1\nA: b\n\n",
          "GET /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "G\xc3T /x HTTP/1.1\r\n\r\n",
          "GET /x HTTP/1.1\r\nA: b\rc\r\n\r\n", "GET /\x7f HTTP/1.1\r\n\r\n"})
        BOOST_TEST(!parse_request_head(bad), bad);
    for (const auto* bad :
         {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nx\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
          "HTTP/1.1 9999 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nx"})
        BOOST_TEST(!parse_response_head(bad), bad);
    const auto good = parse_response_head("HTTP/1.1 206 Partial Content\r\nA: b\r\n\r\n");
    BOOST_REQUIRE(bool(good));
    BOOST_TEST(good->status == 206);
    BOOST_TEST(*good->fields.find("a") == "b");
}

BOOST_AUTO_TEST_SUITE_END()
