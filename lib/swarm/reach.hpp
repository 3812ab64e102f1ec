#pragma once
// Decides whether a client may connect to an address named by an untrusted server: never in private
// networks.
#include "swarm/endpoint.hpp"

namespace stretto::swarm {

/// Whether the address belongs to one host on the public internet. Not loopback, private,
/// link-local, shared (100.64/10), multicast, unspecified, reserved or for benchmarks (RFC 6890);
/// addresses that carry an IPv4 address (mapped, 6to4, Teredo, NAT64, compatible) are judged by
/// that. 192.0.2/24, 198.51.100/24, 203.0.113/24 and 2001:db8::/32 lead nowhere outside a
/// laboratory, and may be used in one.
bool is_public(const Ip& ip) noexcept;

enum class Role {
    peer,  ///< an address and a port of at least 1024
    edge   ///< ports 80 and 443 too
};
/// Whether we may connect to this address and port if a tracker names them.
/// @param local  --allow-local-peers: any address except multicast and unspecified
bool may_connect(const Endpoint& to, Role role, bool local) noexcept;

/// "http://192.0.2.1:8490", "http://[2001:db8::1]:8490" and nothing more; a peer has no name, no
/// path and no user. nullopt otherwise.
std::optional<Endpoint> parse_peer_url(std::string_view url);

}  // namespace stretto::swarm
