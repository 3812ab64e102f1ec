#include "swarm/tickets.hpp"

#include <charconv>
#include <cstring>

namespace stretto::swarm {
namespace {

constexpr std::uint64_t hour_ms = 3'600'000;
constexpr std::size_t used_bits = 1u << 23;

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

Tickets::Ticket Tickets::issue(std::uint64_t peer, Network reporter, std::uint64_t now_ms) {
    return issue({&peer, 1}, reporter, now_ms)[0];
}

std::span<const Tickets::Ticket> Tickets::issue(std::span<const std::uint64_t> peers,
                                                Network reporter, std::uint64_t now_ms) {
    blocks_.clear();
    for (const std::uint64_t peer : peers) blocks_.push_back({peer, reporter});
    tags_.resize(blocks_.size());
    issued_.resize(blocks_.size());
    seal_->tags(now_ms / hour_ms, blocks_, tags_);
    for (std::size_t i = 0; i < peers.size(); ++i) {
        print_hex(issued_[i].data(), peers[i]);
        print_hex(issued_[i].data() + 16, tags_[i]);
    }
    return issued_;
}

std::optional<std::uint64_t> Tickets::redeem(std::string_view ticket, Network reporter,
                                             std::uint64_t now_ms) {
    if (ticket.size() != 32) return {};
    const auto peer = parse_hex(ticket.substr(0, 16)), said = parse_hex(ticket.substr(16));
    if (!peer || !said) return {};
    const std::uint64_t hour = now_ms / hour_ms;
    for (const std::uint64_t given : {hour, hour - 1}) {
        const Seal::Block block{*peer, reporter};
        std::uint64_t tag = 0;
        seal_->tags(given, {&block, 1}, {&tag, 1});
        if (tag == *said) return spend(tag, given) ? peer : std::nullopt;
    }
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
