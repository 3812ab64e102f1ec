#pragma once
// Tickets: leave to report once on a peer, given with each list of peers, proved by a message
// authentication code. Nothing is remembered when one is given.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/own.hpp"
#include "swarm/endpoint.hpp"

struct evp_mac_ctx_st;
extern "C" void EVP_MAC_CTX_free(evp_mac_ctx_st*);

namespace stretto::swarm {

class Tickets {
   public:
    using Secret = std::array<std::uint8_t, 16>;
    using Ticket = std::array<char, 32>;  ///< hexadecimal
    explicit Tickets(const Secret& secret);

    /// For the reporter's network to report on a peer within this hour or the next.
    /// @param peer  any number that stands for it
    Ticket issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms);

    /// The peer that a ticket is for; nullopt when it was not given to this network in this hour or
    /// the last, or has been used before.
    std::optional<std::uint64_t> redeem(std::string_view ticket, Network reporter,
                                        std::uint64_t now_ms);

   private:
    std::uint64_t tag(std::uint64_t peer, Network reporter, std::uint64_t hour);
    bool spend(std::uint64_t tag, std::uint64_t hour);

    // SipHash-2-4, made for short messages: 55 ns a ticket, where HMAC-SHA-256 takes 208, and a
    // list has sixteen
    std::unique_ptr<evp_mac_ctx_st, Freed<EVP_MAC_CTX_free>> mac_;
    /// Tags used in an hour, two hours at a time, as bits in a table that does not grow. Of n
    /// reports in an hour one in 8,388,608 / n is taken for a second one and not counted, which
    /// harms nobody.
    struct Used {
        std::uint64_t hour = 0;
        std::vector<bool> bits;
    };
    std::array<Used, 2> used_;
};

}  // namespace stretto::swarm
