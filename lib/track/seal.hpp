#pragma once
// The seal of tickets that strangers get: AES (FIPS 197, by OpenSSL).
#include <array>
#include <memory>
#include <vector>

#include "base/own.hpp"
#include "swarm/seal.hpp"

struct evp_cipher_ctx_st;
extern "C" void EVP_CIPHER_CTX_free(evp_cipher_ctx_st*);

namespace stretto::track {

/// AES under a key for each hour: peer and network are just one block, of which half of what it is
/// encrypted to is the tag. SipHash took a call of OpenSSL for each ticket, which was a fifth of a
/// list of sixteen; these are all encrypted in one.
class AesSeal final : public swarm::Seal {
   public:
    using Secret = std::array<std::uint8_t, 16>;
    explicit AesSeal(const Secret& secret);
    void tags(std::uint64_t hour, std::span<const Block> blocks,
              std::span<std::uint64_t> tags) override;

   private:
    using Cipher = std::unique_ptr<evp_cipher_ctx_st, Freed<EVP_CIPHER_CTX_free>>;
    struct Hour {
        std::uint64_t number = 0;
        Cipher cipher;
    };
    evp_cipher_ctx_st& cipher_of(std::uint64_t hour);

    Cipher secret_;
    std::array<Hour, 2> hours_;
    std::vector<Block> encrypted_;
};

}  // namespace stretto::track
