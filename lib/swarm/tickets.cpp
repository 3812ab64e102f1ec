#include "swarm/tickets.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <cstring>
#include <new>

#include "base/error.hpp"

namespace stretto::swarm {
namespace {

constexpr std::uint64_t hour_ms = 3'600'000;
constexpr std::size_t used_bits = 1u << 23;

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

/// @param bytes  of whole blocks
void encrypt(EVP_CIPHER_CTX& cipher, const void* from, void* to, std::size_t bytes) {
    int written = 0;
    check(EVP_EncryptUpdate(&cipher, static_cast<unsigned char*>(to), &written,
                            static_cast<const unsigned char*>(from), static_cast<int>(bytes)),
          "EVP_EncryptUpdate");
}

constexpr auto hex_pairs = [] {
    constexpr char digits[] = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {digits[i / 16], digits[i % 16]};
    return pairs;
}();

/// 16 lower-case hexadecimal digits.
void print_hex(char* to, std::uint64_t n) noexcept {
    for (int shift = 56; shift >= 0; shift -= 8, to += 2)
        std::memcpy(to, hex_pairs[n >> shift & 255].data(), 2);
}
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
    if (code != std::errc{} || end != text.data() + text.size()) return {};
    return n;
}

}  // namespace

Tickets::Tickets(const Secret& secret) : secret_(keyed(secret.data())) {}

evp_cipher_ctx_st& Tickets::cipher_of(std::uint64_t hour) {
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

std::uint64_t Tickets::tag(std::uint64_t peer, Network reporter, std::uint64_t hour) {
    const Block message{peer, reporter};
    Block tag;
    encrypt(cipher_of(hour), &message, &tag, sizeof tag);
    return tag.peer;
}

Tickets::Ticket Tickets::issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms) {
    return issue({&peer, 1}, reporter, now_ms)[0];
}

std::span<const Tickets::Ticket> Tickets::issue(std::span<const std::uint64_t> peers,
                                                Network reporter, std::uint64_t now_ms) {
    blocks_.clear();
    for (const std::uint64_t peer : peers) blocks_.push_back({peer, reporter});
    encrypted_.resize(blocks_.size());
    issued_.resize(blocks_.size());
    encrypt(cipher_of(now_ms / hour_ms), blocks_.data(), encrypted_.data(),
            blocks_.size() * sizeof(Block));
    for (std::size_t i = 0; i < peers.size(); ++i) {
        print_hex(issued_[i].data(), peers[i]);
        print_hex(issued_[i].data() + 16, encrypted_[i].peer);
    }
    return issued_;
}

std::optional<std::uint64_t> Tickets::redeem(std::string_view ticket, Network reporter,
                                             std::uint64_t now_ms) {
    if (ticket.size() != 32) return {};
    const auto peer = parse_hex(ticket.substr(0, 16)), said = parse_hex(ticket.substr(16));
    if (!peer || !said) return {};
    const std::uint64_t hour = now_ms / hour_ms;
    for (const std::uint64_t given : {hour, hour - 1})
        if (tag(*peer, reporter, given) == *said) return spend(*said, given) ? peer : std::nullopt;
    return {};
}

bool Tickets::spend(std::uint64_t tag, std::uint64_t hour) {
    auto& [of_hour, bits] = used_[hour % 2];
    if (of_hour != hour || bits.empty()) {
        of_hour = hour;
        bits.assign(used_bits, false);
    }
    if (bits[tag % used_bits]) return false;
    bits[tag % used_bits] = true;
    return true;
}

}  // namespace stretto::swarm
