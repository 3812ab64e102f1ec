#pragma once
// May a request that waited for another's have its answer? RFC 9111 4: only if the answer could be
// reused for it without validation. Pure: the clock is an argument.
#include "http/freshness.hpp"

namespace stretto::edge {

enum class Share {
    all,      ///< it answers the waiting request too
    variant,  ///< Vary selects another one for it
    nothing   ///< it is for the one who asked: ask again
};

/// What is (being) stored, when its head has just come.
/// @param waiting  asked with the same Cache-Control as the request that was sent
Share share(const http::Stored& stored, const http::Request& waiting, http::Time now);

/// What had been stored, and is sent although it is stale because upstream failed.
/// @param disconnected  no answer came at all
Share share_stale(const http::Stored& stored, const http::Request& waiting, bool disconnected,
                  http::Time now);

/// A request's directives, for the key of a fetch: those who want to be answered from what is
/// stored do not wait with those who do not, whose request goes on to upstream's cache.
std::string sharing_key(const http::Request& request);

}  // namespace stretto::edge
