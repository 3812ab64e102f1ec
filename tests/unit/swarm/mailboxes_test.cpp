// Mailboxes of WebRTC peers at a tracker, in virtual time.
#include "swarm/mailboxes.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>

using namespace stretto;
using namespace stretto::swarm;

namespace {

const std::string one(26, 'a'), two(26, 'b');
Ip ip(const char* text) { return *parse_ip(text); }
const Ip here = ip("192.0.2.1"), there = ip("198.51.100.7");

struct Desk {
    explicit Desk(MailboxLimits limits = {})
        : boxes(limits, std::make_unique<PlainSeal>(3),
                [this](const Endpoint& peer, bool waits) { proved.emplace_back(peer, waits); }) {}

    /// What was delivered; it may come later.
    std::shared_ptr<std::optional<std::string>> wait(const std::string& id, const Ip& at,
                                                     std::uint64_t ms = 25'000) {
        auto came = std::make_shared<std::optional<std::string>>();
        BOOST_REQUIRE(boxes.wait(id, at, now, ms, [came](std::string list) { *came = list; }));
        return came;
    }
    Mailboxes::Posted post(const std::string& to, Signal::Kind kind = Signal::Kind::answer,
                           const Ip& from = there) {
        Signal s;
        s.kind = kind;
        s.from = two;
        s.to = to;
        s.token = "secret";
        s.session = "s";
        s.ufrag = "ufra";
        s.password = std::string(22, 'p');
        s.fingerprint = std::string(64, '0');
        return boxes.post(s, from, now);
    }
    void pass(std::uint64_t ms) { boxes.expire(now += ms); }

    std::uint64_t now = 7'200'000;
    std::vector<std::pair<Endpoint, bool>> proved;
    Mailboxes boxes;
};
using Posted = Mailboxes::Posted;

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_mailboxes)

BOOST_AUTO_TEST_CASE(a_network_fills_its_own_share_of_the_mailboxes) {
    Desk d{{.of_prefix = {3, 6, 12, 24}}};
    const auto id = [](int i) { return std::string(24, 'a') + std::to_string(10 + i); };
    const auto enter = [&](int i, const char* at) {
        return d.boxes.enter(id(i), ip(at), d.now).port != 0;
    };
    for (int i = 0; i < 3; ++i) BOOST_TEST(enter(i, "2001:db8::7"));
    BOOST_TEST(!enter(3, "2001:db8::8"));  // the same /64
    BOOST_TEST(enter(0, "2001:db8::7"));   // who is here stays
    for (int i = 0; i < 3; ++i) BOOST_TEST(enter(i, "2001:db8:0:1::7"));
    BOOST_TEST(!enter(3, "2001:db8:0:2::7"));  // the same /56
    BOOST_TEST(enter(3, "192.0.2.1"));
    // and when they are forgotten, there is room again
    for (int i = 0; i < 10; ++i) d.pass(100'000);
    BOOST_TEST(enter(3, "2001:db8::8"));
}

BOOST_AUTO_TEST_CASE(a_waiting_peer_gets_a_signal_at_once_and_without_the_token) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    const auto came = d.wait(one, here);
    BOOST_TEST(!*came);
    BOOST_TEST((d.post(one) == Posted::taken));
    BOOST_REQUIRE(*came);
    const auto list = parse_signals(**came);
    BOOST_REQUIRE(list);
    BOOST_REQUIRE(list->size() == 1u);
    BOOST_TEST(list->front().from == two);
    BOOST_TEST(list->front().token == "");
    BOOST_TEST(d.boxes.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(a_signal_between_two_polls_waits) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    d.wait(one, here);
    d.post(one);
    d.pass(1000);
    BOOST_TEST((d.post(one) == Posted::taken));
    BOOST_TEST((d.post(one) == Posted::taken));
    const auto came = d.wait(one, here);
    BOOST_REQUIRE(*came);
    BOOST_TEST(parse_signals(**came)->size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_poll_gets_no_signals) {
    Desk d;
    BOOST_TEST((d.post(one) == Posted::nobody_waits));
    d.boxes.enter(one, here, d.now);
    BOOST_TEST((d.post(one) == Posted::nobody_waits));
    const auto came = d.wait(one, here);
    d.pass(25'000);
    BOOST_REQUIRE(*came);
    BOOST_TEST(**came == "");
    d.pass(4'999);
    BOOST_TEST((d.post(one) == Posted::taken));
    d.pass(1);
    BOOST_TEST((d.post(one) == Posted::nobody_waits));
}

BOOST_AUTO_TEST_CASE(a_mailbox_holds_eight_for_half_a_minute) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    d.wait(one, here, 0);
    for (int i = 0; i < 8; ++i) BOOST_TEST((d.post(one) == Posted::taken));
    BOOST_TEST((d.post(one) == Posted::mailbox_full));
}

BOOST_AUTO_TEST_CASE(old_signals_are_not_delivered) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    d.wait(one, here, 0);
    d.post(one);
    d.pass(30'000);
    BOOST_TEST(!*d.wait(one, here));
}

BOOST_AUTO_TEST_CASE(a_second_poll_ends_the_first) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    const auto first = d.wait(one, here), second = d.wait(one, here);
    BOOST_REQUIRE(*first);
    BOOST_TEST(**first == "");
    d.post(one);
    BOOST_TEST(second->value().size() > 2u);
    BOOST_TEST(**first == "");
}

BOOST_AUTO_TEST_CASE(a_peer_that_reconnects_gets_its_waiting_signals) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    const auto came = d.wait(one, here);
    d.boxes.gone(one, here, d.now);
    d.post(one);
    BOOST_TEST(!*came);
    BOOST_TEST(d.wait(one, here)->has_value());
}

BOOST_AUTO_TEST_CASE(offers_of_a_network_are_rationed_and_answers_are_not) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    const auto offers = [&](const char* from) {
        int taken = 0;
        for (int i = 0; i < 100; ++i) {
            d.wait(one, here);
            taken += d.post(one, Signal::Kind::offer, ip(from)) == Posted::taken;
        }
        return taken;
    };
    BOOST_TEST(offers("203.0.113.1") == 30);
    BOOST_TEST(offers("203.0.113.2") == 0);  // of the same /24
    BOOST_TEST(offers("203.0.114.1") == 30);
    d.wait(one, here);
    BOOST_TEST((d.post(one, Signal::Kind::answer, ip("203.0.113.1")) == Posted::taken));
    d.now += 10'000;
    BOOST_TEST(offers("203.0.113.1") == 5);
}

