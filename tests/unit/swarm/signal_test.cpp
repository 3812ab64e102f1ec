// Signals between WebRTC peers: what is read, printed, refused and passed on.
#include "swarm/signal.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto;
using namespace stretto::swarm;

namespace {

const std::string one(26, 'a'), two(26, 'b');
Ip ip(const char* text) { return *parse_ip(text); }

Signal offer() {
    Signal s;
    s.from = one;
    s.to = two;
    s.token = "0123456789abcdef";
    s.session = "s1";
    s.ufrag = "uF/+";
    s.password = std::string(22, 'p');
    s.fingerprint = std::string(64, 'f');
    s.candidates = {
        {Candidate::Type::host, "10.0.0.7", 50000, 2122260223},
        {Candidate::Type::srflx, "198.51.100.7", 50001, 1686052607},
        {Candidate::Type::host, "0f1e2d3c-aaaa-bbbb-cccc-0123456789ab.local", 50002, 1}};
    return s;
}

std::vector<std::string> passed(std::vector<Candidate> candidates, const char* from,
                                const char* to) {
    pass_on(candidates, ip(from), ip(to));
    std::vector<std::string> left;
    for (const auto& candidate : candidates) left.push_back(candidate.address);
    return left;
}
Candidate host(const char* address, int port = 40000) {
    return {Candidate::Type::host, address, port, 1};
}
Candidate srflx(const char* address) { return {Candidate::Type::srflx, address, 40000, 1}; }
using Addresses = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_signal)

BOOST_AUTO_TEST_CASE(a_printed_signal_is_parsed_back) {
    auto said = offer();
    BOOST_TEST((*parse_signal(print_signal(said)) == said));
    said.kind = Signal::Kind::answer;
    said.active = true;
    BOOST_TEST((*parse_signal(print_signal(said)) == said));
    Signal no;
    no.kind = Signal::Kind::no;
    no.from = one;
    no.session = "s1";
    BOOST_TEST((*parse_signal(print_signal(no)) == no));
    BOOST_TEST(parse_signals("[" + print_signal(said) + "," + print_signal(no) + "]")->size() ==
               2u);
}

BOOST_AUTO_TEST_CASE(every_signal_cut_short_is_malformed) {
    const auto whole = print_signal(offer());
    for (std::size_t n = 0; n < whole.size(); ++n)
        BOOST_TEST(!parse_signal(whole.substr(0, n)), whole.substr(0, n));
}

BOOST_AUTO_TEST_CASE(fields_out_of_bounds_are_refused) {
    const auto refused = [](auto change) {
        auto s = offer();
        change(s);
        return !parse_signal(print_signal(s));
    };
    BOOST_TEST(refused([](Signal& s) { s.from = "short"; }));
    BOOST_TEST(refused([](Signal& s) { s.from = std::string(26, 'u'); }));  // no letter of base32
    BOOST_TEST(refused([](Signal& s) { s.ufrag = "abc"; }));
    BOOST_TEST(refused([](Signal& s) { s.ufrag = std::string(33, 'a'); }));
    BOOST_TEST(refused([](Signal& s) { s.ufrag = "a\r\nb="; }));  // a line of SDP
    BOOST_TEST(refused([](Signal& s) { s.password = std::string(21, 'p'); }));
    BOOST_TEST(refused([](Signal& s) { s.password = std::string(257, 'p'); }));
    BOOST_TEST(refused([](Signal& s) { s.fingerprint = std::string(64, 'F'); }));
    BOOST_TEST(refused([](Signal& s) { s.fingerprint.pop_back(); }));
    BOOST_TEST(refused([](Signal& s) { s.session = std::string(33, 's'); }));
    BOOST_TEST(refused([](Signal& s) { s.candidates.assign(9, host("10.0.0.1")); }));
    BOOST_TEST(refused([](Signal& s) { s.candidates = {host("example.org")}; }));
    BOOST_TEST(refused([](Signal& s) { s.candidates = {host("a b.local")}; }));
    BOOST_TEST(refused([](Signal& s) { s.candidates = {host("10.0.0.1", 0)}; }));
    BOOST_TEST(refused([](Signal& s) { s.candidates = {host("10.0.0.1", 65536)}; }));
    BOOST_TEST(!parse_signal(std::string(most_signal_bytes + 1, ' ')));
    BOOST_TEST(!parse_signal("[]"));
    BOOST_TEST(!parse_signal(R"({"kind":"hangup","from":")" + one + R"(","session":"s"})"));
}

BOOST_AUTO_TEST_CASE(other_networks_get_only_the_address_that_the_tracker_sees) {
    BOOST_TEST(passed({srflx("198.51.100.7"), srflx("203.0.113.9"), host("198.51.100.7"),
                       host("10.0.0.7"), host("192.168.1.2"), host("x.local")},
                      "198.51.100.7", "203.0.113.1") == Addresses{"198.51.100.7"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(behind_one_public_address_only_private_addresses_are_forwarded_too) {
    const auto left =
        passed({host("10.0.0.7"), host("192.168.1.2"), host("100.64.0.1"), host("8.8.8.8"),
                host("198.51.100.7"), host("abc-1.local"), host("127.0.0.1"), host("224.0.0.1"),
                host("10.0.0.8", 1023), host("fe80::1"), host("fd00::1"), host("2001:db8::1")},
               "198.51.100.7", "198.51.100.7");
    const Addresses expected{"10.0.0.7",    "192.168.1.2", "100.64.0.1", "198.51.100.7",
                             "abc-1.local", "fe80::1",     "fd00::1"};
    BOOST_TEST(left == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(peers_in_one_48_of_ipv6_count_as_behind_one_address) {
    BOOST_TEST(passed({host("2001:db8::7"), host("2001:db8:0:1::7")}, "2001:db8::1",
                      "2001:db8::2") == Addresses{"2001:db8::7"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(loopback_addresses_are_forwarded_only_between_peers_on_loopback) {
    BOOST_TEST(passed({host("127.0.0.1"), host("::1")}, "127.0.0.1", "127.0.0.1").size() == 2u);
    BOOST_TEST(passed({host("127.0.0.1"), host("::1")}, "198.51.100.7", "198.51.100.7").empty());
    BOOST_TEST(passed({host("127.0.0.1")}, "127.0.0.1", "198.51.100.7").empty());
}

BOOST_AUTO_TEST_SUITE_END()
