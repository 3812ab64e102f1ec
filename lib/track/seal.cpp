#include "track/seal.hpp"

#include <openssl/evp.h>

#include <new>

#include "base/error.hpp"

namespace stretto::track {
namespace {

void check(int code, const char* what) {
    if (code != 1) throw Error{EX_SOFTWARE, text(what, " failed")};
}

std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>> keyed(const unsigned char* key) {
    std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>> cipher{EVP_CIPHER_CTX_new()};
    if (!cipher) throw std::bad_alloc{};
    check(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, key, nullptr),
          "EVP_EncryptInit_ex");
    check(EVP_CIPHER_CTX_set_padding(cipher.get(), 0), "EVP_CIPHER_CTX_set_padding");
    return cipher;
}

/// @param bytes  a multiple of the block size
void encrypt(EVP_CIPHER_CTX& cipher, const void* from, void* to, std::size_t bytes) {
    int written = 0;
    check(EVP_EncryptUpdate(&cipher, static_cast<unsigned char*>(to), &written,
                            static_cast<const unsigned char*>(from), static_cast<int>(bytes)),
          "EVP_EncryptUpdate");
}

}  // namespace

AesSeal::AesSeal(const Secret& secret) : secret_(keyed(secret.data())) {}

evp_cipher_ctx_st& AesSeal::cipher_of(std::uint64_t hour) {
    auto& [number, cipher] = hours_[hour % hours_.size()];
    if (number != hour || !cipher) {
        const Block message{hour, 0};
        Block key;
        encrypt(*secret_, &message, &key, sizeof key);
        cipher = keyed(reinterpret_cast<const unsigned char*>(&key));
        number = hour;
    }
    return *cipher;
}

void AesSeal::tags(std::uint64_t hour, std::span<const Block> blocks,
                   std::span<std::uint64_t> tags) {
    static_assert(sizeof(Block) == 16);
    encrypted_.resize(blocks.size());
    encrypt(cipher_of(hour), blocks.data(), encrypted_.data(), blocks.size_bytes());
    for (std::size_t i = 0; i < blocks.size(); ++i) tags[i] = encrypted_[i].peer;
}

}  // namespace stretto::track
