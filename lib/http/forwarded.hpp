#pragma once
// For whom a proxy asks (RFC 7239, and the fields before it).
#include <optional>

#include "base/error.hpp"
#include "http/message.hpp"
#include "net/networks.hpp"

namespace stretto::http {

/// The client behind proxies. nullopt: nobody we trust says that it is another than `peer`.
///
/// The members of X-Forwarded-For and of Forwarded are read from the right: each was written by the
/// proxy that stands behind it, and counts while that proxy is trusted; what comes before is
/// hearsay. Malformed when a trusted proxy names no address, and when it passes on both fields and
/// they disagree: a proxy writes one of the two, and the other may come from anybody.
///
/// @param fields  of Forwarded, only the element that names the client is left: it is what a
///                trusted proxy says of it
Result<std::optional<net::Address>> client_behind(const net::Address& peer, Fields& fields,
                                                  const net::Networks& trusted);

/// Tell the next server who asks: X-Forwarded-For is this client, and it alone.
/// @param told  by a trusted proxy, as client_behind() found: then Forwarded, if there, is passed
///              on too
void forward_client(Fields& fields, const net::Address& client, bool told);

}  // namespace stretto::http
