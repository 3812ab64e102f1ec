#include "swarm/tickets.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <cstring>

#include "base/error.hpp"

namespace stretto::swarm {
namespace {

constexpr std::uint64_t hour_ms = 3'600'000;
constexpr std::size_t used_bits = 1u << 23;

void check(int code, const char* what) {
    if (code != 1) throw Error{EX_SOFTWARE, text(what, " failed")};
}

using Mac = std::unique_ptr<EVP_MAC, Freed<EVP_MAC_free>>;

/// 16 lower-case hexadecimal digits.
void print_hex(char* to, std::uint64_t n) noexcept {
    constexpr char digits[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) *to++ = digits[n >> shift & 15];
}
std::optional<std::uint64_t> parse_hex(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n, 16);
    if (code != std::errc{} || end != text.data() + text.size()) return {};
    return n;
}

}  // namespace

Tickets::Tickets(const Secret& secret) {
    const Mac mac{EVP_MAC_fetch(nullptr, "SIPHASH", nullptr)};
    mac_.reset(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
    if (!mac_) throw Error{EX_SOFTWARE, "OpenSSL has no SipHash"};
    std::size_t size = sizeof(std::uint64_t);
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t("size", &size),
                                     OSSL_PARAM_construct_end()};
    check(EVP_MAC_init(mac_.get(), secret.data(), secret.size(), parameters), "EVP_MAC_init");
}

std::uint64_t Tickets::tag(std::uint64_t peer, Network reporter, std::uint64_t hour) {
    const std::uint64_t message[] = {peer, reporter, hour};
    std::uint64_t tag = 0;
    std::size_t size = 0;
    check(EVP_MAC_init(mac_.get(), nullptr, 0, nullptr), "EVP_MAC_init");
    check(
        EVP_MAC_update(mac_.get(), reinterpret_cast<const unsigned char*>(message), sizeof message),
        "EVP_MAC_update");
    check(EVP_MAC_final(mac_.get(), reinterpret_cast<unsigned char*>(&tag), &size, sizeof tag),
          "EVP_MAC_final");
    return tag;
}

Tickets::Ticket Tickets::issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms) {
    Ticket ticket;
    print_hex(ticket.data(), peer);
    print_hex(ticket.data() + 16, tag(peer, reporter, now_ms / hour_ms));
    return ticket;
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
