#pragma once
// For whom a proxy asks.
#include <optional>

#include "base/error.hpp"
#include "http/message.hpp"
#include "swarm/endpoint.hpp"

namespace stretto::track {

/// The last address in X-Forwarded-For or in Forwarded (RFC 7239): the one that the proxy saw
/// itself; what comes before is hearsay. nullopt when there is neither field. Malformed when it is
/// no address, and when both fields are there and disagree: of the two a proxy writes one, and the
/// other may come from anybody.
Result<std::optional<swarm::Ip>> forwarded_for(const http::Fields& fields);

}  // namespace stretto::track
