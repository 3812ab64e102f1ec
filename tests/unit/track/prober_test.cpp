// Connections to sockets of this machine, which accept or do not.
#include "track/prober.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

using namespace stretto;
using namespace stretto::track;

namespace {

/// Where nothing listens: bound, so that nobody else takes it.
struct Deaf {
    Deaf() {
        const auto any = net::parse_listen("127.0.0.1:0");
        sockaddr_storage raw{};
        socklen_t size = sizeof raw;
        socket = File{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        BOOST_REQUIRE(::bind(socket.fd(), (*any)[0].raw(), (*any)[0].size()) == 0);
        BOOST_REQUIRE(::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&raw), &size) == 0);
        at = endpoint_of(net::Address{raw});
    }
    File socket;
    swarm::Endpoint at;
};

struct Probing {
    explicit Probing(const Prober::Limits& limits = {}) : prober(loop, limits) {}
    void connect(const swarm::Endpoint& to) {
        ++under_way;
        prober.connect(to, [this](bool reached) {
            ++(reached ? yes : no);
            if (--under_way == 0) loop.stop();
        });
    }
    net::Loop loop;
    Prober prober;
    int yes = 0, no = 0, under_way = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(track_prober)

BOOST_AUTO_TEST_CASE(addresses_are_the_same_in_both_forms) {
    for (const auto* text : {"127.0.0.1:80", "[2001:db8::1]:8490", "[::]:1"}) {
        const auto address = (*net::parse_listen(text))[0];
        BOOST_TEST(address_of(endpoint_of(address)).print() == text);
    }
    const swarm::Endpoint v4{*swarm::parse_ip("192.0.2.1"), 80};
    BOOST_TEST((endpoint_of(address_of(v4)) == v4));
    BOOST_TEST(address_of(v4).print() == "192.0.2.1:80");
}

BOOST_AUTO_TEST_CASE(it_distinguishes_open_and_closed_ports) {
    const auto listeners = net::listen((*net::parse_listen("127.0.0.1:0"))[0], 1);
    const Deaf deaf;
    Probing p;
    p.connect(endpoint_of(net::local_address(listeners[0].fd())));
    p.connect(deaf.at);
    BOOST_TEST(p.yes + p.no == 0);  // not before connect() has returned
    p.loop.run();
    BOOST_TEST(p.yes == 1);
    BOOST_TEST(p.no == 1);
    BOOST_TEST(p.prober.under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(a_silent_peer_is_given_up) {
    const Deaf full;
    BOOST_REQUIRE(::listen(full.socket.fd(), 0) == 0);
    Prober::Limits limits;
    limits.time = std::chrono::milliseconds{50};
    Probing p{limits};
    for (int i = 0; i < 8; ++i) p.connect(full.at);  // more than its queue holds
    p.loop.run();
    BOOST_TEST(p.no >= 4);
    BOOST_TEST(p.yes + p.no == 8);
}

BOOST_AUTO_TEST_CASE(networks_take_turns_and_too_many_waiting_requests_are_refused) {
    const auto listeners = net::listen((*net::parse_listen("127.0.1.1:0"))[0], 1);
    const auto here = endpoint_of(net::local_address(listeners[0].fd()));
    const Deaf deaf;
    Prober::Limits limits;
    limits.at_once = 4, limits.of_network = 2, limits.waiting_of_network = 10;
    Probing p{limits};
    for (int i = 0; i < 30; ++i) p.connect(deaf.at);
    BOOST_TEST(p.prober.waiting() == 10u);
    p.connect(here);
    p.loop.run();
    BOOST_TEST(p.no == 30);
    BOOST_TEST(p.yes == 1);
    BOOST_TEST(p.prober.waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