BOOST_AUTO_TEST_CASE(tokens_are_of_one_peer_in_one_network_for_an_hour_or_two) {
    Desk d;
    const auto token = d.boxes.token(one, here, d.now);
    const auto valid = [&](const std::string& id, const char* at) {
        return d.boxes.is_valid(token, id, ip(at), d.now);
    };
    BOOST_TEST(valid(one, "192.0.2.1"));
    BOOST_TEST(valid(one, "192.0.2.99"));
    BOOST_TEST(!valid(one, "192.0.3.1"));
    BOOST_TEST(!valid(two, "192.0.2.1"));
    BOOST_TEST(!d.boxes.is_valid("", one, here, d.now));
    auto forged = token;
    forged.back() = forged.back() == '0' ? '1' : '0';
    BOOST_TEST(!d.boxes.is_valid(forged, one, here, d.now));
    d.now += 3'600'000;
    BOOST_TEST(valid(one, "192.0.2.1"));
    d.now += 3'600'000;
    BOOST_TEST(!valid(one, "192.0.2.1"));
}

BOOST_AUTO_TEST_CASE(a_peer_is_proved_by_its_first_poll) {
    Desk d;
    const auto peer = d.boxes.enter(one, here, d.now);
    BOOST_TEST(peer.is_rtc());
    BOOST_TEST(peer.port > 0);
    d.boxes.prove(one, here, d.now);
    BOOST_TEST(d.proved.empty());
    d.wait(one, here);
    BOOST_REQUIRE(d.proved.size() == 1u);
    BOOST_TEST((d.proved[0] == std::pair{peer, true}));
    d.wait(one, here);
    BOOST_TEST(d.proved.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_never_polls_is_not_proved) {
    Desk d;
    const auto peer = d.boxes.enter(one, here, d.now);
    d.boxes.prove(one, here, d.now);
    d.pass(9'999);
    BOOST_TEST(d.proved.empty());
    d.pass(1);
    BOOST_REQUIRE(d.proved.size() == 1u);
    BOOST_TEST((d.proved[0] == std::pair{peer, false}));
}

BOOST_AUTO_TEST_CASE(a_peer_keeps_its_number_until_it_is_forgotten) {
    Desk d{{.ttl_ms = 100'000}};
    const auto peer = d.boxes.enter(one, here, d.now);
    for (int i = 0; i < 10; ++i) {
        d.pass(50'000);
        BOOST_TEST((d.boxes.enter(one, here, d.now) == peer));
    }
    BOOST_TEST((d.boxes.enter(two, here, d.now) != peer));
    BOOST_TEST((d.boxes.enter(one, there, d.now).ip == there));
    BOOST_TEST(d.boxes.size() == 3u);
    for (int i = 0; i < 12; ++i) d.pass(10'000);
    BOOST_TEST(d.boxes.size() == 0u);
}

BOOST_AUTO_TEST_CASE(mailboxes_are_limited_per_address_and_in_total) {
    Desk d{{.peers = 1500, .of_prefix = {5000, 5000, 5000, 5000}}};
    const auto id = [](int n) {
        std::string text(26, '0');
        for (auto at = text.rbegin(); n > 0; n /= 10, ++at) *at = static_cast<char>('0' + n % 10);
        return text;
    };
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 1023; ++i) ports.insert(d.boxes.enter(id(i), here, d.now).port);
    BOOST_TEST(ports.size() == 1023u);
    BOOST_TEST(!ports.contains(0));
    BOOST_TEST(d.boxes.enter(id(5000), here, d.now).port == 0u);
    int more = 0;
    for (int i = 0; i < 1000; ++i) more += d.boxes.enter(id(i), there, d.now).port > 0;
    BOOST_TEST(more == 1500 - 1023);
}

// The next request of a connection has come already, and is read as soon as the one before it is
// answered.
BOOST_AUTO_TEST_CASE(a_poll_may_follow_another_before_its_answer_is_out) {
    Desk d;
    d.boxes.enter(one, here, d.now);
    int polls = 0;
    const std::function<void(std::string)> again = [&](const std::string&) {
        if (++polls < 20) d.boxes.wait(one, here, d.now, 25'000, again);
    };
    BOOST_REQUIRE(d.boxes.wait(one, here, d.now, 25'000, again));
    d.wait(one, here, 1'000);
    for (int i = 0; i < 400; ++i) {
        d.now += 1'000;
        d.boxes.expire(d.now);
    }
    BOOST_TEST(d.boxes.size() == 0u);
    BOOST_TEST(d.boxes.waiting() == 0u);
    d.boxes.enter(one, here, d.now);
    polls = 0;
    BOOST_REQUIRE(d.boxes.wait(one, here, d.now, 25'000, again));
    d.boxes.end_all();
    BOOST_TEST(polls == 20);
    BOOST_TEST(d.boxes.waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
