#pragma once
// Answers to STUN Binding requests: tells a peer behind a NAT which address others see.
#include <optional>

#include "base/bytes.hpp"
#include "swarm/endpoint.hpp"

namespace stretto::swarm {

/// The response to a Binding request; nullopt for anything else, which gets none.
///
/// To a request with the magic cookie (RFC 8489) it has XOR-MAPPED-ADDRESS; to one without, as
/// RFC 3489 has it and libnice 0.1 sends it, MAPPED-ADDRESS. It has 32 bytes, or 44 for IPv6, and a
/// request at least 20: of no use to who would amplify what he sends.
std::optional<Bytes> answer_stun(BytesView request, const Endpoint& from);

}  // namespace stretto::swarm
