#pragma once
// How many peers a network may have, in nested prefixes, so that who owns a long prefix cannot use
// up what a short one may have.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "swarm/endpoint.hpp"
#include "swarm/lookup.hpp"

namespace stretto::swarm {

/// Of a /64, /56, /48 and /32 of IPv6; the first three are also those of an address, a /24 and a
/// /16 of IPv4.
using NestedLimits = std::array<std::uint32_t, 4>;

/// Counts by hash, in two rows (Cormode and Muthukrishnan, "An Improved Data Stream Summary: The
/// Count-Min Sketch", 2005): 16 bytes a peer however many prefixes there are. Where a prefix meets
/// others in both rows its limit is only reached sooner, and an attacker does not know where.
class Quotas {
   public:
    /// @param peers  how many at most
    Quotas(const NestedLimits& limits, std::size_t peers, const Hash& hash);

    /// Whether each of its prefixes may have one more.
    bool has_room(const Ip& ip) const noexcept;
    void add(const Ip& ip) noexcept;
    /// One that was added.
    void remove(const Ip& ip) noexcept;

   private:
    template <class Call>
    void each_prefix(const Ip& ip, Call call) const noexcept;

    NestedLimits limits_;
    Hash hash_;
    std::array<std::vector<std::uint32_t>, 2> rows_;
};

}  // namespace stretto::swarm
