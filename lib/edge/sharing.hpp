#pragma once
// Decides whether a waiting request may get another request's response. RFC 9111 4: only if the
// response could be reused for it without validation. Pure: the clock is an argument.
#include "http/freshness.hpp"

namespace stretto::edge {

enum class Share {
    all,      ///< the response is also for the waiting request
    variant,  ///< Vary selects another response for it
    nothing   ///< the response is for the first request only: send another
};

/// For a new response whose head has just arrived.
/// @param waiting  a request with the same Cache-Control as the one that was sent
Share share(const http::Stored& stored, const http::Request& waiting, http::Time now);

/// For a stored response that is served stale because upstream failed.
/// @param disconnected  upstream sent no response at all
Share share_stale(const http::Stored& stored, const http::Request& waiting, bool disconnected,
                  http::Time now);

/// A request's cache directives, as part of the key of a fetch. Requests that accept stored
/// responses and requests that do not, which upstream's cache sees, do not join each other.
std::string sharing_key(const http::Request& request);

}  // namespace stretto::edge
