#pragma once
// Answers STUN Binding requests: tells a peer behind a NAT its public address.
#include <optional>

#include "base/bytes.hpp"
#include "swarm/endpoint.hpp"

namespace stretto::swarm {

/// The response to a Binding request; nullopt for anything else, which gets no response.
///
/// If the request has the magic cookie (RFC 8489), the response has XOR-MAPPED-ADDRESS. Requests
/// without it, as in RFC 3489 and from libnice 0.1, get MAPPED-ADDRESS. A response has 32 bytes, or
/// 44 for IPv6, and a request at least 20, so it is of little use for amplification attacks.
std::optional<Bytes> answer_stun(BytesView request, const Endpoint& from);

}  // namespace stretto::swarm
