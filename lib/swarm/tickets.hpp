#pragma once
// Tickets: permission to report once on a peer, sent with each list of peers, and proved by a
// message authentication code. The tracker stores nothing when it sends a ticket.
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "swarm/seal.hpp"

namespace stretto::swarm {

class Tickets {
   public:
    using Ticket = std::array<char, 32>;  ///< hexadecimal
    explicit Tickets(std::unique_ptr<Seal> seal) : seal_(std::move(seal)) {}

    /// A ticket with which the reporter's network can report on a peer in this hour or the next.
    /// @param peer  any number that represents the peer
    Ticket issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms);
    /// The same for several peers, in half the time; valid until the next call.
    std::span<const Ticket> issue(std::span<const std::uint64_t> peers, Network reporter,
                                  std::uint64_t now_ms);

    /// The peer of a ticket; nullopt if the ticket was not sent to this network in this hour or the
    /// last, or was used before.
    std::optional<std::uint64_t> redeem(std::string_view ticket, Network reporter,
                                        std::uint64_t now_ms);

   private:
    bool spend(std::uint64_t tag, std::uint64_t hour);

    std::unique_ptr<Seal> seal_;
    std::vector<Seal::Block> blocks_;
    std::vector<std::uint64_t> tags_;
    std::vector<Ticket> issued_;
    /// The used tags of two hours, as bits in tables of fixed size. Of n reports in an hour, one in
    /// 8,388,608 / n collides with another and does not count, which is
    /// harmless.
    struct Used {
        std::uint64_t hour = 0;
        std::vector<bool> bits;
    };
    std::array<Used, 2> used_;
};

}  // namespace stretto::swarm
