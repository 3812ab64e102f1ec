#pragma once
// Tickets: leave to report once on a peer, given with each list of peers, proved by a message
// authentication code. Nothing is remembered when one is given.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/own.hpp"
#include "swarm/endpoint.hpp"

struct evp_cipher_ctx_st;
extern "C" void EVP_CIPHER_CTX_free(evp_cipher_ctx_st*);

namespace stretto::swarm {

class Tickets {
   public:
    using Secret = std::array<std::uint8_t, 16>;
    using Ticket = std::array<char, 32>;  ///< hexadecimal
    explicit Tickets(const Secret& secret);

    /// For the reporter's network to report on a peer within this hour or the next.
    /// @param peer  any number that stands for it
    Ticket issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms);
    /// The same for each of several, in half the time; valid until the next call.
    std::span<const Ticket> issue(std::span<const std::uint64_t> peers, Network reporter,
                                  std::uint64_t now_ms);

    /// The peer that a ticket is for; nullopt when it was not given to this network in this hour or
    /// the last, or has been used before.
    std::optional<std::uint64_t> redeem(std::string_view ticket, Network reporter,
                                        std::uint64_t now_ms);

   private:
    using Cipher = std::unique_ptr<evp_cipher_ctx_st, Freed<EVP_CIPHER_CTX_free>>;
    struct Block {
        std::uint64_t peer = 0, reporter = 0;
    };
    struct Hour {
        std::uint64_t number = 0;
        Cipher cipher;
    };
    evp_cipher_ctx_st& cipher_of(std::uint64_t hour);
    std::uint64_t tag(std::uint64_t peer, Network reporter, std::uint64_t hour);
    bool spend(std::uint64_t tag, std::uint64_t hour);

    // AES under a key for each hour: peer and network are just one block, of which half of what it
    // is encrypted to is the tag. SipHash took a call of OpenSSL for each ticket, which was a
    // fifth of a list of sixteen; these are all encrypted in one.
    Cipher secret_;
    std::array<Hour, 2> hours_;
    std::vector<Block> blocks_, encrypted_;
    std::vector<Ticket> issued_;
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
