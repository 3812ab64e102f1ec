#include "swarm/tickets.hpp"

#include <boost/test/unit_test.hpp>

using namespace stretto::swarm;

namespace {

constexpr std::uint64_t hour = 3'600'000, now = 1000 * hour + 1;
constexpr Network here = 7;

std::string text(const Tickets::Ticket& ticket) { return {ticket.data(), ticket.size()}; }

}  // namespace

BOOST_AUTO_TEST_SUITE(swarm_tickets)

BOOST_AUTO_TEST_CASE(a_ticket_counts_once) {
    Tickets tickets{std::make_unique<PlainSeal>(1)};
    const auto ticket = text(tickets.issue(42, here, now));
    BOOST_TEST(tickets.redeem(ticket, here, now).value_or(0) == 42u);
    BOOST_TEST(!tickets.redeem(ticket, here, now));
    BOOST_TEST(!tickets.redeem(ticket, here, now + hour));
    // a network gets the same ticket for the same peer within an hour, so asking again is no second
    // vote
    BOOST_TEST(text(tickets.issue(42, here, now + hour / 2)) == ticket);
}

BOOST_AUTO_TEST_CASE(it_is_for_one_peer_and_one_network) {
    Tickets tickets{std::make_unique<PlainSeal>(1)};
    const auto ticket = text(tickets.issue(42, here, now));
    BOOST_TEST(!tickets.redeem(ticket, here + 1, now));
    auto other = ticket;
    other[15] = 'b';  // peer 43
    BOOST_TEST(!tickets.redeem(other, here, now));
    BOOST_TEST(!Tickets(std::make_unique<PlainSeal>(9)).redeem(ticket, here, now));
    BOOST_TEST(bool(tickets.redeem(ticket, here, now)));
}

BOOST_AUTO_TEST_CASE(it_holds_for_this_hour_and_the_next) {
    Tickets tickets{std::make_unique<PlainSeal>(1)};
    const auto early = text(tickets.issue(1, here, now)), late = text(tickets.issue(2, here, now));
    BOOST_TEST(bool(tickets.redeem(early, here, now + hour)));
    BOOST_TEST(!tickets.redeem(late, here, now + 2 * hour));
    BOOST_TEST(!tickets.redeem(late, here, now - hour));
}

BOOST_AUTO_TEST_CASE(a_used_ticket_is_remembered_while_it_is_valid) {
    Tickets tickets{std::make_unique<PlainSeal>(1)};
    const auto ticket = text(tickets.issue(1, here, now));
    BOOST_TEST(bool(tickets.redeem(ticket, here, now)));
    // the next hour's tickets have a table of their own
    for (std::uint64_t peer = 0; peer < 100; ++peer)
        BOOST_TEST(
            bool(tickets.redeem(text(tickets.issue(peer, here, now + hour)), here, now + hour)));
    BOOST_TEST(!tickets.redeem(ticket, here, now + hour));
}

BOOST_AUTO_TEST_CASE(nonsense_is_not_a_ticket) {
    Tickets tickets{std::make_unique<PlainSeal>(1)};
    const auto ticket = text(tickets.issue(42, here, now));
    for (std::size_t n = 0; n < ticket.size(); ++n)
        BOOST_TEST(!tickets.redeem(ticket.substr(0, n), here, now));
    BOOST_TEST(!tickets.redeem(ticket + "0", here, now));
    BOOST_TEST(!tickets.redeem(std::string(32, 'g'), here, now));
    BOOST_TEST(!tickets.redeem("-" + ticket.substr(1), here, now));
}

BOOST_AUTO_TEST_SUITE_END()
