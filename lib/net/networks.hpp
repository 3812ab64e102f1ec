#pragma once
// Blocks of internet addresses, as an operator writes them down.
#include <vector>

#include "net/socket.hpp"

namespace stretto::net {

/// "192.0.2.0/24", "2001:db8::/32", or one address alone. IPv4 addresses that arrive mapped into
/// IPv6 are IPv4 addresses.
class Networks {
   public:
    Networks() = default;
    /// Malformed, with the text in it, for what is no block; bits behind the prefix must be 0.
    static Result<Networks> parse(const std::vector<std::string>& texts);

    bool empty() const noexcept { return blocks_.empty(); }
    bool contain(const Address& address) const noexcept;

   private:
    struct Block {
        Address::Ip ip;
        unsigned bits = 0;
    };
    std::vector<Block> blocks_;
};

/// The same, for an option's values: an Error (64) instead.
Networks parse_networks(const std::vector<std::string>& texts);

}  // namespace stretto::net
