#pragma once
// Limits the number of peers per network, for nested prefixes, so that the owner of a small network
// cannot use up the quota of a larger one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "swarm/endpoint.hpp"
#include "swarm/lookup.hpp"

namespace stretto::swarm {

/// Limits of a /64, /56, /48 and /32 of IPv6. The first three also apply to an address, a /24 and a
/// /16 of IPv4.
using NestedLimits = std::array<std::uint32_t, 4>;

/// Counts by hash, in two rows (Cormode and Muthukrishnan, "An Improved Data Stream Summary: The
/// Count-Min Sketch", 2005): 16 bytes per peer for any number of prefixes. If a prefix collides
/// with others in both rows, its limit is only reached sooner; an attacker cannot predict
/// collisions.
class Quotas {
   public:
    /// @param peers  maximum number of peers
    Quotas(const NestedLimits& limits, std::size_t peers, const Hash& hash);

    /// Whether each prefix of the address may have one more peer.
    bool has_room(const Ip& ip) const noexcept;
    void add(const Ip& ip) noexcept;
    /// Remove a peer that was added.
    void remove(const Ip& ip) noexcept;

   private:
    template <class Call>
    void each_prefix(const Ip& ip, Call call) const noexcept;

    NestedLimits limits_;
    Hash hash_;
    std::array<std::vector<std::uint32_t>, 2> rows_;
};

}  // namespace stretto::swarm
