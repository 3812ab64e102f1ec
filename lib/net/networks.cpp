#include "net/networks.hpp"

#include <algorithm>
#include <charconv>

namespace stretto::net {
namespace {

bool same_bits(const Address::Ip& a, const Address::Ip& b, unsigned bits) noexcept {
    const auto whole = static_cast<std::ptrdiff_t>(bits / 8);
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    const auto rest = bits % 8;
    return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

/// Nothing but 0 from bit `bits` on.
bool ends_at(const Address::Ip& ip, unsigned bits) noexcept {
    for (unsigned i = bits; i < 128; ++i)
        if (ip[i / 8] >> (7 - i % 8) & 1) return false;
    return true;
}

}  // namespace

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
    Networks all;
    for (const std::string_view one : texts) {
        const auto slash = one.find('/');
        const auto address = parse_address(one.substr(0, slash));
        if (!address) return Malformed{text("'", one, "' is neither an address nor a network")};
        const unsigned whole = address->family() == AF_INET ? 32 : 128;
        unsigned bits = whole;
        if (slash != std::string_view::npos) {
            const auto digits = one.substr(slash + 1);
            const auto [end, code] =
                std::from_chars(digits.data(), digits.data() + digits.size(), bits);
            if (code != std::errc{} || end != digits.data() + digits.size() || bits > whole)
                return Malformed{text("'", one, "' needs a prefix from /0 to /", whole)};
        }
        const Block block{address->ip(), bits + 128 - whole};
        if (!ends_at(block.ip, block.bits))
            return Malformed{text("'", one, "' has host bits beyond its prefix")};
        all.blocks_.push_back(block);
    }
    return all;
}

bool Networks::contain(const Address& address) const noexcept {
    if (blocks_.empty()) return false;
    const auto ip = address.ip();
    return std::ranges::any_of(
        blocks_, [&](const Block& block) { return same_bits(ip, block.ip, block.bits); });
}

Networks parse_networks(const std::vector<std::string>& texts) {
    auto all = Networks::parse(texts);
    if (!all) throw Error{EX_USAGE, all.error().why};
    return std::move(*all);
}

}  // namespace stretto::net
